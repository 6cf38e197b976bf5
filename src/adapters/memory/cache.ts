/**
 * The cache and the rate counters of a single process. Owns its entries. Promises: the same contract as the other backends; what it keeps is
 * bounded in bytes (limits.ts): what was not used for longest goes first, and an entry that is over the bound by itself is not kept.
 */
import { Effect, Layer } from "effect";
import { LRUCache } from "lru-cache";
import { limits } from "../../domain/limits.ts";
import { Cache } from "../../domain/ports.ts";

interface Group {
  readonly members: Map<string, string>;
  readonly bytes: number;
}

interface Bucket {
  readonly tokens: number;
  readonly updatedAtMs: number;
}

/** At most: text is kept with one or two bytes a character. */
const bytesOf = (...texts: readonly string[]) =>
  texts.reduce<number>(
    (sum, it) => sum + 2 * it.length,
    limits.cacheBytesPerEntry,
  );

const bounded = <Value extends {}>(
  sizeCalculation: (value: Value, key: string) => number,
) =>
  new LRUCache<string, Value>({
    maxSize: limits.cacheBytesMax,
    sizeCalculation,
    perf: { now: () => Date.now() },
    ttlResolution: 0,
  });

export const memoryCacheLayer: Layer.Layer<Cache> = Layer.sync(Cache, () => ({
  ...keepValues(),
  ...keepGroups(),
  ...keepBuckets(),
}));

function keepValues(): Pick<
  Cache["Service"],
  "get" | "set" | "getAll" | "setAll" | "take"
> {
  const values = bounded<string>((value, key) => bytesOf(key, value));
  const read = (key: string) => values.get(key) ?? null;
  const write = (key: string, value: string, lifetimeSeconds: number) =>
    void values.set(key, value, { ttl: lifetimeSeconds * 1_000 });
  return {
    get: (key) => Effect.sync(() => read(key)),
    set: (key, value, lifetimeSeconds) =>
      Effect.sync(() => write(key, value, lifetimeSeconds)),
    getAll: (keys) => Effect.sync(() => keys.map(read)),
    setAll: (entries, lifetimeSeconds) =>
      Effect.sync(() => {
        for (const { key, value } of entries)
          write(key, value, lifetimeSeconds);
      }),
    take: (key) =>
      Effect.sync(() => {
        const value = read(key);
        values.delete(key);
        return value;
      }),
  };
}

function keepGroups(): Pick<
  Cache["Service"],
  "putMembers" | "removeMembers" | "members" | "countMembers"
> {
  const groups = bounded<Group>(({ bytes }, name) => bytesOf(name) + bytes);
  return {
    putMembers: (members, lifetimeSeconds) =>
      Effect.sync(() => {
        for (const { group, name, value } of members) {
          const kept = without(groups.get(group) ?? noMembers(), name);
          kept.members.set(name, value);
          const bytes = kept.bytes + bytesOf(name, value);
          const ttl = lifetimeSeconds * 1_000;
          groups.set(group, { members: kept.members, bytes }, { ttl });
        }
      }),
    removeMembers: (members) =>
      Effect.sync(() => {
        for (const { group, name } of members) {
          const kept = groups.get(group);
          if (kept === undefined) continue;
          const left = without(kept, name);
          if (left.members.size === 0) groups.delete(group);
          else groups.set(group, left, { noUpdateTTL: true });
        }
      }),
    members: (group) =>
      Effect.sync(() =>
        [...(groups.get(group)?.members ?? [])].map(([name, value]) => ({
          group,
          name,
          value,
        })),
      ),
    countMembers: (group) =>
      Effect.sync(() => groups.get(group)?.members.size ?? 0),
  };
}

const noMembers = (): Group => ({ members: new Map(), bytes: 0 });

/** The group with its member taken out, and what that one took. */
function without({ members, bytes }: Group, name: string): Group {
  const value = members.get(name);
  if (value === undefined) return { members, bytes };
  members.delete(name);
  return { members, bytes: bytes - bytesOf(name, value) };
}

function keepBuckets(): Pick<Cache["Service"], "consume"> {
  const buckets = bounded<Bucket>((_, key) => bytesOf(key));
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
