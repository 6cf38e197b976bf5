/**
 * The cache on Redis, for nodes that share it. Owns its connection. Promises: the same contract as the cache in process; of many takers on
 * many nodes one gets the value.
 */
import { Effect, Layer } from "effect";
import { Cluster } from "ioredis";
import { ServiceUnavailable } from "../../domain/errors.ts";
import { Health } from "../../domain/health.ts";
import { Cache } from "../../domain/ports.ts";
import { attempt, connect, firstAttempt, PREFIX } from "./connection.ts";
import type { Client } from "./connection.ts";

/** Takes a token of a bucket, by the server's own clock: of many nodes, each sees what the others took. Answers the wait in ms. */
const CONSUME = `
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + now[2] / 1000
local burst, per_ms = tonumber(ARGV[1]), tonumber(ARGV[2]) / 60000
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(burst, (tonumber(kept[1]) or burst) + (now_ms - (tonumber(kept[2]) or now_ms)) * per_ms)
if tokens < 1 then return math.ceil((1 - tokens) / per_ms) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - 1), 'at', tostring(now_ms))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / per_ms))
return 0`;

const KNOWN_TO_BE_AWAY = Effect.fail(
  new ServiceUnavailable({ service: "cache", cause: "known to be away" }),
);

type Command = [name: string, ...values: (string | number)[]];

/**
 * Sends several commands in one batch. Keys of a cluster are on many servers: there each command goes to its own, none waiting for another.
 * @throws what any of them failed with.
 */
async function inOneBatch(client: Client, commands: Command[]): Promise<void> {
  if (client instanceof Cluster) {
    await Promise.all(commands.map((it) => client.call(...it)));
    return;
  }
  const answers = await client.pipeline(commands).exec();
  for (const [error] of answers ?? []) if (error) throw error;
}

/** Runs a command, and tells of one that failed. */
type Noting = <A>(
  run: () => Promise<A>,
) => Effect.Effect<A, ServiceUnavailable>;

export function redisCacheLayer(
  url: string,
): Layer.Layer<Cache, never, Health> {
  return Layer.effect(
    Cache,
    Effect.gen(function* () {
      const redis = yield* connect(url);
      // Until then every command would fail, and a server that is there look like one that is away.
      yield* firstAttempt(redis);
      const health = yield* Health;
      redis.on("close", () => health.failed("cache"));
      yield* health.watch(
        "cache",
        attempt(() => redis.ping()).pipe(Effect.asVoid),
      );
      const noting: Noting = (run) =>
        Effect.suspend(() => {
          if (health.isDown("cache")) return KNOWN_TO_BE_AWAY;
          return Effect.tapError(attempt(run), () =>
            Effect.sync(() => health.failed("cache")),
          );
        });
      return Cache.of({
        ...keepValues(redis, noting),
        ...keepGroups(redis, noting),
        consume: (key, { burst, perMinute }) =>
          Effect.map(
            noting(() =>
              redis.eval(CONSUME, 1, PREFIX + key, burst, perMinute),
            ),
            (waitMs) => ({ retryAfterMs: Number(waitMs) }),
          ),
      });
    }),
  );
}

function keepValues(
  redis: Client,
  noting: Noting,
): Pick<Cache["Service"], "get" | "set" | "getAll" | "setAll" | "take"> {
  return {
    get: (key) => noting(() => redis.get(PREFIX + key)),
    set: (key, value, lifetimeSeconds) =>
      Effect.asVoid(
        noting(() => redis.set(PREFIX + key, value, "EX", lifetimeSeconds)),
      ),
    getAll: (keys) =>
      noting(() => Promise.all(keys.map((key) => redis.get(PREFIX + key)))),
    setAll: (entries, lifetimeSeconds) =>
      noting(() =>
        inOneBatch(
          redis,
          entries.map(({ key, value }) => [
            "set",
            PREFIX + key,
            value,
            "EX",
            lifetimeSeconds,
          ]),
        ),
      ),
    take: (key) => noting(() => redis.getdel(PREFIX + key)),
  };
}

function keepGroups(
  redis: Client,
  noting: Noting,
): Pick<
  Cache["Service"],
  "putMembers" | "removeMembers" | "members" | "countMembers"
> {
  return {
    putMembers: (members, lifetimeSeconds) =>
      noting(() =>
        inOneBatch(
          redis,
          members.flatMap(({ group, name, value }): Command[] => [
            ["hset", PREFIX + group, name, value],
            ["expire", PREFIX + group, lifetimeSeconds],
          ]),
        ),
      ),
    removeMembers: (members) =>
      noting(() =>
        inOneBatch(
          redis,
          members.map(({ group, name }) => ["hdel", PREFIX + group, name]),
        ),
      ),
    members: (group) =>
      Effect.map(
        noting(() => redis.hgetall(PREFIX + group)),
        (found) =>
          Object.entries(found).map(([name, value]) => ({
            group,
            name,
            value,
          })),
      ),
    countMembers: (group) => noting(() => redis.hlen(PREFIX + group)),
  };
}
