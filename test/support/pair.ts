/**
 * Two nodes on one PostgreSQL and one Redis. Owns the nodes, their database, and the Redis where a test asks for its own. Promises: all of it
 * is stopped and gone when the test ends.
 */
import { Effect } from "effect";
import { expect, inject, onTestFinished } from "vitest";
import { Health } from "../../src/domain/health.ts";
import { freshDatabase } from "./freshDatabase.ts";
import { OwnRedis } from "./ownServers.ts";
import { TestServer } from "./server.ts";

const POSTGRES = inject("postgresUrl");
const REDIS = inject("redisUrl");

/** Whether the servers that it takes are there. */
export const hasServers = POSTGRES !== null && REDIS !== null;

export interface Pair {
  readonly a: TestServer;
  readonly b: TestServer;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

export async function pairForTest(
  env: Record<string, string> = {},
  redisUrl: string = REDIS!,
): Promise<Pair> {
  const database = await freshDatabase(POSTGRES!);
  onTestFinished(database.drop);
  const start = async () => {
    const server = await TestServer.start({
      env: { DATABASE_URL: database.url, REDIS_URL: redisUrl, ...env },
    });
    onTestFinished(() => server.stop());
    await expect.poll(() => cacheOf(server), { timeout: 10_000 }).toBe("up");
    return server;
  };
  const a = await start();
  return { a, b: await start(), databaseUrl: database.url, redisUrl };
}

/** Whether a node has its cache: up, down. */
export const cacheOf = ({ node }: TestServer): Promise<string> =>
  node.services.runPromise(
    Effect.map(Health, (it) => it.status().services.cache),
  );

/** A Redis of the test's own, to be flushed and stopped. */
export async function redisForTest(): Promise<OwnRedis> {
  const redis = await OwnRedis.start();
  onTestFinished(() => redis.remove());
  return redis;
}

/** A name that no other test uses, since all share one Redis. */
export const someone = (): string => `u-${crypto.randomUUID()}`;
