/**
 * The agent machine under every order of decisions, results, stops and time: it moves as the drawing says, and what its host hears is
 * always one well-formed bracket (R2 to R4). Replay a failure: pass the printed `seed` and `path` as second argument of fc.assert.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { agentMachine } from "../../machines/agent.ts";
import { endsOf, pathsThrough, undrawn } from "../support/controlled.ts";
import {
  EDGES,
  TICK_MS,
  AGENT_TIMEOUT_MS,
  useTool,
  finish,
  REFUSED,
  steps,
  Recorder,
  start,
  Drawing,
} from "./drawings/agent.ts";

test("every order of events moves as drawn, and the host hears one well-formed bracket at every point", () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const { actor, host, decide, tool, apply, state } = start();
      const drawing = new Drawing();
      for (const step of sequence) {
        apply(step);
        drawing.apply(step);
        expect(state()).toBe(drawing.state);
        const ended = state() === "done" || state() === "failed";
        expect(host.trail).toMatch(
          ended ? /^S(TXY)*T(XY)?C$/ : /^S(TXY)*T(X)?$/,
        );
        expect([decide.running, tool.running]).toEqual([
          Number(state() === "thinking"),
          Number(state() === "usingTool"),
        ]);
      }
      apply({ type: "agent.stop", status: "cancelled" });
      expect(host.trail).toMatch(/^S(TXY)*T(XY)?C$/);
      expect(host.outcomes.map(([use]) => use)).toEqual(host.executing);
      expect(actor.getSnapshot().output).toEqual(host.endings[0]);
    }),
    { numRuns: 500 },
  );
});

test("a stop during a tool completes the tool and the agent with the same code", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("cancelled", "timed_out", "interrupted"),
      (status) => {
        const { host, apply } = start();
        apply({ type: "decide", decision: useTool(false) });
        apply({ type: "agent.stop", status });
        expect(host.outcomes[0]?.[1]).toMatchObject({
          success: false,
          error: { code: status },
        });
        expect(host.endings[0]).toMatchObject({
          status,
          error: { code: status },
        });
      },
    ),
  );
});

test("a tool that is out of time is reported so, and the agent goes on to think", () => {
  const { host, apply, state } = start();
  apply({ type: "decide", decision: useTool(true) });
  apply({ type: "tick" });
  expect(state()).toBe("usingTool");
  apply({ type: "tick" });
  expect(state()).toBe("thinking");
  expect(host.outcomes[0]?.[1]).toMatchObject({
    success: false,
    error: { code: "timed_out" },
  });
});

test("an agent that is out of time ends timed_out", () => {
  const { host, apply } = start();
  for (let ms = 0; ms < AGENT_TIMEOUT_MS; ms += TICK_MS)
    apply({ type: "tick" });
  expect(host.endings).toMatchObject([
    { status: "timed_out", error: { code: "timed_out" } },
  ]);
});

test("a final tool's result is the agent's; its failure ends nothing", () => {
  const { host, apply, state } = start();
  apply({ type: "decide", decision: useTool(true) });
  apply({ type: "toolFails", error: REFUSED });
  expect(state()).toBe("thinking");
  apply({ type: "decide", decision: useTool(true) });
  apply({ type: "toolSucceeds" });
  expect(host.endings).toMatchObject([
    { status: "completed", result: { rows: 3 }, error: null },
  ]);
});

test("a decision's status, result and failure are the ending's", () => {
  const partial = start();
  partial.apply({ type: "decide", decision: finish("partial") });
  expect(partial.host.endings).toEqual([
    { status: "partial", summary: "Done.", result: { figure: 1 }, error: null },
  ]);
  const failing = start();
  const error = { code: "no", message: "No." };
  failing.apply({ type: "decide", decision: { kind: "fail", error } });
  expect(failing.host.endings).toMatchObject([{ status: "failed", error }]);
});

test("a typed failure keeps its code and words; a defect keeps its text inside", () => {
  const typed = start();
  typed.apply({ type: "decideFails", error: REFUSED });
  expect(typed.host.endings[0]?.error).toEqual({
    code: "broken",
    message: "It broke.",
  });
  const defect = start();
  defect.apply({ type: "decide", decision: useTool(false) });
  defect.apply({ type: "toolFails", error: new Error("in /a/path") });
  const [, outcome] = defect.host.outcomes[0]!;
  expect(outcome).toMatchObject({ error: { code: "internal" } });
  expect(JSON.stringify(outcome)).not.toContain("/a/path");
});

test("every state is on a shortest path, and no path leaves the drawing", () => {
  const paths = pathsThrough(agentMachine, { host: new Recorder() }, [
    { type: "agent.stop", status: "cancelled" },
    { type: "xstate.done.actor.0.agent.thinking", output: useTool(false) },
    { type: "xstate.done.actor.0.agent.thinking", output: useTool(true) },
    { type: "xstate.done.actor.0.agent.thinking", output: finish("completed") },
    { type: "xstate.error.actor.0.agent.thinking", error: REFUSED },
    { type: "xstate.done.actor.0.agent.usingTool", output: {} },
    { type: "xstate.error.actor.0.agent.usingTool", error: REFUSED },
    { type: "xstate.after.toolTimeout.agent.usingTool" },
    { type: "xstate.after.agentTimeout.agent" },
  ]);
  expect(endsOf(paths)).toEqual(Object.keys(EDGES).toSorted());
  expect(undrawn(paths, EDGES)).toEqual([]);
});
