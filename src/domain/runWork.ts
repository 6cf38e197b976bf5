/**
 * One claimed run on this node: what its machine asks of it. Owns the run's end of the log, its finished steps and its ending.
 * Promises: the supervisor's events open and close the run (R1); the ending is one transaction with its answer (R6).
 */
import { Effect, Schedule } from "effect";
import type { AgentHost } from "../../machines/agent.ts";
import type {
  Claimed,
  Leaving,
  RunFinal,
  RunHost,
} from "../../machines/run.ts";
import { untilAnswered } from "./again.ts";
import { AgentWork } from "./agentWork.ts";
import type { AgentSettings } from "./agentWork.ts";
import type { AgentView, Application, Tool } from "./agents/definition.ts";
import { conclude } from "./concluding.ts";
import { endingOf, lastWords } from "./ending.ts";
import type { RunFenced, ServiceUnavailable } from "./errors.ts";
import { limits } from "./limits.ts";
import { countEventsAppended, countRetry } from "./metrics.ts";
import { announceEnd, EventLog, whileDatabaseIsAway } from "./log.ts";
import type { Step } from "./model.ts";
import { Store } from "./ports.ts";
import type { Bus, Claim, Job } from "./ports.ts";
import { closeOpen, hasBegun } from "./recovery.ts";
import type { LogListener, RunLog } from "./runLog.ts";
import type { RunObserver } from "./runObserver.ts";

export const SUPERVISOR = "supervisor";

export interface RunSettings extends AgentSettings {
  readonly runTimeoutMs: number;
}

/**
 * What becomes of the job when the run's actor is done: settled, given up by a node that lets go, given up after a defect, or left to whoever
 * has it now.
 */
export type Disposition = "complete" | "handBack" | "release" | "leave";

export class RunWork<R> implements RunHost {
  readonly job: Job;
  readonly observer: RunObserver;
  readonly #application: Application<R>;
  readonly #tools: ReadonlyMap<string, Tool<R>>;
  readonly #settings: RunSettings;
  readonly #listener: LogListener;
  readonly #steps: Step[] = [];
  #claim: Claim | null = null;
  /** When the run first started, on this process's monotonic clock: no calendar that is off or set moves its deadline. */
  #startedMs = 0;
  #log: RunLog | null = null;
  #next: AgentHost | null | undefined;
  #leaving: Leaving | null = null;
  #outcome: "open" | "over" | "unanswered" = "unanswered";

  constructor(given: {
    readonly job: Job;
    readonly application: Application<R>;
    readonly settings: RunSettings;
    readonly listener: LogListener;
    readonly observer: RunObserver;
  }) {
    this.job = given.job;
    this.observer = given.observer;
    this.#application = given.application;
    this.#tools = new Map(given.application.tools.map((it) => [it.name, it]));
    this.#settings = given.settings;
    this.#listener = given.listener;
  }

  // --- what the machine tells

  planned(): void {
    const { log } = this.#claimed;
    for (const { agent_name, parent_agent, body } of closeOpen(
      log,
      SUPERVISOR,
      Date.now(),
    )) {
      this.#runLog.write(agent_name, parent_agent, body);
    }
    if (!hasBegun(log)) {
      this.#write({ type: "agent_started", goal: this.#application.goal });
    }
    const thought = hasBegun(log)
      ? `Picking up after an interruption: ${this.#steps.length} steps are done and stay done.`
      : this.#application.opening(this.#view());
    this.#write({ type: "agent_thinking", thought });
  }

