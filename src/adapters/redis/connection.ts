/**
 * What cache and bus on Redis share: how a connection is made, and what a failure is. Promises: a command that Redis does not take in time
 * fails as ServiceUnavailable; none is kept for later; a connection that breaks is made anew.
 */
import { Effect } from "effect";
import type { Scope } from "effect";
import { Cluster, Redis, ReplyError } from "ioredis";
import { ServiceUnavailable } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";

/** Stands before every key and channel. */
export const PREFIX = "goldenpath:";

/** A single server, or a cluster where several nodes are named. */
export type Client = Redis | Cluster;

/** Topics are heard on connections of their own: one, or one to each shard of a cluster. */
export type Purpose = "commands" | "topics";

/** A connection that fails a command rather than keeping it for later. `url` is REDIS_URL: several are nodes of a cluster. */
export function connect(
  url: string,
  purpose: Purpose = "commands",
): Effect.Effect<Client, never, Scope.Scope> {
  return Effect.acquireRelease(
    Effect.sync(() => {
      const client = open(url.split(","), purpose);
      // Outages show in every command and in the probe; without a listener the first would end the process.
      client.on("error", () => undefined);
      return client;
    }),
    // What was sent before is sent; the command's own time-out bounds the waiting.
    (client) =>
      Effect.tryPromise(() => client.quit()).pipe(
        Effect.ignore,
        Effect.andThen(Effect.sync(() => client.disconnect())),
      ),
  );
}

function open([first, ...others]: readonly string[], purpose: Purpose): Client {
  const options = {
    maxRetriesPerRequest: 0,
    commandTimeout: limits.cacheCommandTimeoutMs,
    autoResubscribe: false,
  };
  if (first === undefined || others.length === 0) {
    return new Redis(first ?? "", {
      ...options,
      enableOfflineQueue: false,
      retryStrategy,
    });
  }
  const { username, password, protocol } = new URL(first);
  return new Cluster([first, ...others], {
    enableOfflineQueue: false,
    shardedSubscribers: purpose === "topics",
    maxRedirections: limits.redisRedirectionsMax,
    clusterRetryStrategy: retryStrategy,
    redisOptions: {
      ...options,
      ...(username === "" ? {} : { username: decodeURIComponent(username) }),
      ...(password === "" ? {} : { password: decodeURIComponent(password) }),
      ...(protocol === "rediss:" ? { tls: {} } : {}),
    },
  });
}

/** Exponential, with jitter: nodes do not come back all at once. */
function retryStrategy(attempt: number): number {
  const delayMs = limits.redisRetryIntervalMsMin * 2 ** (attempt - 1);
  const jitter = (1 + Math.random()) / 2;
  return Math.min(delayMs, limits.redisRetryIntervalMsMax) * jitter;
}

/** Whether Redis answered, and the answer was no: the connection is in order. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ReplyError;
}

/** After a command that got no answer: the connection may be half open, so it is made anew. A cluster's client sees to its own. */
export function renew(client: Client, error: unknown): void {
  if (isRefusal(error) || client instanceof Cluster) return;
  if (client.status === "ready") client.disconnect(true);
}

/** Done when the first attempt to connect has succeeded or failed, or has taken too long. */
export function firstAttempt(client: Client): Effect.Effect<void> {
  return Effect.callback<void>((resume) => {
    const done = () => resume(Effect.void);
    if (client.status === "ready") return done();
    client.once("ready", done).once("close", done);
    return Effect.sync(() => void client.off("ready", done).off("close", done));
  }).pipe(
    Effect.andThen(Effect.promise(() => connectMasters(client))),
    Effect.timeoutOption(limits.busOpenTimeoutMs),
    Effect.asVoid,
  );
}

/** A cluster's client connects to a node with the first command for it, and refuses further ones meanwhile. */
async function connectMasters(client: Client): Promise<void> {
  if (!(client instanceof Cluster)) return;
  await Promise.allSettled(client.nodes("master").map((it) => it.ping()));
}

export function attempt<A>(
  run: () => Promise<A>,
): Effect.Effect<A, ServiceUnavailable> {
  return Effect.tryPromise({
    try: run,
    catch: (cause) => new ServiceUnavailable({ service: "cache", cause }),
  });
}
