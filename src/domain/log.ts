/**
 * The event log of this node: append, then publish (R7). Owns what is waiting to be appended. Whatever waits, of all runs, goes into
 * one transaction (group commit). Promises: events of a run are stored in the order written; a fenced run stores nothing more, and is told.
 */
import { Context, Deferred, Effect, Layer, Queue, Schedule } from "effect";
import { v7 as uuid } from "uuid";
import { limits } from "./limits.ts";
import type { RunId, Step, ThreadId, ToolCall, UserId } from "./model.ts";
import { Bus, Store, topics } from "./ports.ts";
import type { Append, Appended, PendingEvent } from "./ports.ts";
import type { Event, EventBody } from "./protocol.ts";

export interface LoggedRun {
  readonly user_id: UserId;
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
  readonly attempt: number;
}

export interface LogListener {
  /** The run is another owner's now, or over. */
  readonly fenced: () => void;
  /** Somebody asked for its stop and the message may have been lost. */
  readonly stopRequested: () => void;
}

/** One run's end of the log. `write` is synchronous, so that a machine's action can call it. */
export interface RunLog {
  readonly write: (
    agent: string,
    parent: string | null,
    body: EventBody,
  ) => void;
  /** Stored together with the events written just before and just after it. */
  readonly writeStep: (position: number, step: Step) => void;
  readonly writeCall: (call: ToolCall) => void;
  /** Takes what has not been appended, after what is under way: the ending stores it in its own transaction. */
  readonly takeRest: Effect.Effect<Append>;
  /** Done when everything written so far is stored, or fenced. */
  readonly flushed: Effect.Effect<void>;
}

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

interface Waiting {
  readonly run: LoggedRun;
  readonly listener: LogListener;
  events: PendingEvent[];
  steps: { readonly position: number; readonly step: Step }[];
  calls: ToolCall[];
  /** Settles when what waits now has been stored; null while nothing waits. */
  queued: Deferred.Deferred<void> | null;
  /** Settles when the append under way for this run is stored. */
  underWay: Deferred.Deferred<void> | null;
}

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
        store.append(batch).pipe(Effect.retry(whileDatabaseIsAway));
      /** A defect in one run's events must not end the others: each is tried alone, and the bad one is fenced. */
      const appendOneByOne = (batch: readonly Append[]) =>
        Effect.forEach(batch, (it) =>
          append([it]).pipe(
            Effect.map((answers) => answers[0]!),
            Effect.catchCause((cause) =>
              Effect.logError("events refused by the store", cause).pipe(
                Effect.annotateLogs({ run_id: it.run_id }),
                Effect.as<Appended>({ fenced: true }),
              ),
            ),
          ),
        );

      const appendWaiting = Effect.gen(function* () {
        const taken = takeBatch(waiting);
        const batch = taken.map((it) => it.append);
        const answers = yield* append(batch).pipe(
          Effect.catchDefect(() => appendOneByOne(batch)),
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

/** An outage delays events and never drops them: the runs' own deadlines bound how long. */
const whileDatabaseIsAway = Schedule.min([
  Schedule.exponential("50 millis"),
  Schedule.spaced("2 seconds"),
]);

/** Takes what waits, up to the bound on a batch; the rest stays for the next one. */
function takeBatch(waiting: Set<Waiting>) {
  const taken: { of: Waiting; append: Append }[] = [];
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

function takeFrom(run: Waiting): Append {
  const { events, steps, calls } = run;
  run.events = [];
  run.steps = [];
  run.calls = [];
  return { ...run.run, events, steps, calls };
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
    yield* publish(run.run.thread_id, answer.events);
    if (answer.stopRequested) run.listener.stopRequested();
  });
}

function openRunLog(
  run: LoggedRun,
  listener: LogListener,
  waiting: Set<Waiting>,
  noteWaiting: (run: Waiting) => void,
): RunLog {
  const own: Waiting = {
    run,
    listener,
    events: [],
    steps: [],
    calls: [],
    queued: null,
    underWay: null,
  };
  const note = () => {
    own.queued ??= Deferred.makeUnsafe<void>();
    noteWaiting(own);
  };
  return {
    write: (agent_name, parent_agent, body) => {
      own.events.push(pendingEvent(agent_name, parent_agent, body));
      note();
    },
    writeStep: (position, step) => {
      own.steps.push({ position, step });
      note();
    },
    writeCall: (call) => {
      own.calls.push(call);
      note();
    },
    takeRest: takeRest(own, waiting),
    flushed: flushed(own),
  };
}

function takeRest(own: Waiting, waiting: Set<Waiting>): Effect.Effect<Append> {
  return Effect.suspend(() => {
    if (own.underWay !== null) {
      return Effect.andThen(
        Deferred.await(own.underWay),
        takeRest(own, waiting),
      );
    }
    waiting.delete(own);
    own.queued = null;
    return Effect.succeed(takeFrom(own));
  });
}

function flushed(own: Waiting): Effect.Effect<void> {
  return Effect.suspend(() => {
    const next = own.queued ?? own.underWay;
    if (next === null) return Effect.void;
    return Effect.andThen(Deferred.await(next), flushed(own));
  });
}

/** An event as its emitter knows it: numbered by nobody yet. */
export function pendingEvent(
  agent_name: string,
  parent_agent: string | null,
  body: EventBody,
): PendingEvent {
  return {
    event_id: uuid(),
    timestamp: new Date().toISOString(),
    agent_name,
    parent_agent,
    ...body,
  };
}
