/** What is an outage of the database and what is not: told from real failures of a real server. */
import { Effect, Exit, Result, Scope } from "effect";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { makeDatabase } from "../../src/adapters/database.ts";
import { through } from "../../src/adapters/outage.ts";
import type { Breaker } from "../../src/adapters/outage.ts";
import { openServer } from "../../src/adapters/pool.ts";
import { limits } from "../../src/domain/limits.ts";
import { freePort } from "../support/ownServers.ts";

/** A breaker that notes what it is told. */
function noting() {
  const told: string[] = [];
  const breaker: Breaker = {
    isDown: () => false,
    failed: () => void told.push("failed"),
    doubted: () => void told.push("doubted"),
  };
  return { told, breaker };
}

const SERVER = inject("postgresUrl");

describe.skipIf(SERVER === null)("on a server", () => {
  const scope = Scope.makeUnsafe();
  let pool: pg.Pool;
  let probe: () => Promise<void>;
  beforeAll(async () => {
    ({ pool, probe } = await Effect.runPromise(
      Scope.provide(openServer(SERVER!, "test"), scope),
    ));
  });
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)));

  const call = (breaker: Breaker, text: string) =>
    Effect.runPromise(
      Effect.result(makeDatabase(pool, breaker).call({ text, values: [] })),
    );
  const away = { failure: { _tag: "ServiceUnavailable" } };

  test("a slow query is doubted once, and answered", async () => {
    const { told, breaker } = noting();
    const seconds = limits.databaseDoubtMs / 1_000 + 1;
    expect(
      Result.isSuccess(await call(breaker, `select pg_sleep(${seconds})`)),
    ).toBe(true);
    expect(told).toEqual(["doubted"]);
  }, 30_000);

  test("while every connection is busy, a call is refused and a probe still answered: no outage", async () => {
    const { told, breaker } = noting();
    const seconds = limits.databaseConnectTimeoutMs / 1_000 + 2;
    const busy = Array.from({ length: limits.databaseConnectionsMax }, () =>
      pool.query(`select pg_sleep(${seconds})`),
    );
    const refused = call(breaker, "select 1");
    await probe();
    expect(await refused).toMatchObject(away);
    expect(told).not.toContain("failed");
    await Promise.all(busy);
  }, 30_000);

  test("one connection that is ended alone is doubted: a probe decides", async () => {
    const { told, breaker } = noting();
    expect(
      await call(breaker, "select pg_terminate_backend(pg_backend_pid())"),
    ).toMatchObject(away);
    expect(told).toEqual(["doubted"]);
    await probe();
  });

  test("a cancelled statement, a deadlock and a full server ask for another try and are no outage", async () => {
    const { told, breaker } = noting();
    for (const code of ["57014", "40P01", "40001", "53300", "55P03"]) {
      const text = `do $$ begin raise exception using errcode = '${code}'; end $$`;
      expect(await call(breaker, text)).toMatchObject(away);
    }
    expect(told).toEqual([]);
  });

  test("a statement that is wrong is a defect, not an outage", async () => {
    const { told, breaker } = noting();
    await expect(call(breaker, "select nonsense")).rejects.toThrow("nonsense");
    expect(told).toEqual([]);
  });
});

test("where nobody listens a call fails and a probe too", async () => {
  const { told, breaker } = noting();
  const url = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
  const scope = Scope.makeUnsafe();
  const { pool, probe } = await Effect.runPromise(
    Scope.provide(openServer(url, "test"), scope),
  );
  await expect(through(breaker, () => pool.query("select 1"))).rejects.toThrow(
    "ECONNREFUSED",
  );
  expect(told).toEqual(["failed"]);
  await expect(probe()).rejects.toThrow("ECONNREFUSED");
  await Effect.runPromise(Scope.close(scope, Exit.void));
});

test("while it is known to be away no call is made", async () => {
  const { told, breaker } = noting();
  let calls = 0;
  const run = async () => (calls += 1);
  await expect(
    through({ ...breaker, isDown: () => true }, run),
  ).rejects.toThrow("known to be away");
  expect([calls, told]).toEqual([0, []]);
});
