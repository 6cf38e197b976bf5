/**
 * The event log of this node: append, then publish (R7). Owns what is waiting to be appended. Whatever waits, of all runs, goes into
 * one transaction (group commit). Promises: events of a run are stored in the order written; a fenced run stores nothing more, and is told.
 */
import {
  Cause,
  Context,
  Deferred,
  Effect,
  Layer,
  Queue,
  Schedule,
} from "effect";
import { untilAnswered } from "./again.ts";
import { causeOf } from "./causes.ts";
import { limits } from "./limits.ts";
import { countDefect, countEventsAppended, countRetry } from "./metrics.ts";
import type { ThreadId, UserId } from "./model.ts";
import { Bus, Store, topics } from "./ports.ts";
import type { Append, Appended, Ended } from "./ports.ts";
import type { Event } from "./protocol.ts";
import { openRunLog, takeFrom } from "./runLog.ts";
import type { LoggedRun, LogListener, RunLog, Waiting } from "./runLog.ts";

export class EventLog extends Context.Service<
  EventLog,
  {
    readonly open: (run: LoggedRun, listener: LogListener) => RunLog;
    readonly publish: (
      thread: ThreadId,
      events: readonly Event[],
    ) => Effect.Effect<void>;
  }
>()("goldenpath/EventLog") {}

export const eventLogLayer: Layer.Layer<EventLog, never, Store | Bus> =
  Layer.effect(
    EventLog,
    Effect.gen(function* () {
      const store = yield* Store;
      const bus = yield* Bus;
      const waiting = new Set<Waiting>();
      const wake = yield* Queue.dropping<void>(1);

      const publish = (thread_id: ThreadId, events: readonly Event[]) => {
        const last = events.at(-1);
        if (last === undefined) return Effect.void;
        return bus.publish(topics.thread(thread_id), {
          kind: "events",
          thread_id,
          last_seq: last.seq,
          events,
        });
      };

      const append = (batch: readonly Append[]) =>
        untilAnswered(
          (which) => store.append(batch, which),
          whileDatabaseIsAway,
          () => countRetry("append"),
        );
      /** A defect in one run's events must not end the others: each is tried alone, and the bad one is fenced. */
      const appendOneByOne = (taken: readonly Taken[]) =>
        Effect.forEach(taken, (it) =>
          store.append([it.append], "again").pipe(
            Effect.retry(whileDatabaseIsAway),
            Effect.map((answers) => answers[0]!),
            Effect.catchCause((cause) => fenceRefused(it, cause)),
          ),
        );

      const appendWaiting = Effect.gen(function* () {
        const taken = takeBatch(waiting);
        const batch = taken.map((it) => it.append);
        const answers = yield* append(batch).pipe(
          Effect.catchDefect(() => appendOneByOne(taken)),
        );
        for (const [index, { of }] of taken.entries()) {
          yield* settle(of, answers[index]!, publish);
        }
      });

      yield* Queue.take(wake).pipe(
        Effect.andThen(
          Effect.whileLoop({
            while: () => waiting.size > 0,
            body: () => appendWaiting,
            step: () => undefined,
          }),
        ),
        Effect.forever,
        Effect.forkScoped,
      );

      const noteWaiting = (run: Waiting) => {
        waiting.add(run);
        Queue.offerUnsafe(wake, undefined);
      };
      return EventLog.of({
        publish,
        open: (run, listener) =>
          openRunLog(run, listener, waiting, noteWaiting),
      });
    }),
  );

/** Tells everybody what an ending stored: the events, the thread's new state, and that a next run may be due. */
export function announceEnd(
  user: UserId,
  ended: Ended,
): Effect.Effect<void, never, EventLog | Bus> {
  return Effect.gen(function* () {
    const log = yield* EventLog;
    const bus = yield* Bus;
    yield* log.publish(ended.thread.thread_id, ended.events);
    if (ended.dispatched) yield* bus.publish(topics.work, { kind: "work" });
    yield* bus.publish(topics.user(user), {
      kind: "thread",
      thread: ended.thread,
    });
  });
}

/** An outage delays events and never drops them: the runs' own deadlines bound how long. */
export const whileDatabaseIsAway = Schedule.min([
  Schedule.exponential(limits.appendRetryIntervalMsMin),
  Schedule.spaced(limits.appendRetryIntervalMsMax),
]);

interface Taken {
  readonly of: Waiting;
  readonly append: Append;
}

/** The run of events that cannot be stored is told, and goes no further. */
function fenceRefused(
  { of }: Taken,
  cause: Cause.Cause<unknown>,
): Effect.Effect<Appended> {
  countDefect();
  of.listener.refused(cause);
  const defect = causeOf(Cause.squash(cause));
  return Effect.logError("events refused by the store", defect).pipe(
    Effect.annotateLogs({ run_id: of.run.run_id, user_id: of.run.user_id }),
    Effect.as<Appended>({ fenced: true }),
  );
}

/** Takes what waits, up to the bound on a batch; the rest stays for the next one. */
function takeBatch(waiting: Set<Waiting>): readonly Taken[] {
  const taken: Taken[] = [];
  let count = 0;
  for (const run of waiting) {
    if (count > 0 && count + run.events.length > limits.appendBatchEventsMax)
      break;
    count += run.events.length;
    waiting.delete(run);
    run.underWay = run.queued;
    run.queued = null;
    taken.push({ of: run, append: takeFrom(run) });
  }
  return taken;
}

function settle(
  run: Waiting,
  answer: Appended,
  publish: EventLog["Service"]["publish"],
): Effect.Effect<void> {
  return Effect.gen(function* () {
    const done = run.underWay!;
    run.underWay = null;
    yield* Deferred.succeed(done, undefined);
    if (answer.fenced) return run.listener.fenced();
    countEventsAppended(answer.events.length);
    yield* publish(run.run.thread_id, answer.events);
    if (answer.stopRequested) run.listener.stopRequested();
  });
}
