/**
 * docs/PROTOCOL.md section 8, row by row, on servers of the test's own that stop, hang and come back. The rows of keys and model are in
 * tokens.test.ts and healthHttp.test.ts, the row of a node in deadNode.test.ts.
 */
import { execFileSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { Client } from "../../src/client/client.ts";
import type { Sent } from "../../src/client/submissions.ts";
import type { Run } from "../../src/domain/model.ts";
import type { Event } from "../../src/domain/protocol.ts";
import {
  hasPostgres,
  hasRedis,
  OwnPostgres,
  OwnRedis,
} from "../support/ownServers.ts";
import { brokenRules } from "../support/rules.ts";
import { serverForTest } from "../support/server.ts";
import type { TestServer } from "../support/server.ts";
import type { FrameOfType, TestSocket } from "../support/socket.ts";

const USER = "witness";

async function withPostgres() {
  const postgres = await OwnPostgres.start();
  onTestFinished(() => postgres.remove());
  const server = await serverForTest({ env: { DATABASE_URL: postgres.url } });
  return { postgres, server };
}

const statesOf = async (server: TestServer) =>
  (
    await server.get<{ items: { state: string }[] }>("/api/connections", USER)
  ).items.map((it) => it.state);

const untilMode = (socket: TestSocket, mode: "full" | "degraded") =>
  socket.next("service_status", (it) => it.mode === mode);

/** The program's own client, with what it was told of each message. */
function clientOf(server: TestServer): Client {
  const client = new Client({
    url: server.wsUrl,
    token: () => server.token(USER),
    random: () => 0.1,
  });
  onTestFinished(() => client.dispose());
  client.connect();
  return client;
}

async function ackOf({ settled }: Sent): Promise<FrameOfType<"ack">> {
  const outcome = await settled;
  if (!outcome.accepted) throw new Error(outcome.refusal.message);
  return outcome.ack;
}

async function checkRun(
  server: TestServer,
  run_id: string,
): Promise<readonly Event[]> {
  const socket = await server.connect(USER);
  const { thread_id } = await server.get<Run>(`/api/runs/${run_id}`, USER);
  socket.send({ type: "join_thread", thread_id });
  const events = await socket.run(run_id);
  socket.close();
  expect(brokenRules(events)).toEqual([]);
  return events;
}

describe.skipIf(!hasPostgres())("database", () => {
  test("§8 away and back: shown, refused as retryable, sent again by the client's outbox, each run once; runs under way go on", async () => {
    const { postgres, server } = await withPostgres();
    const socket = await server.connect(USER);
    const client = clientOf(server);
    await ackOf(client.send("alpha noop"));
    socket.send({
      type: "user_message",
      text: "alpha sleep(1500); beta sleep(1500); gamma noop!",
    });
    const underWay = await socket.next("ack");
    await socket.next("tool_executing");

    await postgres.stop();
    expect(await untilMode(socket, "degraded")).toMatchObject({
      services: { database: "down", cache: "up" },
    });
    expect(await statesOf(server)).toEqual(["degraded", "degraded"]);
    socket.send({ type: "ping", id: "alive" });
    await socket.next("pong");
    const sent = ["alpha noop", "beta noop", "gamma noop"].map((text) =>
      client.send(text),
    );
    socket.send({
      type: "user_message",
      message_id: "kept",
      text: "alpha noop",
    });
    expect(await socket.next("error")).toMatchObject({
      code: "service_unavailable",
      retryable: true,
      message_id: "kept",
    });
    await setTimeout(2_000);
    expect(client.getSnapshot().outbox).toHaveLength(3);

    await postgres.start();
    await untilMode(socket, "full");
    const acks = await Promise.all(sent.map(ackOf));
    expect(new Set(acks.map((it) => it.run_id)).size).toBe(3);
    for (const { run_id } of acks) await checkRun(server, run_id);
    const events = await checkRun(server, underWay.run_id);
    expect(events.at(-1)).toMatchObject({ status: "completed" });
    const { items } = await server.get<{ items: object[] }>(
      "/api/threads",
      USER,
    );
    expect(items).toHaveLength(5);
    expect(await statesOf(server)).not.toContain("degraded");
  }, 90_000);

  test("§8 a database that hangs is down within seconds, hangs nobody, and is up when it goes on", async () => {
    const { postgres, server } = await withPostgres();
    const socket = await server.connect(USER);
    await socket.ask("alpha noop");
    signalAll(postgres, "SIGSTOP");
    const message = { message_id: "hung", text: "alpha noop" };
    socket.send({ type: "user_message", ...message });
    await untilMode(socket, "degraded");
    expect(await socket.next("error")).toMatchObject({
      code: "service_unavailable",
      message_id: "hung",
    });
    const atMs = performance.now();
    socket.send({ type: "user_message", message_id: "fast", text: "x" });
    await socket.next("error", (it) => it.message_id === "fast");
    expect(performance.now() - atMs).toBeLessThan(1_000);

    signalAll(postgres, "SIGCONT");
    await untilMode(socket, "full");
    socket.send({ type: "user_message", ...message });
    const ack = await socket.next("ack");
    expect(brokenRules(await socket.run(ack.run_id))).toEqual([]);
    socket.send({ type: "user_message", ...message });
    expect(await socket.next("ack")).toMatchObject({
      status: "duplicate",
      run_id: ack.run_id,
    });
  }, 90_000);
});

/** To the server and every process of its own. */
function signalAll({ pid }: OwnPostgres, signal: NodeJS.Signals): void {
  const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], {
    encoding: "utf8",
  });
  for (const it of children.trim().split(/\s+/))
    process.kill(Number(it), signal);
  process.kill(pid!, signal);
}

describe.skipIf(!hasRedis())("cache", () => {
  test("§8 away and back: shown, and everything works meanwhile", async () => {
    const redis = await OwnRedis.start();
    onTestFinished(() => redis.remove());
    const server = await serverForTest({ env: { REDIS_URL: redis.url } });
    const socket = await server.connect(USER);
    await redis.stop();
    expect(await untilMode(socket, "degraded")).toMatchObject({
      services: { database: "up", cache: "down" },
    });
    const { events } = await socket.ask("alpha noop");
    expect(brokenRules(events)).toEqual([]);
    expect(await statesOf(server)).toEqual(["degraded"]);
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    await redis.start();
    await untilMode(socket, "full");
    expect(await statesOf(server)).toEqual(["ready"]);
  }, 60_000);
});
