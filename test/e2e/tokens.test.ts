/** docs/PROTOCOL.md sections 1, 3 and 5: a token's end on an open connection, its refreshing, and frames that are stuck meanwhile. */
import { Effect, Layer } from "effect";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Unauthorized } from "../../src/domain/errors.ts";
import { limits } from "../../src/domain/limits.ts";
import type { UserId } from "../../src/domain/model.ts";
import { TokenVerifier } from "../../src/domain/ports.ts";
import { serverForTest, TEST_SECRET, TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** A token whose exp is so many seconds from now; up to 4 s ago it is still within the tolerance. */
function tokenOf(
  user: string,
  endsInSeconds: number,
  more: object = {},
): Promise<string> {
  return new SignJWT({
    sub: user,
    exp: Math.floor(Date.now() / 1_000) + endsInSeconds,
    ...more,
  })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(TEST_SECRET));
}

async function connect(user: string, endsInSeconds: number) {
  const socket = await server.open({
    token: await tokenOf(user, endsInSeconds),
  });
  const { token_expires_at } = await socket.next("connection_ready");
  return { socket, endsAtMs: Date.parse(token_expires_at) };
}

describe("expiry", () => {
  test.each(["ready", "running"])(
    "§1 an open connection closes with 4401 token_expired at exp + 5 s while %s",
    async (state) => {
      const { socket, endsAtMs } = await connect(`expiring-${state}`, -3);
      if (state === "running") {
        socket.send({ type: "user_message", text: "alpha gate(expiry)" });
        await socket.next("ack");
      }
      expect(await socket.closed).toEqual({
        code: 4401,
        reason: "token_expired",
      });
      const lateMs = Date.now() - endsAtMs - limits.tokenExpiryGraceMs;
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThan(2_500);
      expect(socket.frames.at(-1)).toMatchObject({
        type: "error",
        code: "unauthorized",
        reason: "token_expired",
      });
      server.gates.open("expiry");
    },
  );

  test("§1 a token ends on a process too that stands still again and again", async () => {
    const { socket } = await connect("standing", -3);
    const stand = setInterval(() => {
      const until = performance.now() + 2 * limits.sweepIntervalMs + 100;
      while (performance.now() < until);
    }, 50);
    const closed = await socket.closed.finally(() => clearInterval(stand));
    expect(closed).toEqual({ code: 4401, reason: "token_expired" });
  });

  test("§3 token_expiring comes once in the last 60 s, and not before", async () => {
    const { socket, endsAtMs } = await connect("soon", 40);
    const { expires_at } = await socket.next("token_expiring");
    expect(Date.parse(expires_at)).toBe(endsAtMs);
    const later = await connect("later", 62);
    await later.socket.next("token_expiring");
    expect(Date.now()).toBeGreaterThanOrEqual(
      later.endsAtMs - limits.tokenExpiryNoticeMs,
    );
    expect(
      socket.frames.filter((it) => it.type === "token_expiring"),
    ).toHaveLength(1);
  });
});

describe("token_refresh", () => {
  test("§5 a good token is answered by token_refreshed, and the connection outlives the old one", async () => {
    const { socket } = await connect("renewed", -2);
    const token = await tokenOf("renewed", 600);
    socket.send({ type: "token_refresh", token });
    const { expires_at } = await socket.next("token_refreshed");
    expect(Date.parse(expires_at) - Date.now()).toBeGreaterThan(590_000);
    const witness = await connect("witness", -2);
    await witness.socket.closed;
    await socket.settle();
    expect(socket.ws.readyState).toBe(socket.ws.OPEN);
  });

  test.each<[string, () => Promise<string>, string]>([
    ["another user's", () => tokenOf("mallory", 600), "token_invalid"],
    ["an invalid one", async () => "nonsense", "token_invalid"],
    ["an expired one", () => tokenOf("victim", -60), "token_expired"],
    [
      "an oversize one",
      () => tokenOf("victim", 600, { pad: "x".repeat(6_000) }),
      "token_invalid",
    ],
  ])("§5 %s closes with 4401", async (_, make, reason) => {
    const { socket } = await connect("victim", 600);
    socket.send({ type: "token_refresh", token: await make() });
    expect(await socket.closed).toEqual({ code: 4401, reason });
    expect(socket.frames.at(-1)).toMatchObject({
      type: "error",
      code: "unauthorized",
      reason,
    });
  });
});

describe("a verifier that a test steers", () => {
  const verifier = Layer.succeed(TokenVerifier, {
    verify: (token) => {
      if (token === "hang") return Effect.never;
      if (token === "away")
        return Effect.fail(new Unauthorized({ reason: "keys_unavailable" }));
      return Effect.succeed({
        user_id: token as UserId,
        token_id: null,
        issued_at_ms: 0,
        expires_at_ms: Date.now() + 3_600_000,
        admin: false,
      });
    },
  });

  test("§5 ping and stop_run are answered while another frame is stuck, the rest waits its turn", async () => {
    const stuck = await serverForTest({ verifier });
    const socket = await stuck.open({ token: "stuck" });
    await socket.next("connection_ready");
    socket.send({ type: "user_message", text: "alpha gate(never)" });
    const { run_id } = await socket.next("ack");
    socket.send({ type: "token_refresh", token: "hang" });
    socket.send({ type: "leave_thread", thread_id: "behind" });
    socket.send({ type: "ping", id: "urgent" });
    expect(await socket.next("pong")).toMatchObject({ id: "urgent" });
    socket.send({ type: "stop_run", run_id });
    expect((await socket.run(run_id)).at(-1)).toMatchObject({
      status: "cancelled",
    });
    expect(socket.frames.some((it) => it.type === "left")).toBe(false);
  });

  test("§6 a client that we have stopped reading from is not said to be silent", async () => {
    const slow = await serverForTest({
      verifier,
      env: { HEARTBEAT_INTERVAL_MS: "200" },
    });
    const socket = await slow.open({ token: "paused" });
    await socket.next("connection_ready");
    socket.send({ type: "token_refresh", token: "hang" });
    for (let at = 0; at < limits.framesPendingMax; at += 1)
      socket.send({ type: "leave_thread", thread_id: "t" });
    let pings = 0;
    await new Promise<void>((resolve) => {
      socket.ws.on("ping", () => {
        pings += 1;
        if (pings === 5) resolve();
      });
    });
    expect(socket.ws.readyState).toBe(socket.ws.OPEN);
  });

  test("§1 §8 while keys are away: 1013 for a new connection, 503 in HTTP, and a refresh leaves the open one open", async () => {
    const away = await serverForTest({ verifier });
    const refused = await away.open({ token: "away" });
    expect(await refused.closed).toEqual({
      code: 1013,
      reason: "keys_unavailable",
    });
    expect(refused.frames).toMatchObject([
      {
        type: "error",
        code: "unauthorized",
        reason: "keys_unavailable",
        retryable: true,
      },
    ]);
    const headers = { Authorization: "Bearer away" };
    const response = await away.fetch("/api/threads", null, { headers });
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);

    const open = await away.open({ token: "open" });
    await open.next("connection_ready");
    open.send({ type: "token_refresh", token: "away" });
    expect(await open.next("error")).toMatchObject({
      reason: "keys_unavailable",
      retryable: true,
    });
    await open.settle();
  });
});
