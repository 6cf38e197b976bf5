/** docs/PROTOCOL.md section 1, revocation: on all nodes, within 5 s, and whatever is flushed or away afterwards. */
import { Redis } from "ioredis";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  hasServers,
  pairForTest,
  redisForTest,
  someone,
} from "../support/pair.ts";
import { serverForTest, TestServer } from "../support/server.ts";
import { adminToken, claimsOf, ticketFor } from "../support/tokens.ts";

const WITHIN_MS = 5_000;

async function greeted(server: TestServer, token: string) {
  const socket = await server.open({ token });
  await socket.next("connection_ready");
  return socket;
}

async function revoke(server: TestServer, body: object): Promise<Response> {
  return fetch(`${server.url}/api/revocations`, {
    method: "POST",
    headers: { Authorization: `Bearer ${await adminToken()}` },
    body: JSON.stringify(body),
  });
}

/** How a new connection with this token ends. */
async function refusalOf(server: TestServer, token: string) {
  const socket = await server.open({ token });
  return socket.closed;
}

const REVOKED = { code: 4401, reason: "token_revoked" };

/** `iat` counts whole seconds, and the second of the revocation counts as before it. */
const nextSecond = () => setTimeout(1_000 - (Date.now() % 1_000));

describe("on one node", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  test("§1 a revoked jti closes its connections with the error frame, and no others of the user", async () => {
    const [token, other] = [
      await server.token("victim"),
      await server.token("victim"),
    ];
    const [socket, witness] = [
      await greeted(server, token),
      await greeted(server, other),
    ];
    const { jti } = claimsOf(token);
    const response = await revoke(server, { jti });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      jti,
      revoked_at: expect.any(String),
      expires_at: expect.any(String),
    });
    expect(await socket.closed).toEqual(REVOKED);
    expect(socket.frames.at(-1)).toMatchObject({
      type: "error",
      code: "unauthorized",
      reason: "token_revoked",
    });
    await witness.settle();
    expect(witness.ws.readyState).toBe(witness.ws.OPEN);
  });

  test("§1 it closes them in every state, and a refresh in time keeps them", async () => {
    const token = await server.token("worker");
    const running = await greeted(server, token);
    running.send({ type: "user_message", text: "alpha gate(revoked)" });
    await running.next("ack");
    const renewed = await greeted(server, token);
    renewed.send({
      type: "token_refresh",
      token: await server.token("worker"),
    });
    await renewed.next("token_refreshed");
    await revoke(server, { jti: claimsOf(token).jti });
    expect(await running.closed).toEqual(REVOKED);
    await renewed.settle();
    server.gates.open("revoked");
  });

  test("§1 §5 a revoked token is no good for HTTP, a ticket, or a refresh", async () => {
    const token = await server.token("refused");
    const ticket = await ticketFor(server, token);
    await revoke(server, { jti: claimsOf(token).jti });
    const headers = { Authorization: `Bearer ${token}` };
    const response = await server.fetch("/api/threads", null, { headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "token_revoked" });
    const byTicket = await server.open({ query: `?ticket=${ticket}` });
    expect(await byTicket.closed).toEqual(REVOKED);
    const open = await greeted(server, await server.token("refused"));
    open.send({ type: "token_refresh", token });
    expect(await open.closed).toEqual(REVOKED);
  });

  test("§1 a revoked user's tokens are no good, those issued later are", async () => {
    const token = await server.token("leaver");
    const ticket = await ticketFor(server, token);
    const socket = await greeted(server, token);
    await revoke(server, { user_id: "leaver" });
    expect(await socket.closed).toEqual(REVOKED);
    expect(await refusalOf(server, token)).toEqual(REVOKED);
    const byTicket = await server.open({ query: `?ticket=${ticket}` });
    expect(await byTicket.closed).toEqual(REVOKED);
    await nextSecond();
    await greeted(server, await server.token("leaver"));
    await greeted(server, await server.token("leaver-not"));
  });

  test("§7 only an administrator revokes; to others there is no such address", async () => {
    const body = JSON.stringify({ user_id: "mallory" });
    const init = { method: "POST", body };
    const asked = await server.fetch("/api/revocations", "mallory", init);
    expect(asked.status).toBe(404);
    const anonymous = await server.fetch("/api/revocations", null, init);
    expect(anonymous.status).toBe(401);
    await greeted(server, await server.token("mallory"));
    for (const wrong of [{}, { jti: "" }, { user_id: "u\u0000" }, { jti: 1 }])
      expect((await revoke(server, wrong)).status).toBe(400);
  });
});

describe.skipIf(!hasServers)("on two nodes", () => {
  test("§1 revoking a jti and a user closes their connections on both within 5 s, and refuses them on both", async () => {
    const { a, b } = await pairForTest();
    const [one, all] = [someone(), someone()];
    const token = await a.token(one);
    const tokens = [token, await a.token(all), await b.token(all)];
    const sockets = [
      await greeted(a, token),
      await greeted(b, token),
      await greeted(a, tokens[1]!),
      await greeted(b, tokens[2]!),
    ];
    const beganMs = performance.now();
    await revoke(a, { jti: claimsOf(token).jti });
    await revoke(a, { user_id: all });
    const ends = await Promise.all(sockets.map((it) => it.closed));
    expect(performance.now() - beganMs).toBeLessThan(WITHIN_MS);
    expect(ends).toEqual(sockets.map(() => REVOKED));
    for (const server of [a, b])
      for (const it of tokens)
        expect(await refusalOf(server, it)).toEqual(REVOKED);
  });

  test("§8 with the cache flushed, and away, a revoked token stays refused, on a node that is new too", async () => {
    const redis = await redisForTest();
    const { a, b, databaseUrl } = await pairForTest({}, redis.url);
    const token = await a.token(someone());
    const socket = await greeted(b, token);
    await revoke(a, { jti: claimsOf(token).jti });
    expect(await socket.closed).toEqual(REVOKED);

    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    expect(await refusalOf(a, token)).toEqual(REVOKED);
    expect(await refusalOf(b, token)).toEqual(REVOKED);
    await redis.stop();
    expect(await refusalOf(b, token)).toEqual(REVOKED);
    const late = await serverForTest({
      env: { DATABASE_URL: databaseUrl, REDIS_URL: redis.url },
    });
    expect(await refusalOf(late, token)).toEqual(REVOKED);
  });

  test("§8 with the cache away a revocation reaches the other node within 5 s all the same", async () => {
    const redis = await redisForTest();
    const { a, b } = await pairForTest({}, redis.url);
    const user = someone();
    const socket = await greeted(b, await b.token(user));
    await redis.stop();
    const beganMs = performance.now();
    expect((await revoke(a, { user_id: user })).status).toBe(201);
    expect(await socket.closed).toEqual(REVOKED);
    expect(performance.now() - beganMs).toBeLessThan(WITHIN_MS);
  });
});
