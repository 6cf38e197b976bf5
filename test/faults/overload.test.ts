/**
 * More than a node takes, on a real server: each cap is answered by its name, health is answered within a second while the flood goes on,
 * and there is room again afterwards.
 */
import { Effect, Layer } from "effect";
import pg from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import { TokenVerifier } from "../../src/domain/ports.ts";
import { ChildNode, tokenOf } from "../support/child.ts";
import { freshDatabase } from "../support/freshDatabase.ts";
import { emptyQueue, fillQueue } from "../support/queue.ts";
import { RawClient, upgradeRequest } from "../support/raw.ts";
import { serverForTest, temporaryDirectory } from "../support/server.ts";
import type { TestServer } from "../support/server.ts";

const FLOOD = 300;
const HEALTH_MS = 1_000;

/** A server of this process or of another one. */
type Target = Pick<TestServer, "url">;

const upgrade = (server: Target, token: string) => {
  const client = RawClient.open(server.url);
  client.write(upgradeRequest("/ws", { Authorization: `Bearer ${token}` }));
  return client;
};

/** The statuses of `count` upgrades at once, and how long /health took meanwhile, at the slowest. */
async function flood(server: Target, count: number) {
  const token = await tokenOf("crowd");
  let over = false;
  const health = (async () => {
    let slowestMs = 0;
    do {
      const asked = performance.now();
      const response = await fetch(`${server.url}/health`);
      await response.json();
      expect(response.status).toBe(200);
      slowestMs = Math.max(slowestMs, performance.now() - asked);
    } while (!over);
    return slowestMs;
  })();
  const clients = Array.from({ length: count }, () => upgrade(server, token));
  const heads = await Promise.all(clients.map((it) => it.head()));
  over = true;
  for (const { socket } of clients) socket.destroy();
  const statuses = Map.groupBy(heads, (it) => it.status);
  for (const { headers } of [
    ...(statuses.get(503) ?? []),
    ...(statuses.get(429) ?? []),
  ])
    expect(headers.get("retry-after")).toBe("1");
  return { statuses, healthMs: await health };
}

/** A verifier that never comes to a verdict. */
const undecided = Layer.succeed(
  TokenVerifier,
  TokenVerifier.of({ verify: () => Effect.never }),
);

describe("overload", { timeout: 120_000 }, () => {
  test("connections beyond CONNECTIONS_MAX get 503 and when to try again; health answers; a place that is free is given", async () => {
    const server = await ChildNode.start(temporaryDirectory(), {
      CONNECTIONS_MAX: "3",
    });
    const [first] = await Promise.all(
      ["a", "b", "c"].map((user) => server.connect(user)),
    );
    const { statuses, healthMs } = await flood(server, FLOOD);
    expect([...statuses.keys()]).toEqual([503]);
    expect(healthMs).toBeLessThan(HEALTH_MS);
    first!.close();
    const token = await tokenOf("d");
    await expect
      .poll(async () => (await upgrade(server, token).head()).status)
      .toBe(101);
  });

  test("handshakes of one address beyond HANDSHAKES_PER_ADDRESS get 429 while others wait for their verdict; health answers", async () => {
    const server = await serverForTest({
      env: { HANDSHAKES_PER_ADDRESS: "5" },
      verifier: undecided,
    });
    const token = await server.token("waiting");
    const waiting = Array.from({ length: 5 }, () => upgrade(server, token));
    await expect
      .poll(async () => {
        const probe = upgrade(server, token);
        const answered = await Promise.race([
          probe.head().then(({ status }) => status),
          new Promise((resolve) => setTimeout(resolve, 250, "held")),
        ]);
        probe.socket.destroy();
        return answered;
      })
      .toBe(429);
    const { statuses, healthMs } = await flood(server, FLOOD);
    expect([...statuses.keys()]).toEqual([429]);
    expect(healthMs).toBeLessThan(HEALTH_MS);
    for (const { socket } of waiting) socket.destroy();
  });

  test("connections of one user beyond CONNECTIONS_PER_USER are closed with 4429 too_many_connections", async () => {
    const server = await serverForTest({ env: { CONNECTIONS_PER_USER: "2" } });
    await server.connect("owner");
    await server.connect("owner");
    const third = await server.open({ token: await server.token("owner") });
    expect((await third.next("error")).code).toBe("too_many_connections");
    expect((await third.closed).code).toBe(4429);
  });

  test.skipIf(inject("postgresUrl") === null)(
    "a full queue answers service_unavailable with reason queue_full and when to send again; health answers; the same message_id is taken once there is room",
    async () => {
      const database = await freshDatabase(inject("postgresUrl")!, "overload");
      onTestFinished(database.drop);
      const server = await serverForTest({
        env: { DATABASE_URL: database.url },
      });
      const pool = new pg.Pool({ connectionString: database.url, max: 1 });
      onTestFinished(() => pool.end());
      const socket = await server.connect("asker");
      await fillQueue(pool, limits.queuedRunsMax);
      const message_id = crypto.randomUUID();
      const send = (id: string) =>
        socket.send({
          type: "user_message",
          message_id: id,
          text: "alpha noop!",
        });
      const refused = await untilRefused(
        send,
        () => socket.next("error"),
        () => socket.frames.some((it) => it.type === "error"),
      );
      expect(refused).toMatchObject({
        code: "service_unavailable",
        reason: "queue_full",
        retryable: true,
        retry_after_ms: limits.overloadRetryAfterMs,
      });
      const { healthMs } = await flood(server, 10);
      expect(healthMs).toBeLessThan(HEALTH_MS);
      await emptyQueue(pool);
      await expect
        .poll(
          () => {
            send(message_id);
            return socket.frames.some(
              (it) => it.type === "ack" && it.message_id === message_id,
            );
          },
          { timeout: 20_000, interval: 500 },
        )
        .toBe(true);
    },
  );
});

/** Sends new messages until one is refused: a full queue is noticed within a second or so. */
async function untilRefused<A>(
  send: (id: string) => void,
  next: () => Promise<A>,
  isRefused: () => boolean,
): Promise<A> {
  await expect
    .poll(
      () => {
        send(crypto.randomUUID());
        return isRefused();
      },
      { timeout: 20_000, interval: 250 },
    )
    .toBe(true);
  return next();
}
