/**
 * Bus, cache and rate counters of a single process: what Redis is to a cluster. Owns its entries. Promises: the same contract as the
 * other backends; every map is bounded (limits.ts), the oldest entry goes first; a handler that throws harms nobody else.
 */
import { Effect, Layer } from "effect";
import { limits } from "../domain/limits.ts";
import { Bus, Cache } from "../domain/ports.ts";
import type { BusMessage } from "../domain/ports.ts";

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

interface Entry {
  readonly value: string;
  readonly expiresAtMs: number;
}

interface Bucket {
  tokens: number;
  readonly updatedAtMs: number;
}

/** A map that forgets its oldest entry beyond `max`; setting a key makes it the newest. */
class BoundedMap<Value> extends Map<string, Value> {
  readonly #max: number;

  constructor(max: number) {
    super();
    this.#max = max;
  }

  override set(key: string, value: Value): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.#max) this.delete(this.keys().next().value!);
    return this;
  }
}

export const memoryCacheLayer: Layer.Layer<Cache> = Layer.sync(Cache, () => {
  const entries = new BoundedMap<Entry>(limits.cacheEntriesMax);
  const buckets = new BoundedMap<Bucket>(limits.cacheEntriesMax);
  const read = (key: string): string | null => {
    const entry = entries.get(key);
    if (entry === undefined) return null;
    if (entry.expiresAtMs > Date.now()) return entry.value;
    entries.delete(key);
    return null;
  };
  return Cache.of({
    get: (key) => Effect.sync(() => read(key)),
    set: (key, value, lifetimeSeconds) =>
      Effect.sync(() => {
        const expiresAtMs = Date.now() + lifetimeSeconds * 1_000;
        entries.set(key, { value, expiresAtMs });
      }),
    take: (key) =>
      Effect.sync(() => {
        const value = read(key);
        entries.delete(key);
        return value;
      }),
    consume: (key, { burst, perMinute }) =>
      Effect.sync(() => {
        const perMs = perMinute / 60_000;
        const now = performance.now();
        const { tokens, updatedAtMs } = buckets.get(key) ?? {
          tokens: burst,
          updatedAtMs: now,
        };
        const available = Math.min(burst, tokens + (now - updatedAtMs) * perMs);
        if (available < 1) {
          return { retryAfterMs: Math.ceil((1 - available) / perMs) };
        }
        buckets.set(key, { tokens: available - 1, updatedAtMs: now });
        return { retryAfterMs: 0 };
      }),
  });
});
