/**
 * The node's own look at what the bus may have lost. Now and then, and whenever a way to the other nodes is there again, it asks the
 * database about the threads and runs that this node listens to, and says here what their messages would have said. Promises: no lost
 * message keeps an event, a deletion or a stop from this node for longer than limits.headsIntervalMs; where nobody listens it asks nothing.
 */
import { Effect, Layer, Queue } from "effect";
import type { ServiceUnavailable } from "./errors.ts";
import { limits } from "./limits.ts";
import type { RunId, ThreadId } from "./model.ts";
import { Bus, runOf, Store, threadOf, topics } from "./ports.ts";
import type { BusMessage } from "./ports.ts";

type Needs = Store | Bus;

export const headsLayer: Layer.Layer<never, never, Needs> = Layer.effectDiscard(
  Effect.gen(function* () {
    const bus = yield* Bus;
    const wake = yield* Queue.dropping<void>(1);
    yield* bus.onRestored(() => void Queue.offerUnsafe(wake, undefined));
    yield* Queue.take(wake).pipe(
      Effect.timeoutOption(limits.headsIntervalMs),
      // A database that is away is asked again at the next look.
      Effect.andThen(Effect.ignore(lookAtAll)),
      Effect.forever,
      Effect.forkScoped,
    );
  }),
);

const lookAtAll: Effect.Effect<void, ServiceUnavailable, Needs> = Effect.gen(
  function* () {
    const bus = yield* Bus;
    const asked = bus.heard().filter((it) => threadOf(it) ?? runOf(it));
    for (let from = 0; from < asked.length; from += limits.headsPerQueryMax) {
      yield* look(asked.slice(from, from + limits.headsPerQueryMax));
    }
  },
);

function look(
  asked: readonly string[],
): Effect.Effect<void, ServiceUnavailable, Needs> {
  return Effect.gen(function* () {
    const bus = yield* Bus;
    const store = yield* Store;
    const threads = asked.map(threadOf).filter((it) => it !== null);
    const runs = asked.map(runOf).filter((it) => it !== null);
    const heads = yield* store.readHeads(threads, runs);
    for (const id of threads) {
      yield* bus.tell(topics.thread(id), newsOf(id, heads.threads.get(id)));
    }
    for (const run_id of runs) {
      if (!heads.goingOn.has(run_id)) yield* bus.tell(...stopOf(run_id));
    }
  });
}

/** A thread that is not there any more has been deleted: whoever joined it did so when it was stored. */
function newsOf(thread_id: ThreadId, last_seq: number | undefined): BusMessage {
  return last_seq === undefined
    ? { kind: "deleted", thread_id }
    : { kind: "events", thread_id, last_seq, events: [] };
}

/** A run that has ended or is gone is stopped like one that was asked to: whoever still works on it is fenced. */
const stopOf = (run_id: RunId): [string, BusMessage] => [
  topics.run(run_id),
  { kind: "stop", run_id },
];
