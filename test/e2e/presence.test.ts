/** docs/PROTOCOL.md sections 1, 6 and 7 on two nodes: which connections a user has, how many, and one ticket for one of them. */
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import type { ConnectionInfo } from "../../src/domain/presence.ts";
import {
  cacheOf,
  hasServers,
  pairForTest,
  redisForTest,
  someone,
} from "../support/pair.ts";
import type { Pair } from "../support/pair.ts";
import type { TestServer } from "../support/server.ts";
import { ChildNode } from "../support/child.ts";
import { temporaryDirectory } from "../support/config.ts";
import { ticketFor } from "../support/tokens.ts";

const SOON = { timeout: 10_000 };

async function list(server: TestServer, user: string) {
  const { items } = await server.get<{ items: ConnectionInfo[] }>(
    "/api/connections",
    user,
  );
  return items;
}

const idsOf = async (server: TestServer, user: string) =>
  (await list(server, user)).map((it) => it.connection_id).toSorted();

async function open(server: TestServer, user: string) {
  const socket = await server.open({ token: await server.token(user) });
  const { connection_id } = await socket.next("connection_ready");
  return { socket, id: connection_id };
}

const remove = (server: TestServer, user: string, id: string) =>
  server.fetch(`/api/connections/${id}`, user, { method: "DELETE" });

/** One connection on each node, known to both. */
async function openBoth({ a, b }: Pair, user: string) {
  const [onA, onB] = [await open(a, user), await open(b, user)];
  const both = [onA.id, onB.id].toSorted();
  for (const server of [a, b])
    await expect.poll(() => idsOf(server, user), SOON).toEqual(both);
  return { onA, onB };
}

describe.skipIf(!hasServers)("connections on two nodes", () => {
  test("§7 GET /api/connections lists the user's on all nodes, with their states, until they close", async () => {
    const pair = await pairForTest();
    const { a, b } = pair;
    const user = someone();
    const { onB } = await openBoth(pair, user);
    onB.socket.send({ type: "user_message", text: "alpha gate(presence)" });
    const { run_id } = await onB.socket.next("ack");
    const stateAtA = async () =>
      (await list(a, user)).find((it) => it.connection_id === onB.id)?.state;
    await expect.poll(stateAtA, SOON).toBe("running");
    for (const { gates } of [a, b]) gates.open("presence");
    await onB.socket.run(run_id);
    await expect.poll(stateAtA, SOON).toBe("ready");
    onB.socket.close();
    await expect.poll(stateAtA, SOON).toBeUndefined();
    expect(await list(b, user)).toHaveLength(1);
    expect(await list(b, someone())).toEqual([]);
  });

  test("§7 DELETE /api/connections/{id} closes one on whatever node; unknown ones and other users' are 404", async () => {
    const pair = await pairForTest();
    const { a, b } = pair;
    const user = someone();
    const { onA, onB } = await openBoth(pair, user);
    expect((await remove(a, someone(), onB.id)).status).toBe(404);
    expect((await remove(a, user, crypto.randomUUID())).status).toBe(404);
    expect((await remove(a, user, onB.id)).status).toBe(204);
    expect(await onB.socket.closed).toEqual({
      code: 1000,
      reason: "closed_by_user",
    });
    await onA.socket.settle();
    await expect.poll(() => idsOf(b, user), SOON).toEqual([onA.id]);
    expect((await remove(a, user, onB.id)).status).toBe(404);
  });

  test("§6 CONNECTIONS_PER_USER holds across nodes, and a closed one makes room on the other node", async () => {
    const { a, b } = await pairForTest({ CONNECTIONS_PER_USER: "2" });
    const user = someone();
    const { socket } = await open(a, user);
    await open(b, user);
    for (const server of [a, b]) {
      const refused = await server.open({ token: await server.token(user) });
      expect(await refused.find(() => true)).toMatchObject({
        code: "too_many_connections",
      });
      expect((await refused.closed).code).toBe(4429);
    }
    socket.close();
    await socket.closed;
    await open(b, user);
  });

  test("§6 of many at once on both nodes, no more than the cap get in", async () => {
    const { a, b } = await pairForTest({ CONNECTIONS_PER_USER: "3" });
    const user = someone();
    const sockets = await Promise.all(
      Array.from({ length: 12 }, async (_, at) => {
        const server = at % 2 === 0 ? a : b;
        return server.open({ token: await server.token(user) });
      }),
    );
    const first = await Promise.all(sockets.map((it) => it.find(() => true)));
    const greeted = first.filter((it) => it.type === "connection_ready");
    expect(greeted.length).toBeLessThanOrEqual(3);
  });

  test("§6 a killed node's connections are in nobody's way for long, nor in the listing", async () => {
    const { a, databaseUrl, redisUrl } = await pairForTest({
      CONNECTIONS_PER_USER: "1",
    });
    const dead = await ChildNode.start(temporaryDirectory(), {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
    });
    const user = someone();
    await expect
      .poll(() => dead.get("/health", user), SOON)
      .toMatchObject({ mode: "full" });
    await dead.connect(user);
    await expect.poll(() => list(a, user), SOON).toHaveLength(1);
    await dead.kill();
    const { id } = await open(a, user);
    expect(await idsOf(a, user)).toEqual([id]);
  });

  test("§8 with the cache away each node knows its own; flushed, what was known comes back", async () => {
    const redis = await redisForTest();
    const pair = await pairForTest({ CONNECTIONS_PER_USER: "2" }, redis.url);
    const { a, b } = pair;
    const user = someone();
    const { onA, onB } = await openBoth(pair, user);
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    const both = [onA.id, onB.id].toSorted();
    await expect.poll(() => idsOf(a, user), SOON).toEqual(both);
    await redis.stop();
    await expect.poll(() => cacheOf(a), SOON).toBe("down");
    expect(await idsOf(a, user)).toEqual([onA.id]);
    expect((await remove(a, user, onB.id)).status).toBe(404);
    const third = await open(a, user);
    await redis.start();
    const all = [...both, third.id].toSorted();
    for (const server of [a, b])
      await expect.poll(() => idsOf(server, user), SOON).toEqual(all);
  });

  test("§1 a ticket used on two nodes at once opens one connection", async () => {
    const { a, b } = await pairForTest();
    for (let round = 0; round < 5; round += 1) {
      const query = `?ticket=${await ticketFor(a, await a.token(someone()))}`;
      const sockets = await Promise.all(
        [a, b, a, b].map((it) => it.open({ query })),
      );
      const first = await Promise.all(sockets.map((it) => it.find(() => true)));
      const reasons = first.map((it) =>
        it.type === "error" ? it.reason : it.type,
      );
      expect(reasons.toSorted()).toEqual([
        "connection_ready",
        ...Array.from({ length: 3 }, () => "token_invalid"),
      ]);
    }
  });
});
