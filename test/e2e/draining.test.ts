/** A drained node hands its runs back at a step boundary (R8): what had completed is stored, and the next node goes on from there. */
import { expect, test } from "vitest";
import { brokenRules } from "../support/rules.ts";
import { temporaryDirectory } from "../support/config.ts";
import { serverForTest, TestServer } from "../support/server.ts";

test("R8 a run that is drained between two steps goes on with the second, and nothing is interrupted", async () => {
  const dataDir = temporaryDirectory();
  const first = await TestServer.start({ dataDir });
  const socket = await first.connect("drained");
  socket.send({ type: "user_message", text: "alpha gate(a); beta noop" });
  const { thread_id, run_id } = await socket.next("ack");
  await first.gates.reached("a");
  const stopped = first.node.stop();
  await socket.next("server_draining");
  first.gates.open("a");
  await stopped;

  const second = await serverForTest({ dataDir });
  const again = await second.connect("drained");
  again.send({ type: "join_thread", thread_id });
  const events = await again.run(run_id);
  expect(brokenRules(events)).toEqual([]);
  expect(
    events
      .filter((it) => it.type === "agent_completed")
      .map((it) => [it.agent_name, it.status, it.attempt]),
  ).toEqual([
    ["alpha", "completed", 1],
    ["beta", "completed", 2],
    ["supervisor", "completed", 2],
  ]);
});

test("R8 a run whose tool outlasts the drain is interrupted and starts that step again", async () => {
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
  expect(
    events
      .filter((it) => it.type === "agent_completed")
      .map((it) => [it.agent_name, it.status, it.attempt]),
  ).toEqual([
    ["alpha", "completed", 1],
    ["beta", "interrupted", 2],
    ["beta", "completed", 2],
    ["supervisor", "completed", 2],
  ]);
});
