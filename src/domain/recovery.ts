/**
 * What a crash left open in a run's log, and the events that close it (R8): a dangling tool call is interrupted, the agent that
 * made it too. Pure. Promises: after the closing events every bracket but the supervisor's is closed, and nothing else is said.
 */
import type { Failure } from "./model.ts";
import type { Event, EventBody, EventOf } from "./protocol.ts";

const INTERRUPTED: Failure = {
  code: "interrupted",
  message: "The node that worked on this stopped; the run goes on elsewhere.",
};

export interface Closing {
  readonly agent_name: string;
  readonly parent_agent: string | null;
  readonly body: EventBody;
}

/** The events that close what is open, innermost first, at `now` (milliseconds since the epoch). */
export function closeOpen(
  log: readonly Event[],
  supervisor: string,
  now: number,
): readonly Closing[] {
  const tools = new Map<string, EventOf<"tool_executing">>();
  const agents = new Map<string, EventOf<"agent_started">>();
  for (const event of log) {
    if (event.type === "tool_executing") tools.set(event.tool_call_id, event);
    if (event.type === "tool_completed") tools.delete(event.tool_call_id);
    if (event.type === "agent_started") agents.set(event.agent_name, event);
    if (event.type === "agent_completed") agents.delete(event.agent_name);
  }
  agents.delete(supervisor);
  return [
    ...[...tools.values()].toReversed().map((it) => closeTool(it, now)),
    ...[...agents.values()].toReversed().map((it) => closeAgent(it, now)),
  ];
}

/** True when the supervisor's first events are in the log already. */
export function hasBegun(log: readonly Event[]): boolean {
  return log.length > 0;
}

function closeTool(open: EventOf<"tool_executing">, now: number): Closing {
  return {
    agent_name: open.agent_name,
    parent_agent: open.parent_agent,
    body: {
      type: "tool_completed",
      tool_call_id: open.tool_call_id,
      tool_name: open.tool_name,
      success: false,
      duration_ms: elapsed(open, now),
      summary: INTERRUPTED.message,
      results: null,
      error: INTERRUPTED,
    },
  };
}

function closeAgent(open: EventOf<"agent_started">, now: number): Closing {
  return {
    agent_name: open.agent_name,
    parent_agent: open.parent_agent,
    body: {
      type: "agent_completed",
      success: false,
      status: "interrupted",
      duration_ms: elapsed(open, now),
      summary: INTERRUPTED.message,
      result: null,
      error: INTERRUPTED,
    },
  };
}

function elapsed(open: Event, now: number): number {
  return Math.max(0, now - Date.parse(open.timestamp));
}
