/**
 * What may be done with runs: submit one, stop one, delete a thread with its own. Promises: what is stored is told to every node; a
 * stop is on record before anybody is told of it.
 */
import { Context, Effect, FiberSet, Layer } from "effect";
import type {
  Busy,
  RunNotFound,
  ServiceUnavailable,
  ThreadNotFound,
  TooManyRuns,
  QueueFull,
} from "./errors.ts";
import { announceEnd } from "./log.ts";
import type { EventLog } from "./log.ts";
import { traceMessage } from "./messageTrace.ts";
import { countEventsAppended, countRunEnded } from "./metrics.ts";
import type { RunId, ThreadId, UserId } from "./model.ts";
import { Bus, Jobs, Store, topics } from "./ports.ts";
import type { Cache, PendingEvent, Submission, Submitted } from "./ports.ts";
import type { Reports } from "./reports.ts";
import { pendingEvent } from "./runLog.ts";
import { SUPERVISOR } from "./runWork.ts";
import { Tracing } from "./tracing.ts";
import { makeWorker } from "./worker.ts";
import type { Worker, WorkerOptions } from "./worker.ts";

export class Runs extends Context.Service<
  Runs,
  {
    readonly submit: (
      user: UserId,
      question: Question,
    ) => Effect.Effect<
      Submitted,
      ThreadNotFound | Busy | TooManyRuns | QueueFull | ServiceUnavailable
    >;
    /** Asks for a run's end; an ended run stays as it is. */
    readonly stop: (
      user: UserId,
      run: RunId,
    ) => Effect.Effect<void, RunNotFound | ServiceUnavailable>;
    /** Deletes a thread; its runs store nothing more. */
    readonly deleteThread: (
      user: UserId,
      thread: ThreadId,
    ) => Effect.Effect<void, ThreadNotFound | ServiceUnavailable>;
    /** The three ways to empty this node of its runs, each sharper than the one before. */
    readonly leaving: Omit<Worker, "active">;
    readonly active: () => number;
  }
>()("goldenpath/Runs") {}

/** A message as it came. */
export type Question = Omit<Submission, "traceparent">;

type Needs = Store | EventLog | Bus | Reports;

/** The service for one application; `R` are the services its tools need. */
export function runsLayer<R>(
  options: WorkerOptions<R>,
): Layer.Layer<Runs, never, R | Needs | Jobs | Cache> {
  return Layer.effect(
    Runs,
    Effect.gen(function* () {
      const worker = yield* makeWorker(options);
      const store = yield* Store;
      const bus = yield* Bus;
      const tracing = yield* Tracing;
      const needs = yield* Effect.context<Needs>();
      const fork = yield* FiberSet.makeRuntime<never>();

      // What is stored must be told, even when whoever asked has gone meanwhile: none of these stops half way.
      const stop = (user: UserId, run: RunId) =>
        Effect.gen(function* () {
          const outcome = yield* store.requestStop(user, run, stoppedInQueue);
          if (outcome.state === "ended") {
            countRunEnded("cancelled");
            countEventsAppended(outcome.events.length);
            yield* announceEnd(user, outcome);
          }
          if (outcome.state === "marked") {
            yield* bus.publish(topics.run(run), { kind: "stop", run_id: run });
          }
        }).pipe(Effect.provideContext(needs), Effect.uninterruptible);

      const tell = (user: UserId, submitted: Submitted) =>
        Effect.gen(function* () {
          // Not waited for: an interrupted run's ending makes the new run due, and its `ack` must be out by then.
          fork(
            Effect.forEach(submitted.interrupted, (run) =>
              Effect.ignore(stop(user, run)),
            ),
          );
          if (submitted.dispatched) {
            yield* bus.publish(topics.work, { kind: "work" });
          }
        });
      const submit = (user: UserId, question: Question) =>
        traceMessage(
          tracing,
          user,
          (traceparent) => store.submit(user, { ...question, traceparent }),
          (submitted) => tell(user, submitted),
        ).pipe(Effect.uninterruptible);

      const deleteThread = (user: UserId, thread_id: ThreadId) =>
        Effect.gen(function* () {
          const runs = yield* store.deleteThread(user, thread_id);
          for (const run_id of runs) {
            yield* bus.publish(topics.run(run_id), { kind: "stop", run_id });
          }
          if (runs.length > 0) {
            yield* bus.publish(topics.work, { kind: "work" });
          }
          yield* bus.publish(topics.user(user), { kind: "deleted", thread_id });
        }).pipe(Effect.uninterruptible);

      return Runs.of({
        stop,
        submit,
        deleteThread,
        leaving: worker,
        active: worker.active,
      });
    }),
  );
}

/** The words of a run that is stopped before it began (R10). */
function stoppedInQueue(): readonly PendingEvent[] {
  const error = { code: "cancelled", message: "Stopped before it began." };
  return [
    pendingEvent(SUPERVISOR, null, {
      type: "agent_started",
      goal: "Answer the question.",
    }),
    pendingEvent(SUPERVISOR, null, {
      type: "agent_thinking",
      thought: "Stopped while it was waiting for its turn.",
    }),
    pendingEvent(SUPERVISOR, null, {
      type: "agent_completed",
      success: false,
      status: "cancelled",
      duration_ms: 0,
      summary: error.message,
      result: null,
      error,
    }),
  ];
}
