/**
 * The worker of a node: takes jobs and drives each run by its machine until it has ended. Owns the run actors. Promises: a job is
 * touched while it is worked on and settled once; a node that leaves takes no more, and hands back what does not end in time.
 */
import { Effect, Fiber, FiberSet, Latch, Queue, Schedule } from "effect";
import type { Scope } from "effect";
import { createActor } from "xstate";
import type { ActorRefFrom, NonReducibleUnknown } from "xstate";
import { agentMachine } from "../../machines/agent.ts";
import type { AgentHost, ToolUse } from "../../machines/agent.ts";
import { runMachine } from "../../machines/run.ts";
import { AgentWork } from "./agentWork.ts";
import type { Application } from "./agents/definition.ts";
import { makeFromEffect, tell } from "./bridge.ts";
import { limits } from "./limits.ts";
import type { EventLog } from "./log.ts";
import { Bus, Jobs, Store, topics } from "./ports.ts";
import type { Cache, Job } from "./ports.ts";
import { Reports } from "./reports.ts";
import { RunObserver } from "./runObserver.ts";
import { RunWork } from "./runWork.ts";
import type { RunSettings } from "./runWork.ts";
import { Tracing } from "./tracing.ts";

export interface WorkerOptions<R> {
  readonly application: Application<R>;
  readonly settings: RunSettings;
}

export interface Worker {
  /** Takes no more jobs. This and the next two are done when no run is left here and each one's job is settled. */
  readonly finish: Effect.Effect<void>;
  /** Hands back what reaches a step boundary. */
  readonly handBack: Effect.Effect<void>;
  /** Hands back what is inside a step, which it ends. */
  readonly interrupt: Effect.Effect<void>;
  readonly active: () => number;
}

type Needs = Store | EventLog | Bus | Cache | Reports;
type RunActor = ActorRefFrom<typeof runMachine>;

/** Starts the worker; it works until its scope closes. */
export function makeWorker<R>(
  options: WorkerOptions<R>,
): Effect.Effect<Worker, never, R | Needs | Jobs | Scope.Scope> {
  return Effect.gen(function* () {
    const jobs = yield* Jobs;
    /** By work, not by run: one that was fenced here may have come here again. */
    const slots = new Map<RunWork<R>, RunActor>();
    const idle = Latch.makeUnsafe(true);
    const wake = yield* Queue.dropping<void>(1);
    const wakeUp = () => void Queue.offerUnsafe(wake, undefined);
    const ended = yield* Queue.bounded<RunWork<R>>(limits.runsPerNodeMax);
    const fork = yield* FiberSet.makeRuntime<never>();
    const newRun = yield* makeRunFactory(options);

    const start = (job: Job) => {
      const { work, actor, untilEnded } = newRun(job);
      slots.set(work, actor);
      idle.closeUnsafe();
      fork(
        untilEnded.pipe(
          Effect.andThen(work.flushed),
          Effect.andThen(Queue.offer(ended, work)),
        ),
      );
    };
    const takeJobs = Effect.gen(function* () {
      const free = Math.min(
        limits.jobBatchMax,
        limits.runsPerNodeMax - slots.size,
      );
      if (free <= 0) return;
      const taken = yield* jobs.fetch(free);
      taken.forEach(start);
      if (taken.length === free) wakeUp();
    });
    const settleEnded = Effect.gen(function* () {
      const works = yield* Queue.takeAll(ended);
      yield* settle(works);
      const wasFull = slots.size >= limits.runsPerNodeMax;
      for (const work of works) slots.delete(work);
      if (slots.size === 0) idle.openUnsafe();
      if (wasFull) wakeUp();
    });
    const touchAll = Effect.suspend(() =>
      jobs.touch([...slots.keys()].map((it) => it.job)),
    ).pipe(Effect.retry(Schedule.spaced(limits.jobTouchRetryIntervalMs)));

    yield* jobs.onWork(wakeUp);
    yield* every(limits.jobPollIntervalMs, Effect.sync(wakeUp));
    yield* every(limits.jobTouchIntervalMs, Effect.ignore(touchAll));
    yield* Effect.forkScoped(Effect.forever(settleEnded));
    const taker = yield* Queue.take(wake).pipe(
      // Whole or not at all: a job that was fetched and not begun would wait for its heartbeat.
      Effect.andThen(Effect.uninterruptible(Effect.ignore(takeJobs))),
      Effect.forever,
      Effect.forkScoped,
    );
    const leave = (type: "run.drain" | "run.interrupt") =>
      Effect.suspend(() => {
        for (const actor of slots.values()) tell(actor, { type });
        return idle.await;
      });
    return {
      finish: Effect.andThen(Fiber.interrupt(taker), idle.await),
      handBack: leave("run.drain"),
      interrupt: leave("run.interrupt"),
      active: () => slots.size,
    };
  });
}

