/** Time-outs of a tool, an agent and a run (R3, R6), with short limits from the environment, so that they are reached and not waited for. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Run } from "../../src/domain/model.ts";
import type { Event } from "../../src/domain/protocol.ts";
import { brokenRules } from "../support/rules.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    env: {
      TOOL_TIMEOUT_MS: "400",
      AGENT_TIMEOUT_MS: "1000",
      RUN_TIMEOUT_MS: "2000",
    },
  });
});
afterAll(() => server.stop());

async function ask(user: string, question: string): Promise<Event[]> {
  const socket = await server.connect(user);
  const { events } = await socket.ask(question);
  expect(brokenRules(events)).toEqual([]);
  return events;
}

const completionOf = (events: readonly Event[], agent: string) =>
  events.find((it) => it.type === "agent_completed" && it.agent_name === agent);

test("R3 a tool out of time is completed as timed_out, and the agent goes on", async () => {
  const events = await ask("tool", "alpha hang noop; beta noop");
  const tools = events.filter((it) => it.type === "tool_completed");
  expect(tools[0]).toMatchObject({
    success: false,
    error: { code: "timed_out" },
  });
  expect(tools[0]?.duration_ms).toBeGreaterThanOrEqual(390);
  expect(tools[1]).toMatchObject({ tool_name: "noop", success: true });
  expect(events.at(-1)).toMatchObject({ status: "partial" });
});

test("R3 an agent out of time closes its open tool, and the run goes on", async () => {
  const events = await ask(
    "agent",
    "alpha sleep(300) sleep(300) sleep(300) sleep(300); beta noop",
  );
  expect(completionOf(events, "alpha")).toMatchObject({
    status: "timed_out",
    error: { code: "timed_out" },
  });
  const open = events.findLast(
    (it) => it.type === "tool_completed" && it.agent_name === "alpha",
  );
  expect(open).toMatchObject({ success: false, error: { code: "timed_out" } });
  expect(completionOf(events, "beta")).toMatchObject({ status: "completed" });
  expect(events.at(-1)).toMatchObject({ status: "partial", error: null });
});

test("R6 a run out of time with finished steps ends partial and reports them", async () => {
  const events = await ask(
    "finished",
    "alpha noop!; beta hang hang; gamma hang hang; delta hang hang",
  );
  expect(events.at(-1)).toMatchObject({
    status: "partial",
    success: true,
    error: { code: "timed_out" },
  });
  expect(events.at(-2)).toMatchObject({
    type: "final_response",
    partial: true,
    report: { steps: expect.any(Number) },
  });
  const run = await server.get<Run>(
    `/api/runs/${events[0]?.run_id}`,
    "finished",
  );
  expect(run).toMatchObject({
    status: "partial",
    error: { code: "timed_out" },
  });
  const took = Date.parse(run.ended_at!) - Date.parse(run.started_at!);
  expect(took).toBeGreaterThanOrEqual(1_990);
  expect(took).toBeLessThan(3_500);
});

test("R6 a run out of time without finished steps ends timed_out", async () => {
  const events = await ask(
    "unfinished",
    "alpha hang hang; beta hang hang; gamma hang hang",
  );
  expect(events.at(-1)).toMatchObject({
    status: "timed_out",
    success: false,
    error: { code: "timed_out" },
  });
  expect(events.filter((it) => it.type === "final_response")).toEqual([]);
});

test("R6 the agent at work when the run's time is over is ended as timed_out", async () => {
  const events = await ask(
    "closing",
    "alpha noop!; beta hang hang; gamma hang hang; delta hang hang",
  );
  const last = events.findLast(
    (it) => it.type === "agent_completed" && it.agent_name !== "supervisor",
  );
  expect(last).toMatchObject({ agent_name: "delta", status: "timed_out" });
});

test("R10 time in the queue is not the run's time", async () => {
  const socket = await server.connect("waiting");
  socket.send({
    type: "user_message",
    text: "alpha hang hang; beta hang hang",
  });
  const { thread_id } = await socket.next("ack");
  const { events } = await socket.ask("alpha sleep(300); beta noop", {
    thread_id,
  });
  expect(brokenRules(events)).toEqual([]);
  expect(events.at(-1)).toMatchObject({ status: "completed" });
});
