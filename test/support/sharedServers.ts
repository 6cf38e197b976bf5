/**
 * One PostgreSQL and one Redis for the whole test run: those that DATABASE_URL and REDIS_URL name, else servers of our own from the installed
 * binaries, else none. Promises: in CI a missing server fails the run; elsewhere what is skipped for want of one is said by name.
 */
import type { TestProject } from "vitest/node";
import { hasPostgres, hasRedis, OwnPostgres, OwnRedis } from "./ownServers.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A server on which a test may create databases; null where there is none. */
    readonly postgresUrl: string | null;
    readonly redisUrl: string | null;
  }
}

type Own = { readonly remove: () => Promise<void> };

export default async function setup(
  project: TestProject,
): Promise<() => Promise<void>> {
  const own: Own[] = [];
  const find = async (
    name: string,
    named: string | undefined,
    installed: boolean,
    start: () => Promise<Own & { readonly url: string }>,
  ): Promise<string | null> => {
    if (named !== undefined && named !== "") return named;
    if (installed) {
      const server = await start();
      own.push(server);
      return server.url;
    }
    const problem = `no ${name}: its suites are skipped; set ${name === "PostgreSQL" ? "DATABASE_URL" : "REDIS_URL"} or install it`;
    if (process.env["CI"] === "true") throw new Error(problem);
    process.stderr.write(`${problem}\n`);
    return null;
  };
  const { DATABASE_URL, REDIS_URL } = process.env;
  project.provide(
    "postgresUrl",
    await find("PostgreSQL", DATABASE_URL, hasPostgres(), OwnPostgres.start),
  );
  project.provide(
    "redisUrl",
    await find("Redis", REDIS_URL, hasRedis(), OwnRedis.start),
  );
  return async () => {
    for (const server of own) await server.remove();
  };
}
