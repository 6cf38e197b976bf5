/**
 * The cache and the rate counters of a single process. Owns its entries. Promises: the same contract as the other backends; every map is
 * bounded (limits.ts), the oldest entry goes first.
 */
import { Effect, Layer } from "effect";
import { limits } from "../../domain/limits.ts";
import { Cache } from "../../domain/ports.ts";

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

/** A value that is gone when its lifetime is over. */
class Living<Value> {
  readonly #kept = new BoundedMap<{
    readonly value: Value;
    readonly expiresAtMs: number;
  }>(limits.cacheEntriesMax);

  read(key: string): Value | null {
    const entry = this.#kept.get(key);
    if (entry === undefined) return null;
    if (entry.expiresAtMs > Date.now()) return entry.value;
    this.#kept.delete(key);
    return null;
  }

  write(key: string, value: Value, lifetimeSeconds: number): void {
    const expiresAtMs = Date.now() + lifetimeSeconds * 1_000;
    this.#kept.set(key, { value, expiresAtMs });
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }
}

export const memoryCacheLayer: Layer.Layer<Cache> = Layer.sync(Cache, () => ({
  ...keepValues(),
  ...keepGroups(),
  ...keepBuckets(),
}));

function keepValues(): Pick<
  Cache["Service"],
  "get" | "set" | "getAll" | "setAll" | "take"
> {
  const values = new Living<string>();
  return {
    get: (key) => Effect.sync(() => values.read(key)),
    set: (key, value, lifetimeSeconds) =>
      Effect.sync(() => values.write(key, value, lifetimeSeconds)),
    getAll: (keys) => Effect.sync(() => keys.map((key) => values.read(key))),
    setAll: (entries, lifetimeSeconds) =>
      Effect.sync(() => {
        for (const { key, value } of entries)
          values.write(key, value, lifetimeSeconds);
      }),
    take: (key) =>
      Effect.sync(() => {
        const value = values.read(key);
        values.forget(key);
        return value;
      }),
  };
}

function keepGroups(): Pick<
  Cache["Service"],
  "putMembers" | "removeMembers" | "members" | "countMembers"
> {
  const groups = new Living<Map<string, string>>();
  return {
    putMembers: (members, lifetimeSeconds) =>
      Effect.sync(() => {
        for (const { group, name, value } of members) {
          const kept = groups.read(group) ?? new Map<string, string>();
          groups.write(group, kept.set(name, value), lifetimeSeconds);
        }
      }),
    removeMembers: (members) =>
      Effect.sync(() => {
        for (const { group, name } of members) {
          const kept = groups.read(group);
          kept?.delete(name);
          if (kept?.size === 0) groups.forget(group);
        }
      }),
    members: (group) =>
      Effect.sync(() =>
        [...(groups.read(group) ?? [])].map(([name, value]) => ({
          group,
          name,
          value,
        })),
      ),
    countMembers: (group) => Effect.sync(() => groups.read(group)?.size ?? 0),
  };
}

function keepBuckets(): Pick<Cache["Service"], "consume"> {
  const buckets = new BoundedMap<Bucket>(limits.cacheEntriesMax);
  return {
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
  };
}
