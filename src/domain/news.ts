/**
 * What concerns a user, told to one of the user's connections: a thread that changed, a thread that is gone, its own removal. Owns what was told last, of a
 * bounded number of threads. Promises: what comes twice is told once, and what comes late does not undo what is newer.
 */
import { Effect } from "effect";
import { limits } from "./limits.ts";
import type { ConnectionId, Thread, ThreadId, UserId } from "./model.ts";
import { Bus, topics } from "./ports.ts";
import type { BusMessage } from "./ports.ts";
import type { ConnectionFrame } from "./protocol.ts";

export interface Hearer {
  readonly connection_id: ConnectionId;
  readonly send: (frame: ConnectionFrame) => void;
  /** Ends the delivery of a thread that is gone, where there is one. */
  readonly leave: (thread: ThreadId) => void;
  /** Ends the connection, as its user wishes. */
  readonly remove: () => void;
}

type Told = "gone" | { readonly last_seq: number; readonly text: string };

export class News {
  readonly #hearer: Hearer;
  readonly #told = new Map<ThreadId, Told>();

  constructor(hearer: Hearer) {
    this.#hearer = hearer;
  }

  /** Hears what concerns the user, until it is interrupted. */
  hear(user: UserId): Effect.Effect<void, never, Bus> {
    const subscribe = Bus.use((bus) =>
      bus.subscribe(topics.user(user), (it) => this.#receive(it)),
    );
    return Effect.scoped(Effect.andThen(subscribe, Effect.never));
  }

  /** A thread is gone. */
  gone(thread_id: ThreadId): void {
    if (this.#told.get(thread_id) === "gone") return;
    this.#note(thread_id, "gone");
    this.#hearer.send({ type: "left", thread_id, reason: "deleted" });
    this.#hearer.leave(thread_id);
  }

  #receive(message: BusMessage): void {
    if (message.kind === "thread") this.#changed(message.thread);
    if (message.kind === "deleted") this.gone(message.thread_id);
    const { connection_id, remove } = this.#hearer;
    if (message.kind === "removal" && message.connection_id === connection_id)
      remove();
  }

  /** Whoever changes a thread holds its row, so of two states the one with the lower seq is older. */
  #changed({ thread_id, title, last_seq, active_run }: Thread): void {
    const known = this.#told.get(thread_id);
    const text = JSON.stringify([title, last_seq, active_run]);
    if (known === "gone") return;
    if (known !== undefined && last_seq < known.last_seq) return;
    if (known?.text === text) return;
    this.#note(thread_id, { last_seq, text });
    this.#hearer.send({
      type: "thread_updated",
      thread_id,
      title,
      last_seq,
      active_run,
    });
  }

  #note(thread: ThreadId, told: Told): void {
    this.#told.delete(thread);
    this.#told.set(thread, told);
    const [oldest] = this.#told.keys();
    if (this.#told.size > limits.toldThreadsPerConnectionMax)
      this.#told.delete(oldest!);
  }
}
