/**
 * Clients on a cluster that send more than they read (§6, 4301): readers that ask for everything again and again and never read, and floods of
 * pings. What waits for them is bounded, nobody else waits, and what they missed they get elsewhere.
 */
import {
  afterAll,
  afterEach,
  beforeAll,
  expect,
  onTestFinished,
  test,
} from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type { Event } from "../../src/domain/protocol.ts";
import { Nodes } from "../support/nodes.ts";
import type { NodeProcess } from "../support/nodes.ts";
import { Opcode, rawConnection, rawFrame } from "../support/raw.ts";
import type { RawClient } from "../support/raw.ts";
import { Bystanders } from "./bystanders.ts";
import { amount } from "./seed.ts";
import { pause, until } from "./until.ts";

let nodes: Nodes;
beforeAll(async () => {
  nodes = await Nodes.start(2, { NODE_OPTIONS: HEAP });
});
afterEach(() => nodes.hangUp());
afterAll(() => nodes.stop());

const MiB = 1_024 * 1_024;
/** Little enough that what a process grows by is what it holds: with room, garbage is left lying. */
const HEAP = "--max-old-space-size=192";
/** What a process may grow by for other reasons than those that are tested. */
const SLACK_BYTES = 256 * MiB;

/** What an answer may take amid a flood, on a slow machine. */
const ANSWER_MS_MAX = 700;

/** Writes the same bytes again and again for as long as the socket lives. */
function pour(client: RawClient, bytes: Buffer): void {
  const more = () => {
    while (!client.socket.destroyed && client.socket.write(bytes));
  };
  client.socket.on("drain", more);
  more();
}

/** Has a node open all the database connections it may, so that handles can be compared later. */
async function widen(node: NodeProcess, user: string): Promise<void> {
  const ask = () => node.get("/api/threads", user);
  await Promise.all(Array.from({ length: 50 }, ask));
}

/** The most that a node held while something went on. */
function watchMemory(node: NodeProcess): () => number {
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, node.held()?.memoryBytes ?? 0);
  }, 100);
  onTestFinished(() => clearInterval(look));
  return () => {
    clearInterval(look);
    return most;
  };
}

const READERS = amount(8, 100);

test(`§6 I6 ${READERS} readers that never read are closed with 4301, and memory stays flat`, async () => {
  const [here, there] = [nodes.at(0), nodes.at(1)];
  const user = `writer-${crypto.randomUUID()}`;
  const writer = await there.connect(user);
  const text = `alpha echo(${"x".repeat(3_900)})`;
  const { thread_id } = (await writer.ask(text)).ack;
  for (let run = 1; run < 20; run += 1) await writer.ask(text, { thread_id });
  const bystanders = await Bystanders.start(nodes);
  await bystanders.goOn(4);
  await widen(here, user);
  const before = here.held();
  const join = rawFrame(
    Opcode.text,
    JSON.stringify({ type: "join_thread", thread_id }),
  );
  const many = Buffer.concat(Array.from({ length: 500 }, () => join));
  const memory = watchMemory(here);
  const readers = await Promise.all(
    Array.from({ length: READERS }, () => rawConnection(here, user)),
  );
  for (const reader of readers) {
    reader.socket.pause();
    pour(reader, many);
  }
  await until(
    "all of them to be closed",
    6 * limits.slowConsumerTimeoutMs,
    async () => (await here.closedWith(4301)) >= READERS,
  );
  const most = memory();
  if (before !== null)
    expect(most - before.memoryBytes).toBeLessThan(
      SLACK_BYTES + READERS * 2 * limits.socketBufferedBytesMax,
    );
  for (const reader of readers) reader.socket.destroy();
  await until("the handles of the readers", 20_000, () => {
    const held = here.held();
    return before === null || held!.handles <= before.handles + 2;
  });
  const resumed = await there.connect(user);
  resumed.send({ type: "join_thread", thread_id });
  const { last_seq } = await resumed.next("joined");
  await resumed.find((it) => "seq" in it && it.seq === last_seq);
  const seqs = resumed.events().map((it: Event) => it.seq);
  expect(seqs).toEqual(Array.from({ length: last_seq }, (_, at) => at + 1));
  await bystanders.finish();
  for (const socket of [writer, resumed]) socket.terminate();
}, 180_000);

test("§6 I6 floods of pings, answered or not, are bounded and disturb nobody", async () => {
  const node = nodes.at(0);
  const bystanders = await Bystanders.start(nodes);
  await bystanders.goOn(4);
  const before = node.held();
  const memory = watchMemory(node);
  const pings = Buffer.concat(
    Array.from({ length: 500 }, () => rawFrame(Opcode.ping, "x".repeat(125))),
  );
  const clients = await Promise.all(
    Array.from({ length: 4 }, (_, at) => rawConnection(node, `flood-${at}`)),
  );
  const [deaf, hearing] = [clients.slice(0, 2), clients.slice(2)];
  for (const client of deaf) client.socket.pause();
  for (const client of clients) pour(client, pings);
  await pause(1_000);
  await bystanders.goOn(4);
  await until("the deaf to be cut off", 40_000, async () => {
    const open = await Promise.all(
      deaf.map(async (_, at) => {
        const { items } = await node.get<{ items: [] }>(
          "/api/connections",
          `flood-${at}`,
        );
        return items.length;
      }),
    );
    return open.every((it) => it === 0);
  });
  for (const client of hearing) {
    client.socket.removeAllListeners("drain");
    if (client.socket.destroyed) continue;
    client.write(rawFrame(Opcode.text, '{"type":"ping","id":"after"}'));
    await until(
      "an answer after the flood",
      20_000,
      () =>
        client.socket.destroyed ||
        client.texts().some((it) => it["id"] === "after"),
    );
  }
  if (before !== null)
    expect(memory() - before.memoryBytes).toBeLessThan(SLACK_BYTES);
  for (const client of clients) client.socket.destroy();
  await bystanders.finish();
}, 120_000);

const CALLERS = 10;

test.each([
  ["stop_run", { type: "stop_run", run_id: crypto.randomUUID() }],
  ["join_thread", { type: "join_thread", thread_id: crypto.randomUUID() }],
  ["leave_thread", { type: "leave_thread", thread_id: "t" }],
  ["ping", { type: "ping" }],
])(
  `§5 I1–I5 floods of %s on ${CALLERS} connections, all read, take turns with everybody else`,
  async (name, frame) => {
    const node = nodes.at(0);
    const bystanders = await Bystanders.start(nodes);
    const watcher = await node.connect(`watcher-${name}`);
    const text = rawFrame(Opcode.text, JSON.stringify(frame));
    const many = Buffer.concat(Array.from({ length: 1_000 }, () => text));
    const callers = await Promise.all(
      Array.from({ length: CALLERS }, () => rawConnection(node, `all-${name}`)),
    );
    for (const caller of callers) {
      // What is answered is read, and not looked at.
      caller.socket.removeAllListeners("data");
      caller.socket.resume();
      pour(caller, many);
    }
    await pause(1_500);
    const startedMs = performance.now();
    for (let at = 0; at < 20; at += 1) {
      watcher.send({ type: "join_thread", thread_id: crypto.randomUUID() });
      await watcher.next("error");
    }
    expect(performance.now() - startedMs).toBeLessThan(20 * ANSWER_MS_MAX);
    for (const caller of callers) caller.socket.destroy();
    await bystanders.finish();
    const frames = watcher.frames.map((it) => it.type);
    expect(frames).not.toContain("service_status");
    watcher.terminate();
  },
  120_000,
);
