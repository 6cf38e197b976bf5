/**
 * The built-in reasoner: an agent that works through a plan of tool calls, thinks aloud about each result and concludes. Promises: pure;
 * each decision uses up one call of a finite plan, so it always ends; a failed tool never ends an agent that still has something.
 */
import type { JsonObject } from "../model.ts";
import type { ToolName } from "../tools/index.ts";
import type { Agent, AgentView, Decision } from "./definition.ts";

export interface PlannedCall {
  readonly tool: ToolName;
  readonly parameters: JsonObject;
  /** What the call is for, in a few words for a person. */
  readonly purpose: string;
}

export interface Analyst {
  readonly name: string;
  readonly goal: string;
  readonly tools: readonly ToolName[];
  /** The first thought: what it is about to do and why. */
  readonly opening: (view: AgentView) => string;
  /** All calls from the first; may look at results only to append. */
  readonly plan: (view: AgentView) => readonly PlannedCall[];
  readonly conclude: (view: AgentView) => {
    readonly summary: string;
    readonly result: JsonObject;
  };
}

export function analyst(spec: Analyst): Agent {
  return {
    name: spec.name,
    goal: spec.goal,
    tools: spec.tools,
    think: (view) => think(spec, view),
    decide: (view) => decide(spec, view),
  };
}

function think(spec: Analyst, view: AgentView): string {
  const last = view.calls.at(-1);
  const next = spec.plan(view)[view.calls.length];
  if (last === undefined) return spec.opening(view);
  const learned = last.success
    ? last.summary
    : `${last.tool_name} failed (${last.error?.message ?? "no reason given"}); going on without it.`;
  return next === undefined
    ? `${learned} That is all I need.`
    : `${learned} Next: ${next.purpose}.`;
}

function decide(spec: Analyst, view: AgentView): Decision {
  const next = spec.plan(view)[view.calls.length];
  if (next !== undefined) return { kind: "useTool", ...next };
  const failed = view.calls.filter((call) => !call.success);
  const first = failed[0];
  if (first !== undefined && failed.length === view.calls.length) {
    return {
      kind: "fail",
      error: first.error ?? {
        code: "tool_failed",
        message: `${first.tool_name} failed.`,
      },
    };
  }
  return {
    kind: "finish",
    status: failed.length === 0 ? "completed" : "partial",
    ...spec.conclude(view),
  };
}
