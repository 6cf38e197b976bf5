/**
 * The cache and the rate counters of a single process. Owns its entries. Promises: the same contract as the other backends; every map is
 * bounded (limits.ts), the oldest entry goes first.
 */
import { Effect, Layer } from "effect";
import { limits } from "../../domain/limits.ts";
import { Cache } from "../../domain/ports.ts";

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
