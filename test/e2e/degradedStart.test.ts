/** docs/PROTOCOL.md section 8: the start waits for no service; the node moves to full by itself, and a wrong database ends it. */
import { Effect } from "effect";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  freePort,
  hasPostgres,
  hasRedis,
  OwnPostgres,
  OwnRedis,
} from "../support/ownServers.ts";
import { brokenRules } from "../support/rules.ts";
import { serverForTest } from "../support/server.ts";
import type { TestServer } from "../support/server.ts";

const health = async (server: TestServer) =>
  (await (await fetch(`${server.url}/health`)).json()) as {
    readonly mode: string;
    readonly services: Record<string, string>;
  };

async function postgres(): Promise<OwnPostgres> {
  const own = await OwnPostgres.start();
  onTestFinished(() => own.remove());
  return own;
}

describe.skipIf(!hasPostgres())("without its database", () => {
  test("§8 a node starts degraded, says so, refuses messages as retryable, and is full when the database comes", async () => {
    const own = await postgres();
    await own.stop();
    const server = await serverForTest({ env: { DATABASE_URL: own.url } });
    expect(await health(server)).toMatchObject({
      mode: "degraded",
      services: { database: "down", cache: "up" },
    });
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
    const socket = await server.open({ token: await server.token("early") });
    expect(await socket.next("connection_ready")).toMatchObject({
      mode: "degraded",
      services: { database: "down" },
      threads: [],
    });
    const message = {
      type: "user_message",
      message_id: "kept",
      text: "alpha noop",
    };
    socket.send(message);
    expect(await socket.next("error")).toMatchObject({
      code: "service_unavailable",
      retryable: true,
      message_id: "kept",
    });

    await own.start();
    expect(await socket.next("service_status")).toMatchObject({
      mode: "full",
      services: { database: "up" },
    });
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    socket.send(message);
    const ack = await socket.next("ack");
    expect(ack).toMatchObject({ status: "accepted", message_id: "kept" });
    expect(brokenRules(await socket.run(ack.run_id))).toEqual([]);
  }, 60_000);

  test("§8 several nodes that find an empty database at once prepare it together", async () => {
    const own = await postgres();
    await own.stop();
    const env = { DATABASE_URL: own.url };
    const nodes = await Promise.all(
      Array.from({ length: 3 }, () => serverForTest({ env })),
    );
    const sockets = await Promise.all(nodes.map((it) => it.connect("many")));
    await own.start();
    for (const socket of sockets) {
      await socket.next("service_status", (it) => it.mode === "full");
    }
    for (const socket of sockets) {
      const { events } = await socket.ask("alpha noop");
      expect(brokenRules(events)).toEqual([]);
    }
  }, 60_000);

  test("a database that is a wrong one ends a start in words", async () => {
    const own = await postgres();
    const env = { DATABASE_URL: `${own.url}_that_is_not_there` };
    await expect(serverForTest({ env })).rejects.toThrow("does not exist");
  }, 60_000);

  test("a database that turns out to be a wrong one later ends the node", async () => {
    const own = await postgres();
    const client = new pg.Client(own.url);
    await client.connect();
    await client.query("create role gp_app superuser");
    await client.end();
    await own.stop();
    const server = await serverForTest({ env: { DATABASE_URL: own.url } });
    const ended = Effect.runPromise(Effect.flip(server.node.failed));
    await own.start();
    expect(String(await ended)).toMatch(/may bypass row-level security/);
  }, 60_000);
});

describe.skipIf(!hasRedis())("with and without its cache", () => {
  test("§8 a cache that is there is up from the first look on", async () => {
    const own = await OwnRedis.start();
    onTestFinished(() => own.remove());
    const server = await serverForTest({ env: { REDIS_URL: own.url } });
    expect(await health(server)).toMatchObject({ mode: "full" });
  });

  test("§8 a node starts degraded without its cache, works, and is full when the cache comes", async () => {
    const own = await OwnRedis.start();
    onTestFinished(() => own.remove());
    await own.stop();
    const server = await serverForTest({ env: { REDIS_URL: own.url } });
    const socket = await server.open({ token: await server.token("early") });
    expect(await socket.next("connection_ready")).toMatchObject({
      mode: "degraded",
      services: { database: "up", cache: "down" },
    });
    const { events } = await socket.ask("alpha noop");
    expect(brokenRules(events)).toEqual([]);
    await own.start();
    expect(await socket.next("service_status")).toMatchObject({
      mode: "full",
      services: { cache: "up" },
    });
  }, 60_000);

  test("§8 an address where nobody listens is no reason not to start", async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const server = await serverForTest({ env: { REDIS_URL: url } });
    expect(await health(server)).toMatchObject({ mode: "degraded" });
  });
});