function every(
  intervalMs: number,
  effect: Effect.Effect<void>,
): Effect.Effect<unknown, never, Scope.Scope> {
  return Effect.forkScoped(Effect.repeat(effect, Schedule.spaced(intervalMs)));
}

/** Settles the jobs of ended runs together. What cannot be settled now comes back by its heartbeat, and finds its run ended. */
function settle<R>(
  works: readonly RunWork<R>[],
): Effect.Effect<void, never, Jobs | Store | Bus> {
  return Effect.gen(function* () {
    const jobs = yield* Jobs;
    for (const { observer } of works) observer.left();
    const complete = works.filter((it) => it.disposition === "complete");
    if (complete.length > 0) {
      yield* Effect.ignore(jobs.complete(complete.map((it) => it.job)));
    }
    for (const work of works) {
      if (work.disposition === "release") {
        yield* Effect.ignore(jobs.release(work.job));
      }
      if (work.disposition === "handBack") yield* Effect.ignore(handBack(work));
    }
  });
}

/** The run first, so that whoever gets the job knows. Others are told only of what was begun: a run that nobody can begin is not to go round. */
function handBack<R>({ job, attempt }: RunWork<R>) {
  return Effect.gen(function* () {
    yield* (yield* Store).handBack(job.user_id, job.run_id, attempt);
    yield* (yield* Jobs).release(job);
    if (attempt === null) return;
    yield* (yield* Bus).publish(topics.work, { kind: "work" });
  });
}

/** Makes runs: a work, its actor, and an effect that drives it to its end and stops it when interrupted. */
function makeRunFactory<R>(options: WorkerOptions<R>) {
  return Effect.gen(function* () {
    const bus = yield* Bus;
    const machine = yield* provideMachine<R>();
    const tools = {
      tracing: yield* Tracing,
      reports: yield* Reports,
      context: yield* Effect.context<never>(),
    };
    return (job: Job) => {
      const observer = new RunObserver(job, tools);
      const work: RunWork<R> = new RunWork<R>({
        job,
        ...options,
        observer,
        listener: {
          refused: (cause) => observer.refused(cause),
          fenced: () => tell(actor, { type: "run.fenced" }),
          stopRequested: () => tell(actor, { type: "run.stop" }),
        },
      });
      const actor: RunActor = createActor(machine, {
        input: { host: work },
      });
      const ended = Effect.callback<void>((resume) => {
        const done = () => resume(Effect.void);
        actor.subscribe({ complete: done, error: done });
        actor.start();
        return Effect.sync(() => actor.stop());
      });
      const hearing = bus.subscribe(topics.run(job.run_id), (message) => {
        if (message.kind === "stop") tell(actor, { type: "run.stop" });
      });
      // The run does not wait until other nodes are heard: its claim, its appends and domain/heads.ts find a stop as well.
      const untilEnded = hearing.pipe(
        Effect.forkScoped({ startImmediately: true }),
        Effect.andThen(ended),
        Effect.scoped,
      );
      return { work, actor, untilEnded };
    };
  });
}

/** The run machine with its actors: each an effect of the run's or the agent's own work. */
function provideMachine<R>() {
  return Effect.gen(function* () {
    const context = yield* Effect.context<R | Needs>();
    const fromEffect = makeFromEffect<R | Needs>({
      runFork: (effect) =>
        Effect.runFork(Effect.provideContext(effect, context)),
    });
    return runMachine.provide({
      actors: {
        claim: fromEffect(
          ({ host }) => workOf<R>(host).claim,
          ({ host }) => workOf<R>(host).observer.witness("claim"),
        ),
        persist: fromEffect(
          ({ host }) => workOf<R>(host).persist,
          ({ host }) => workOf<R>(host).observer.witness("ending"),
        ),
        agent: agentMachine.provide({
          actors: {
            decide: fromEffect(
              ({ host }) => agentOf<R>(host).decide,
              ({ host }) => agentOf<R>(host).witness(),
            ),
            useTool: fromEffect<
              NonReducibleUnknown,
              { host: AgentHost; use: ToolUse }
            >(
              ({ host, use }) => agentOf<R>(host).useTool(use),
              ({ host, use }) => agentOf<R>(host).witness(use),
            ),
          },
        }),
      },
    });
  });
}

/** The machines know their hosts by what they need of them; here they are again what we made them. */
function workOf<R>(host: unknown): RunWork<R> {
  if (host instanceof RunWork) return host;
  throw new Error("a run's host is a RunWork");
}

function agentOf<R>(host: unknown): AgentWork<R> {
  if (host instanceof AgentWork) return host;
  throw new Error("an agent's host is an AgentWork");
}
