/**
 * What cache and bus on Redis share: how a connection is made, and what a failure is. Promises: a command that Redis does not take in time
 * fails as ServiceUnavailable; none is kept for later.
 */
import { Effect } from "effect";
import type { Scope } from "effect";
import { Redis } from "ioredis";
import { ServiceUnavailable } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";

/** Stands before every key and channel. */
export const PREFIX = "goldenpath:";

/** A connection that fails a command rather than keeping it for later. */
export function connect(url: string): Effect.Effect<Redis, never, Scope.Scope> {
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

export function attempt<A>(
  run: () => Promise<A>,
): Effect.Effect<A, ServiceUnavailable> {
  return Effect.tryPromise({
    try: run,
    catch: (cause) => new ServiceUnavailable({ service: "cache", cause }),
  });
}
