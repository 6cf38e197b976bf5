/** A run from message to answer over a real socket, judged by the rules' checker. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokenRules } from "../support/rules.ts";
import { ZERO_WORK } from "../support/scripted.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

test("R1-R6 a zero-work run has 24 events that keep the rules", async () => {
  const socket = await server.connect("zero");
  const { events } = await socket.ask(ZERO_WORK);
  expect(events).toHaveLength(24);
  expect(brokenRules(events)).toEqual([]);
});

test("R5 a replay equals what was delivered live, field for field", async () => {
  const socket = await server.connect("replay");
  const { ack, events } = await socket.ask(ZERO_WORK);
  const other = await server.connect("replay");
  other.send({ type: "join_thread", thread_id: ack.thread_id });
  expect(await other.run(ack.run_id)).toEqual(events);
});

test("R10 a stop during a tool ends the run cancelled and keeps its brackets whole", async () => {
  const socket = await server.connect("stopper");
  socket.send({ type: "user_message", text: "alpha noop; beta gate(stop)" });
  const { run_id } = await socket.next("ack");
  await server.gates.reached("stop");
  socket.send({ type: "stop_run", run_id });
  const events = await socket.run(run_id);
  expect(brokenRules(events)).toEqual([]);
  expect(events.at(-1)).toMatchObject({ status: "cancelled" });
});
