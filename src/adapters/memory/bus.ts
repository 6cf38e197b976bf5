/**
 * The bus of a single process, and what every bus does inside its process. Owns the listeners. Promises: listeners hear at once and in
 * order; a handler that throws harms nobody else.
 */
import { Effect, Layer } from "effect";
import { Bus } from "../../domain/ports.ts";
import type { BusMessage } from "../../domain/ports.ts";

type Handler = (message: BusMessage) => void;

interface Topic {
  readonly handlers: Set<Handler>;
  /** Settles when the topic is heard from other nodes too, or cannot be for now. */
  readonly heard: Promise<void>;
}

/** Called when a topic gets its first listener, and when it has lost its last one. */
export interface TopicWatcher {
  readonly first: (topic: string) => Promise<void>;
  readonly last: (topic: string) => void;
}

export class Listeners {
  readonly #topics = new Map<string, Topic>();
  readonly #watcher: TopicWatcher;

  constructor(watcher: TopicWatcher) {
    this.#watcher = watcher;
  }

  /** Listens from now on; answers when other nodes are heard too. */
  add(topic: string, handler: Handler): Promise<void> {
    const known = this.#topics.get(topic);
    if (known !== undefined) {
      known.handlers.add(handler);
      return known.heard;
    }
    const heard = this.#watcher.first(topic);
    this.#topics.set(topic, { handlers: new Set([handler]), heard });
    return heard;
  }

  remove(topic: string, handler: Handler): void {
    const known = this.#topics.get(topic);
    if (known?.handlers.delete(handler) !== true) return;
    if (known.handlers.size > 0) return;
    this.#topics.delete(topic);
    this.#watcher.last(topic);
  }

  topics(): readonly string[] {
    return [...this.#topics.keys()];
  }

  tell(topic: string, message: BusMessage): Effect.Effect<void> {
    return Effect.forEach(
      [...(this.#topics.get(topic)?.handlers ?? [])],
      (handler) =>
        Effect.sync(() => handler(message)).pipe(
          Effect.catchDefect((defect) =>
            Effect.logError("a subscriber of the bus threw", defect),
          ),
        ),
      { discard: true },
    );
  }
}

export const memoryBusLayer: Layer.Layer<Bus> = Layer.sync(Bus, () => {
  const listeners = new Listeners({
    first: () => Promise.resolve(),
    last: () => undefined,
  });
  const tell = (topic: string, message: BusMessage) =>
    listeners.tell(topic, message);
  return Bus.of({
    tell,
    publish: tell,
    heard: () => listeners.topics(),
    // There is nobody else to be cut off from.
    onRestored: () => Effect.void,
    subscribe: (topic, handler) =>
      Effect.acquireRelease(
        Effect.sync(() => void listeners.add(topic, handler)),
        () => Effect.sync(() => listeners.remove(topic, handler)),
      ),
  });
});
