/**
 * The bus of a single process: what Redis is to a cluster. Owns its listeners. Promises: the same contract as the other backends; a handler
 * that throws harms nobody else.
 */
import { Effect, Layer } from "effect";
import { Bus } from "../../domain/ports.ts";
import type { BusMessage } from "../../domain/ports.ts";

type Handler = (message: BusMessage) => void;

export const memoryBusLayer: Layer.Layer<Bus> = Layer.sync(Bus, () => {
  const topics = new Map<string, Set<Handler>>();
  const remove = (topic: string, handler: Handler) => {
    const handlers = topics.get(topic);
    handlers?.delete(handler);
    if (handlers?.size === 0) topics.delete(topic);
  };
  return Bus.of({
    publish: (topic, message) =>
      Effect.forEach(
        [...(topics.get(topic) ?? [])],
        (handler) =>
          Effect.sync(() => handler(message)).pipe(
            Effect.catchDefect((defect) =>
              Effect.logError("a subscriber of the bus threw", defect),
            ),
          ),
        { discard: true },
      ),
    subscribe: (topic, handler) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const handlers = topics.get(topic) ?? new Set();
          topics.set(topic, handlers.add(handler));
        }),
        () => Effect.sync(() => remove(topic, handler)),
      ),
  });
});
