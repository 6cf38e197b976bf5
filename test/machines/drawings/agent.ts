/**
 * What an agent is given and heard in its tests, and the drawing of its machine. Promises: the drawing is written
 * down from the design, independently of the machine, and says where each step leads.
 */
import fc from "fast-check";
import { createActor, SimulatedClock } from "xstate";
import type { NonReducibleUnknown } from "xstate";
import { agentMachine } from "../../../machines/agent.ts";
import type {
  AgentDecision,
  AgentEnding,
  AgentEvent,
  AgentHost,
  ToolOutcome,
  ToolUse,
} from "../../../machines/agent.ts";
import { Controlled, nameOf } from "../../support/controlled.ts";

export const EDGES = {
  thinking: ["usingTool", "done", "failed"],
  usingTool: ["thinking", "done", "failed"],
  done: [],
  failed: [],
};
export const TICK_MS = 5;
const TOOL_TIMEOUT_MS = 10;
/** Between two ticks, so that it never meets a tool's time-out. */
export const AGENT_TIMEOUT_MS = 52;

type Step =
  | { readonly type: "decide"; readonly decision: AgentDecision }
  | { readonly type: "decideFails"; readonly error: unknown }
  | { readonly type: "toolFails"; readonly error: unknown }
  | { readonly type: "toolSucceeds" }
  | { readonly type: "tick" }
  | AgentEvent;

export const useTool = (final: boolean, id = "call"): AgentDecision => ({
  kind: "useTool",
  use: { tool_call_id: id, tool: "noop", parameters: {}, purpose: "", final },
});
export const finish = (status: "completed" | "partial"): AgentDecision => ({
  kind: "finish",
  status,
  summary: "Done.",
  result: { figure: 1 },
});
export const REFUSED = { code: "broken", problem: "It broke." };
const errors = fc.constantFrom<unknown>(REFUSED, new Error("/a/path"), null);
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant("decide" as const),
        decision: fc.oneof(
          {
            weight: 6,
            arbitrary: fc
              .tuple(fc.boolean(), fc.uuid())
              .map((it) => useTool(...it)),
          },
          fc.constantFrom("completed" as const, "partial" as const).map(finish),
          fc.constant({
            kind: "fail" as const,
            error: { code: "no", message: "No." },
          }),
        ),
      }),
    },
    fc.record({ type: fc.constant("decideFails" as const), error: errors }),
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant("toolFails" as const),
        error: errors,
      }),
    },
    { weight: 4, arbitrary: fc.constant({ type: "toolSucceeds" as const }) },
    { weight: 6, arbitrary: fc.constant({ type: "tick" as const }) },
    fc.record({
      type: fc.constant("agent.stop" as const),
      status: fc.constantFrom("cancelled", "timed_out", "interrupted"),
    }),
  ),
  { maxLength: 40 },
);

/** What a host hears, a letter each: Started, Thinking, eXecuting, Yielded, Completed. */
export class Recorder implements AgentHost {
  readonly agentTimeoutMs = AGENT_TIMEOUT_MS;
  readonly toolTimeoutMs = TOOL_TIMEOUT_MS;
  trail = "";
  readonly executing: ToolUse[] = [];
  readonly outcomes: [ToolUse, ToolOutcome][] = [];
  readonly endings: AgentEnding[] = [];

  started = () => void (this.trail += "S");
  thinking = () => void (this.trail += "T");
  toolExecuting = (use: ToolUse) => {
    this.trail += "X";
    this.executing.push(use);
  };
  toolCompleted = (use: ToolUse, outcome: ToolOutcome) => {
    this.trail += "Y";
    this.outcomes.push([use, outcome]);
  };
  completed = (ending: AgentEnding) => {
    this.trail += "C";
    this.endings.push(ending);
  };
}

export function start() {
  const clock = new SimulatedClock();
  const host = new Recorder();
  const decide = new Controlled<AgentDecision, unknown>();
  const tool = new Controlled<
    NonReducibleUnknown,
    { host: AgentHost; use: ToolUse }
  >();
  const actor = createActor(
    agentMachine.provide({
      actors: { decide: decide.logic, useTool: tool.logic },
    }),
    { clock, input: { host } },
  );
  actor.start();
  const apply = (step: Step) => {
    if (step.type === "decide") decide.succeed(step.decision);
    else if (step.type === "decideFails") decide.fail(step.error);
    else if (step.type === "toolSucceeds") tool.succeed({ rows: 3 });
    else if (step.type === "toolFails") tool.fail(step.error);
    else if (step.type === "tick") clock.increment(TICK_MS);
    else if (actor.getSnapshot().status === "active") actor.send(step);
  };
  const state = () => nameOf(actor.getSnapshot().value);
  return { actor, host, decide, tool, apply, state };
}

/** The drawing, written down a second time, independently: where a step leads from a state. */
export class Drawing {
  state: keyof typeof EDGES = "thinking";
  #agentMs = 0;
  #toolMs = 0;
  #final = false;

  apply(step: Step): void {
    if (this.state === "done" || this.state === "failed") return;
    if (step.type === "agent.stop") this.state = "failed";
    else if (step.type === "tick") this.#tick();
    else if (this.state === "thinking") this.#think(step);
    else if (step.type === "toolFails") this.state = "thinking";
    else if (step.type === "toolSucceeds")
      this.state = this.#final ? "done" : "thinking";
  }

  #tick(): void {
    this.#agentMs += TICK_MS;
    this.#toolMs += TICK_MS;
    if (this.#agentMs >= AGENT_TIMEOUT_MS) this.state = "failed";
    else if (this.state === "usingTool" && this.#toolMs >= TOOL_TIMEOUT_MS)
      this.state = "thinking";
  }

  #think(step: Step): void {
    if (step.type === "decideFails") this.state = "failed";
    if (step.type !== "decide") return;
    const { decision } = step;
    if (decision.kind === "finish") this.state = "done";
    if (decision.kind === "fail") this.state = "failed";
    if (decision.kind !== "useTool") return;
    this.state = "usingTool";
    this.#toolMs = 0;
    this.#final = decision.use.final;
  }
}
