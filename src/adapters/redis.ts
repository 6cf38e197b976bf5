/**
 * Bus and cache on Redis, for nodes that share them. Owns its two connections. Promises: what one node publishes every node hears, its
 * own listeners at once and even while Redis is away; a command that Redis does not take in time fails as ServiceUnavailable.
 */
import { Effect, Layer } from "effect";
import type { Scope } from "effect";
import { Redis } from "ioredis";
import { v4 as uuid } from "uuid";
import { ServiceUnavailable } from "../domain/errors.ts";
import { Health } from "../domain/health.ts";
import { limits } from "../domain/limits.ts";
import { Bus, Cache } from "../domain/ports.ts";
import type { BusMessage } from "../domain/ports.ts";
import { memoryBusLayer } from "./memory.ts";

const PREFIX = "goldenpath:";
const CHANNEL = `${PREFIX}bus`;

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

/** A connection that fails a command rather than keeping it for later. */
function connect(url: string): Effect.Effect<Redis, never, Scope.Scope> {
  return Effect.acquireRelease(
    Effect.sync(() => {
      const redis = new Redis(url, {
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        commandTimeout: limits.cacheCommandTimeoutMs,
      });
      // Outages show in every command and in the probe; without a listener the first would end the process.
      redis.on("error", () => undefined);
      return redis;
    }),
    (redis) => Effect.sync(() => redis.disconnect()),
  );
}

function attempt<A>(
  run: () => Promise<A>,
): Effect.Effect<A, ServiceUnavailable> {
  return Effect.tryPromise({
    try: run,
    catch: (cause) => new ServiceUnavailable({ service: "cache", cause }),
  });
}

export function redisCacheLayer(
  url: string,
): Layer.Layer<Cache, never, Health> {
  return Layer.effect(
    Cache,
    Effect.gen(function* () {
      const redis = yield* connect(url);
      const health = yield* Health;
      yield* health.watch(
        "cache",
        attempt(() => redis.ping()).pipe(Effect.asVoid),
      );
      const noting = <A>(run: () => Promise<A>) =>
        Effect.tapError(attempt(run), () =>
          Effect.sync(() => health.failed("cache")),
        );
      return Cache.of({
        get: (key) => noting(() => redis.get(PREFIX + key)),
        set: (key, value, lifetimeSeconds) =>
          Effect.asVoid(
            noting(() => redis.set(PREFIX + key, value, "EX", lifetimeSeconds)),
          ),
        take: (key) => noting(() => redis.getdel(PREFIX + key)),
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

interface Envelope {
  readonly from: string;
  readonly topic: string;
  readonly message: BusMessage;
}

/** Local listeners hear at once; other nodes hear through Redis, and what comes from there goes to the local listeners alone. */
export function redisBusLayer(url: string): Layer.Layer<Bus> {
  return Layer.effect(
    Bus,
    Effect.gen(function* () {
      const node = uuid();
      const local = yield* Bus;
      const publisher = yield* connect(url);
      const subscriber = yield* connect(url);
      subscriber.on(
        "ready",
        () => void subscriber.subscribe(CHANNEL).catch(() => undefined),
      );
      subscriber.on("message", (_channel: string, text: string) => {
        const { from, topic, message } = JSON.parse(text) as Envelope;
        if (from !== node) Effect.runFork(local.publish(topic, message));
      });
      return Bus.of({
        subscribe: local.subscribe,
        publish: (topic, message) => {
          const envelope: Envelope = { from: node, topic, message };
          const send = attempt(() =>
            publisher.publish(CHANNEL, JSON.stringify(envelope)),
          );
          return Effect.andThen(
            local.publish(topic, message),
            Effect.ignore(send),
          );
        },
      });
    }),
  ).pipe(Layer.provide(memoryBusLayer));
}