  next(): AgentHost | null {
    if (this.#next === undefined) this.#next = this.#assign();
    return this.#next;
  }

  remainingMs(): number {
    return this.#settings.runTimeoutMs - this.#spentMs;
  }

  leaving(why: Leaving): void {
    this.#leaving = why;
  }

  // --- what the machine asks

  readonly claim: Effect.Effect<Claimed, ServiceUnavailable, Store | EventLog> =
    Effect.gen({ self: this }, function* () {
      const store = yield* Store;
      const log = yield* EventLog;
      const claim = yield* store.claim(this.job.user_id, this.job.run_id);
      this.#outcome = claim === null ? "over" : "open";
      if (claim === null) return "gone";
      this.#claim = claim;
      this.observer.claimed(claim);
      this.#startedMs = performance.now() - claim.spentMs;
      this.#log = log.open(claim, this.#listener);
      this.#steps.push(...claim.steps);
      if (claim.crashes >= limits.attemptsMax) return "exhausted";
      return claim.stopRequested ? "stopped" : "mine";
    });

  readonly persist: Effect.Effect<
    RunFinal,
    RunFenced | ServiceUnavailable,
    Store | EventLog | Bus | R
  > = Effect.gen({ self: this }, function* () {
    const store = yield* Store;
    const ending = endingOf(this.#leaving, this.#steps, (timedOut) =>
      this.#application.answer(this.#view(), { timedOut }),
    );
    lastWords(ending, Math.max(0, Math.round(this.#spentMs))).forEach((it) =>
      this.#write(it),
    );
    const rest = yield* this.#runLog.takeRest;
    const ended = yield* untilAnswered(
      (which) => store.end(rest, ending, which),
      endingRetries,
      () => countRetry("ending"),
    ).pipe(
      Effect.tapError((error) =>
        Effect.sync(() => {
          if (error._tag === "RunFenced") this.leaving("fenced");
          else this.#outcome = "unanswered";
        }),
      ),
    );
    this.#outcome = "over";
    const { status, error } = ending;
    this.observer.ended(status, error, this.#claimed.started_at);
    countEventsAppended(ended.events.length);
    yield* announceEnd(this.#claimed.user_id, ended);
    yield* conclude(this.#application, ending, this.#claimed, {
      timeoutMs: this.#settings.toolTimeoutMs,
      labels: this.observer.labels,
    });
    return ending.status;
  });

  /** Done when what the run has written is stored: only then may another node take it. */
  readonly flushed: Effect.Effect<void> = Effect.suspend(
    () => this.#log?.flushed ?? Effect.void,
  );

  /** A node that drains, or had no database, has not crashed. */
  get disposition(): Disposition {
    if (this.#outcome === "over") return "complete";
    if (this.#leaving === "fenced") return "leave";
    const letsGo =
      this.#leaving === "drained" || this.#outcome === "unanswered";
    return letsGo ? "handBack" : "release";
  }

  /** Under which claim it works; null while that is not known. */
  get attempt(): number | null {
    return this.#claim?.attempt ?? null;
  }

  // --- helpers

  get #spentMs(): number {
    return performance.now() - this.#startedMs;
  }

  get #claimed(): Claim {
    if (this.#claim === null) throw new Error("the run is not claimed");
    return this.#claim;
  }

  get #runLog(): RunLog {
    if (this.#log === null) throw new Error("the run is not claimed");
    return this.#log;
  }

  #view(): AgentView {
    const { question, earlier, preferences, started_at } = this.#claimed;
    return {
      question,
      earlier,
      preferences,
      now: Date.parse(started_at),
      steps: this.#steps,
      calls: [],
    };
  }

  #assign(): AgentHost | null {
    const name = this.#nextName();
    const agent = this.#application.agents.find((it) => it.name === name);
    if (agent === undefined) return null;
    const { user_id, thread_id, run_id } = this.#claimed;
    return new AgentWork<R>({
      agent,
      supervisor: SUPERVISOR,
      tools: this.#tools,
      view: this.#view(),
      user_id,
      thread_id,
      run_id,
      position: this.#steps.length,
      log: this.#runLog,
      observer: this.observer,
      ...this.#settings,
      finished: (step) => {
        this.#steps.push(step);
        this.#next = undefined;
      },
    });
  }

  /** A plan that fails is a plan that is over: the run still answers with what it has. */
  #nextName(): string | null {
    if (this.#steps.length >= limits.stepsPerRunMax) return null;
    try {
      return this.#application.next(this.#view());
    } catch {
      return null;
    }
  }

  #write(body: Parameters<RunLog["write"]>[2]): void {
    this.#runLog.write(SUPERVISOR, null, body);
  }
}

/** Longer than most outages. A run that had to be given up meanwhile is fenced, and its ending with it. */
const endingRetries = whileDatabaseIsAway.pipe(
  Schedule.upTo({ duration: limits.endingRetriedForMs }),
);
