/**
 * The worker of a node: takes jobs and drives each run by its machine until it has ended. Owns the run actors. Promises: a job is
 * touched while it is worked on and settled once; draining takes no more and hands the rest back at a step boundary.
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
import type { RunId } from "./model.ts";
import { Bus, Jobs, topics } from "./ports.ts";
import type { Cache, Job, Store } from "./ports.ts";
import { RunWork } from "./runWork.ts";
import type { Disposition, RunSettings } from "./runWork.ts";

export interface WorkerOptions<R> {
  readonly application: Application<R>;
  readonly settings: RunSettings;
}

export interface Worker {
  /** Takes no more jobs; done when every run has ended or reached a step boundary and its job is settled. */
  readonly drain: Effect.Effect<void>;
  readonly active: () => number;
}

type Needs = Store | EventLog | Bus | Cache;
type RunActor = ActorRefFrom<typeof runMachine>;

interface Slot {
  readonly job: Job;
  readonly actor: RunActor;
}

/** Starts the worker; it works until its scope closes. */
export function makeWorker<R>(
  options: WorkerOptions<R>,
): Effect.Effect<Worker, never, R | Needs | Jobs | Scope.Scope> {
  return Effect.gen(function* () {
    const jobs = yield* Jobs;
    const slots = new Map<RunId, Slot>();
    const idle = Latch.makeUnsafe(true);
    const wake = yield* Queue.dropping<void>(1);
    const wakeUp = () => void Queue.offerUnsafe(wake, undefined);
    const ended = yield* Queue.bounded<RunWork<R>>(limits.runsPerNodeMax);
    const fork = yield* FiberSet.makeRuntime<never>();
    const newRun = yield* makeRunFactory(options);

    const start = (job: Job) => {
      const { work, actor, untilEnded } = newRun(job);
      slots.set(job.run_id, { job, actor });
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
      for (const { job } of works) slots.delete(job.run_id);
      if (slots.size === 0) idle.openUnsafe();
      if (wasFull) wakeUp();
    });
    const touchAll = Effect.suspend(() =>
      jobs.touch([...slots.values()].map((it) => it.job)),
    );

    yield* jobs.onWork(wakeUp);
    yield* every(limits.jobPollIntervalMs, Effect.sync(wakeUp));
    yield* every(limits.jobTouchIntervalMs, Effect.ignore(touchAll));
    yield* Effect.forkScoped(Effect.forever(settleEnded));
    const taker = yield* Queue.take(wake).pipe(
      Effect.andThen(Effect.ignore(takeJobs)),
      Effect.forever,
      Effect.forkScoped,
    );
    const drain = Effect.gen(function* () {
      yield* Fiber.interrupt(taker);
      for (const { actor } of slots.values())
        tell(actor, { type: "run.drain" });
      yield* idle.await;
    });
    return { drain, active: () => slots.size };
  });
}

function every(
  intervalMs: number,
  effect: Effect.Effect<void>,
): Effect.Effect<unknown, never, Scope.Scope> {
  return Effect.forkScoped(Effect.repeat(effect, Schedule.spaced(intervalMs)));
}

/** Settles the jobs of ended runs together. What cannot be settled now comes back by its heartbeat, and finds its run ended. */
function settle(
  works: readonly { readonly job: Job; readonly disposition: Disposition }[],
): Effect.Effect<void, never, Jobs> {
  return Effect.gen(function* () {
    const jobs = yield* Jobs;
    const complete = works.filter((it) => it.disposition === "complete");
    if (complete.length > 0) {
      yield* Effect.ignore(jobs.complete(complete.map((it) => it.job)));
    }
    for (const work of works) {
      if (work.disposition === "release") {
        yield* Effect.ignore(jobs.release(work.job));
      }
    }
  });
}

/** Makes runs: a work, its actor, and an effect that drives it to its end and stops it when interrupted. */
function makeRunFactory<R>(options: WorkerOptions<R>) {
  return Effect.gen(function* () {
    const bus = yield* Bus;
    const machine = yield* provideMachine<R>();
    return (job: Job) => {
      const work: RunWork<R> = new RunWork<R>({
        job,
        ...options,
        listener: {
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
        claim: fromEffect(({ host }) => workOf<R>(host).claim),
        persist: fromEffect(({ host }) => workOf<R>(host).persist),
        agent: agentMachine.provide({
          actors: {
            decide: fromEffect(({ host }) => agentOf<R>(host).decide),
            useTool: fromEffect<
              NonReducibleUnknown,
              { host: AgentHost; use: ToolUse }
            >(({ host, use }) => agentOf<R>(host).useTool(use)),
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
