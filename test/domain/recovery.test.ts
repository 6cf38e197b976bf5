/** What a crash left open, closed (R8): any log of a run, cut at any point, is whole again after the closing events. */
import fc from "fast-check";
import { v7 as uuid } from "uuid";
import { expect, test } from "vitest";
import { closeOpen, hasBegun } from "../../src/domain/recovery.ts";
import type { Event, EventBody } from "../../src/domain/protocol.ts";
import { brokenRules } from "../support/rules.ts";

/** A log as it is being written: numbers its events. */
class Log {
  readonly events: Event[] = [];
  attempt = 1;

  write(
    agent_name: string,
    parent_agent: string | null,
    body: EventBody,
  ): void {
    this.events.push({
      event_id: uuid(),
      seq: this.events.length + 1,
      timestamp: new Date(this.events.length).toISOString(),
      user_id: "u",
      thread_id: "t",
      run_id: "r",
      agent_name,
      parent_agent,
      attempt: this.attempt,
      ...body,
    });
  }
}

const ended = (
  status: "completed" | "cancelled" | "interrupted",
): EventBody => ({
  type: "agent_completed",
  success: status === "completed",
  status,
  duration_ms: 1,
  summary: "",
  result: null,
  error: null,
});
const NAMES = ["alpha", "beta", "gamma"];

/** The log of a run whose agents use so many tools each. */
function runOf(toolsPerAgent: readonly number[]): Event[] {
  const log = new Log();
  log.write("supervisor", null, { type: "agent_started", goal: "g" });
  log.write("supervisor", null, { type: "agent_thinking", thought: "t" });
  for (const [index, tools] of toolsPerAgent.entries()) {
    const write = (body: EventBody) =>
      log.write(NAMES[index]!, "supervisor", body);
    write({ type: "agent_started", goal: "g" });
    for (let tool = 0; tool <= tools; tool += 1) {
      write({ type: "agent_thinking", thought: "t" });
      if (tool === tools) break;
      const named = { tool_call_id: `${index}-${tool}`, tool_name: "noop" };
      write({ type: "tool_executing", ...named, parameters: {}, purpose: "p" });
      write({
        type: "tool_completed",
        ...named,
        success: true,
        duration_ms: 1,
        summary: "",
        results: {},
        error: null,
      });
    }
    write(ended("completed"));
  }
  return log.events;
}

/** The log with its closings, and the end that a stop would write then. */
function recovered(events: readonly Event[]): Event[] {
  const log = new Log();
  log.events.push(...events);
  log.attempt = 2;
  for (const it of closeOpen(events, "supervisor", 1_000))
    log.write(it.agent_name, it.parent_agent, it.body);
  log.write("supervisor", null, ended("cancelled"));
  return log.events;
}

const plan = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });

test("R8 a log cut anywhere keeps the rules after its closings", () => {
  fc.assert(
    fc.property(plan, fc.nat(), (tools, at) => {
      const whole = runOf(tools);
      const cut = whole.slice(0, 2 + (at % (whole.length - 1)));
      expect(brokenRules(recovered(cut))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test("R8 closings are interrupted, innermost first, under the agent that was open", () => {
  const whole = runOf([1, 2]);
  const last = whole.findLastIndex((it) => it.type === "tool_executing");
  const closings = closeOpen(whole.slice(0, last + 1), "supervisor", 1_000);
  expect(closings).toMatchObject([
    {
      agent_name: "beta",
      parent_agent: "supervisor",
      body: {
        type: "tool_completed",
        tool_call_id: "1-1",
        success: false,
        error: { code: "interrupted" },
      },
    },
    {
      agent_name: "beta",
      body: {
        type: "agent_completed",
        status: "interrupted",
        error: { code: "interrupted" },
      },
    },
  ]);
});

test("R8 a second crash closes only what the first recovery opened", () => {
  const log = new Log();
  log.events.push(...runOf([1]).slice(0, 5));
  for (const it of closeOpen(log.events, "supervisor", 1_000))
    log.write(it.agent_name, it.parent_agent, it.body);
  expect(closeOpen(log.events, "supervisor", 2_000)).toEqual([]);
  log.attempt = 2;
  log.write("alpha", "supervisor", { type: "agent_started", goal: "g" });
  expect(closeOpen(log.events, "supervisor", 3_000)).toMatchObject([
    { agent_name: "alpha", body: { status: "interrupted" } },
  ]);
});

test("a duration is never negative, whatever the clock did meanwhile", () => {
  const open = runOf([1]).slice(0, 5);
  for (const { body } of closeOpen(open, "supervisor", -1_000))
    expect("duration_ms" in body && body.duration_ms).toBe(0);
});

test("a log without events has nothing to close, and has not begun", () => {
  expect(closeOpen([], "supervisor", 0)).toEqual([]);
  expect(hasBegun([])).toBe(false);
  expect(hasBegun(runOf([]))).toBe(true);
});
