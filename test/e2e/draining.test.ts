/**
 * A stop of a node (R8): runs may finish, then are handed back between two steps, then interrupted; whatever had completed is stored, the next
 * node goes on from there at once, and none of it counts as a crash.
 */
import { expect, inject, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type { Event } from "../../src/domain/protocol.ts";
import { brokenRules } from "../support/rules.ts";
import { temporaryDirectory } from "../support/config.ts";
import { newDatabase } from "../support/newDatabase.ts";
import { serverForTest, TestServer } from "../support/server.ts";

const completions = (events: readonly Event[]) =>
  events.flatMap((it) =>
    it.type === "agent_completed" ? [[it.agent_name, it.status]] : [],
  );
const attemptsOf = (events: readonly Event[]) => [
  ...new Set(events.map((it) => it.attempt)),
];

test("R8 a run that ends in the first part of the drain ends here", async () => {
  const server = await serverForTest();
  const socket = await server.connect("finishing");
  socket.send({ type: "user_message", text: "alpha gate(a); beta noop" });
  const { run_id } = await socket.next("ack");
  await server.gates.reached("a");
  const stopped = server.drain();
  await socket.next("server_draining");
  server.gates.open("a");
  const events = await socket.run(run_id);
  expect(brokenRules(events)).toEqual([]);
  expect(events.at(-1)).toMatchObject({ status: "completed", attempt: 1 });
  await stopped;
});

test("R8 a run that is drained between two steps goes on with the next, and nothing is interrupted", async () => {
  const dataDir = temporaryDirectory();
  const env = { DRAIN_TIMEOUT_MS: "8000" };
  const first = await TestServer.start({ dataDir, env });
  const socket = await first.connect("drained");
  // Steps that outlast the time to finish, and of which one ends in the time after that.
  const text = ["alpha", "beta", "gamma", "delta"].map(
    (it) => `${it} sleep(2500)!`,
  );
  socket.send({ type: "user_message", text: text.join("; ") });
  const { thread_id, run_id } = await socket.next("ack");
  await socket.find((it) => it.type === "tool_executing");
  await first.node.stop();

  const second = await serverForTest({ dataDir });
  const again = await second.connect("drained");
  again.send({ type: "join_thread", thread_id });
  const events = await again.run(run_id);
  expect(brokenRules(events)).toEqual([]);
  expect(completions(events)).toEqual([
    ["alpha", "completed"],
    ["beta", "completed"],
    ["gamma", "completed"],
    ["delta", "completed"],
    ["supervisor", "completed"],
  ]);
  expect(attemptsOf(events)).toEqual([1, 2]);
}, 60_000);

test("R8 a run whose tool outlasts the drain is interrupted in its words, and starts that step again", async () => {
  const dataDir = temporaryDirectory();
  const env = { DRAIN_TIMEOUT_MS: "200" };
  const first = await TestServer.start({ dataDir, env });
  const socket = await first.connect("outlasting");
  socket.send({ type: "user_message", text: "alpha noop; beta gate(b)" });
  const { thread_id, run_id } = await socket.next("ack");
  await first.gates.reached("b");
  await first.node.stop();

  const second = await serverForTest({ dataDir });
  second.gates.open("b");
  const again = await second.connect("outlasting");
  again.send({ type: "join_thread", thread_id });
  const events = await again.run(run_id);
  expect(brokenRules(events)).toEqual([]);
  expect(completions(events)).toEqual([
    ["alpha", "completed"],
    ["beta", "interrupted"],
    ["beta", "completed"],
    ["supervisor", "completed"],
  ]);
  expect(attemptsOf(events)).toEqual([1, 2]);
});

const SERVER = inject("postgresUrl");

test.skipIf(SERVER === null)(
  "R8 what a node hands back another goes on with at once, however often, and never gives up",
  async () => {
    const DATABASE_URL = await newDatabase(SERVER!);
    const env = { DATABASE_URL, DRAIN_TIMEOUT_MS: "200" };
    let node = await TestServer.start({ env });
    const socket = await node.connect("rolling");
    socket.send({ type: "user_message", text: "alpha noop; beta gate(b)" });
    const { thread_id, run_id } = await socket.next("ack");
    const handBacks = limits.attemptsMax + 2;
    for (let nth = 1; nth <= handBacks; nth += 1) {
      await node.gates.reached("b");
      const next = await TestServer.start({ env });
      const leftMs = performance.now();
      await node.stop();
      node = next;
      await node.gates.reached("b");
      const tookMs = performance.now() - leftMs;
      expect(tookMs).toBeLessThan(limits.heartbeatSeconds * 1_000);
    }
    node.gates.open("b");
    const last = await node.connect("rolling");
    last.send({ type: "join_thread", thread_id });
    const events = await last.run(run_id);
    await node.stop();
    expect(brokenRules(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({
      status: "completed",
      attempt: handBacks + 1,
    });
    expect(
      completions(events).filter(([name]) => name === "alpha"),
    ).toHaveLength(1);
  },
  120_000,
);
