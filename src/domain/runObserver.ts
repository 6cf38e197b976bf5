/**
 * One run as an operator sees it: spans, counts, log lines and report entries of its course on this node. Owns the spans that are open.
 * Promises: nothing here waits or fails, and none of it reaches a client; a span that was started is ended.
 */
import { Cause, Effect } from "effect";
import type { Context } from "effect";
import type { ToolOutcome, ToolUse } from "../../machines/agent.ts";
import type { Witness } from "./bridge.ts";
import { causeOf } from "./causes.ts";
import {
  countRunClaimed,
  countRunEnded,
  observeQueueWait,
  observeRun,
} from "./metrics.ts";
import type { Failure, FinalStatus, JsonObject, Step } from "./model.ts";
import type { Claim, Job, ReportKind } from "./ports.ts";
import type { Reports } from "./reports.ts";
import { NO_SPAN } from "./tracing.ts";
import type { SpanAttributes, TraceSpan, Tracing } from "./tracing.ts";

export interface ObserverTools {
  readonly tracing: Tracing;
  readonly reports: Reports["Service"];
  /** What log lines are written with. */
  readonly context: Context.Context<never>;
}

export class RunObserver {
  readonly #job: Job;
  readonly #tools: ObserverTools;
  readonly #sinceMs = performance.now();
  #attempt = 0;
  #status: FinalStatus | null = null;
  #run: TraceSpan = NO_SPAN;
  #agent: TraceSpan = NO_SPAN;
  #tool: TraceSpan = NO_SPAN;

  constructor(job: Job, tools: ObserverTools) {
    this.#job = job;
    this.#tools = tools;
  }

  /** What stands in every log line about the run. */
  get labels(): Record<string, string> {
    const { run_id, user_id } = this.#job;
    return { run_id, user_id };
  }

  claimed(claim: Claim): void {
    const { traceparent, waited_ms } = this.#job;
    const { thread_id, attempt } = claim;
    const first = attempt === 1;
    this.#attempt = attempt;
    countRunClaimed(first ? "first" : "again");
    if (waited_ms !== null) {
      observeQueueWait(waited_ms);
      this.#span("queue", traceparent, {}, waited_ms).end();
    }
    this.#run = this.#tools.tracing.start("run", {
      parent: traceparent,
      kind: "consumer",
      attributes: { ...this.#ids, "thread.id": thread_id, attempt },
    });
    const line = { attempt, thread_id };
    if (first) this.#log(Effect.logDebug("a run was claimed"), line);
    else this.#log(Effect.logInfo("a run is taken up again"), line);
  }

  agentStarted(name: string): void {
    this.#agent = this.#span(`agent ${name}`, this.#run.traceparent, {
      "agent.name": name,
    });
  }

  toolStarted({ tool, tool_call_id }: ToolUse): void {
    this.#tool = this.#span(`tool ${tool}`, this.#agent.traceparent, {
      "tool.name": tool,
      "tool.call_id": tool_call_id,
    });
  }

  toolCompleted(outcome: ToolOutcome): void {
    const { success } = outcome;
    this.#tool.end({ success }, outcome.success ? null : outcome.error.code);
  }

  agentCompleted({ status, error }: Step): void {
    this.#agent.end({ status }, error?.code ?? null);
  }

  /** Hears of a defect in one of the run's own steps. */
  witness(where: string): Witness {
    return this.#witness({ where });
  }

  /** Hears of a defect of an agent, or of what kept its tool from the work. */
  agentWitness(agent: string, use?: ToolUse): Witness {
    if (use === undefined) return this.#witness({ where: "agent", agent });
    const { tool, tool_call_id } = use;
    const place = { where: "tool", agent, tool, tool_call_id };
    return {
      ...this.#witness(place),
      failed: (failure) =>
        this.#note("tool_failed", { ...place, cause: causeOf(failure) }),
    };
  }

  refused(cause: Cause.Cause<unknown>): void {
    this.#note("events_refused", { cause: causeOf(Cause.squash(cause)) });
  }

  ended(status: FinalStatus, error: Failure | null, startedAt: string): void {
    this.#status = status;
    countRunEnded(status);
    const tookMs = Date.now() - Date.parse(startedAt);
    observeRun(tookMs);
    this.#run.end({ status }, error?.code ?? null);
    const line = { status, attempt: this.#attempt, duration_ms: tookMs };
    const went = status === "failed" || status === "timed_out";
    const message = "a run has ended";
    this.#log(went ? Effect.logInfo(message) : Effect.logDebug(message), line);
  }

  /** The actor is done: what was claimed and has no ending is another node's. */
  left(): void {
    if (this.#status !== null || this.#attempt === 0) return;
    countRunEnded("released");
    for (const span of [this.#tool, this.#agent, this.#run])
      span.end({ status: "released" });
    this.#log(Effect.logInfo("a run was released"), {
      attempt: this.#attempt,
      duration_ms: Math.round(performance.now() - this.#sinceMs),
    });
  }

  #witness(place: JsonObject): Witness {
    return {
      labels: this.labels,
      died: (defect) =>
        this.#note("defect", { ...place, cause: causeOf(defect) }),
    };
  }

  #note(kind: ReportKind, detail: JsonObject): void {
    const { run_id, user_id } = this.#job;
    const at = new Date().toISOString();
    const attempt = this.#attempt;
    this.#tools.reports.note({ run_id, user_id, at, attempt, kind, detail });
  }

  get #ids(): SpanAttributes {
    return { "run.id": this.#job.run_id, "user.id": this.#job.user_id };
  }

  #span(
    name: string,
    parent: string | null,
    more: SpanAttributes,
    agoMs = 0,
  ): TraceSpan {
    const attributes = { ...this.#ids, ...more };
    return this.#tools.tracing.start(name, { parent, attributes, agoMs });
  }

  #log(line: Effect.Effect<void>, more: object): void {
    Effect.runFork(
      line.pipe(
        Effect.annotateLogs({ ...this.labels, ...more }),
        Effect.provideContext(this.#tools.context),
      ),
    );
  }
}
