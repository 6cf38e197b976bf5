/**
 * What concerns a user, told to one of the user's connections: a thread that changed, a thread that is gone. Promises: it hears until it
 * is interrupted, and of no other user.
 */
import { Effect } from "effect";
import type { ThreadId, UserId } from "./model.ts";
import { Bus, topics } from "./ports.ts";
import type { BusMessage } from "./ports.ts";
import type { ConnectionFrame } from "./protocol.ts";

export interface Hearer {
  readonly send: (frame: ConnectionFrame) => void;
  /** Ends the delivery of a thread that is gone, where there is one. */
  readonly leave: (thread: ThreadId) => void;
}

/** Hears what concerns the user, until it is interrupted. */
export function hearUser(
  user: UserId,
  hearer: Hearer,
): Effect.Effect<void, never, Bus> {
  return Effect.scoped(
    Effect.gen(function* () {
      const bus = yield* Bus;
      yield* bus.subscribe(topics.user(user), (it) => tellNews(it, hearer));
      yield* Effect.never;
    }),
  );
}

function tellNews(message: BusMessage, { send, leave }: Hearer): void {
  if (message.kind === "thread") {
    const { thread_id, title, last_seq, active_run } = message.thread;
    send({ type: "thread_updated", thread_id, title, last_seq, active_run });
  }
  if (message.kind === "deleted") {
    const { thread_id } = message;
    send({ type: "left", thread_id, reason: "deleted" });
    leave(thread_id);
  }
}
