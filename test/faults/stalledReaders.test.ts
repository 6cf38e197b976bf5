/**
 * A hundred readers that never read, on a thread that goes on (§6, 4301): what waits for them is bounded, each is closed at the cap, the
 * writer is held up by none, and sockets and memory come back (I6).
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import { Opcode, rawConnection, rawFrame } from "../support/raw.ts";
import type { RawClient } from "../support/raw.ts";
import { Gates, scripted } from "../support/scripted.ts";
import { serverForTest } from "../support/server.ts";
import type { TestServer } from "../support/server.ts";

const MiB = 1_024 * 1_024;
const READERS = 100;
const ANSWER_BYTES = MiB / 4;
const RUNS = 40;
const RUNS_MEANWHILE = 4;
/** What a paused client of this process has read: one chunk, and one more that was on its way. */
const CLIENT_BYTES = 2 * 64 * 1_024;
/** What a connection costs at both ends while nothing waits for it. */
const CONNECTION_BYTES = 2 * 32 * 1_024;
/** What may be held for each: the server's buffer, the event that went over its bound, and what the client and the connection are themselves. */
const HELD_BYTES_MAX =
  READERS *
  (limits.socketBufferedBytesMax +
    ANSWER_BYTES +
    CLIENT_BYTES +
    CONNECTION_BYTES);

/** Joined, and from then on deaf. */
async function stalledReader(
  server: TestServer,
  thread_id: string,
): Promise<RawClient> {
  const client = await rawConnection(server, "crowd");
  const join = JSON.stringify({ type: "join_thread", thread_id });
  client.write(rawFrame(Opcode.text, join));
  await client.someTexts(2);
  client.socket.pause();
  return client;
}

/** Connections that this server closed with 4301 so far. */
async function closedAsSlow(server: TestServer): Promise<number> {
  const text = await (await server.fetch("/metrics", null)).text();
  const line =
    /^goldenpath_connections_closed_total\{[^}]*code="4301"[^}]*\} (\d+)/m;
  return Number(line.exec(text)?.[1] ?? 0);
}

/** What is held in this process, after a full collection: what is only not collected yet is nobody's. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const sockets = () =>
  process.getActiveResourcesInfo().filter((it) => it === "TCPSocketWrap")
    .length;

test("§6 I6 a hundred stalled readers of a busy thread keep memory flat, are closed with 4301, and give everything back", async () => {
  const answer = () => ({
    content: "x".repeat(ANSWER_BYTES),
    report: {},
    partial: false,
  });
  const server = await serverForTest({
    application: { ...scripted(new Gates()), answer },
    env: { CONNECTIONS_PER_USER: String(READERS + 10) },
  });
  const writer = await server.connect("crowd");
  const { thread_id } = (await writer.ask("alpha noop!")).ack;
  for (let run = 1; run < RUNS; run += 1)
    await writer.ask("alpha noop!", { thread_id });
  const socketsBefore = sockets();
  const before = heldBytes();
  const readers: RawClient[] = [];
  for (let index = 0; index < READERS; index += 1)
    readers.push(await stalledReader(server, thread_id));
  let peak = before;
  const closed = () => {
    peak = Math.max(peak, heldBytes());
    return closedAsSlow(server);
  };
  for (let run = 0; run < RUNS_MEANWHILE; run += 1) {
    await writer.ask("alpha noop!", { thread_id });
    await closed();
  }
  await expect
    .poll(closed, { timeout: limits.slowConsumerTimeoutMs + 60_000 })
    .toBe(READERS);
  expect((peak - before) / MiB).toBeLessThan(HELD_BYTES_MAX / MiB);
  for (const { socket } of readers) socket.destroy();
  await expect
    .poll(sockets, { timeout: 30_000 })
    .toBeLessThanOrEqual(socketsBefore);
  const { items } = await server.get<{ items: unknown[] }>(
    "/api/connections",
    "crowd",
  );
  expect(items).toHaveLength(1);
}, 180_000);
