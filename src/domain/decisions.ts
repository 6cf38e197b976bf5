/** An agent's decision as its machine takes it. Promises: every use of a tool has an id of its own. */
import type { AgentDecision } from "../../machines/agent.ts";
import type { Decision } from "./agents/definition.ts";
import { newId } from "./ids.ts";
import { limits } from "./limits.ts";

export const TOO_MANY_CALLS: AgentDecision = {
  kind: "fail",
  error: {
    code: "too_many_tool_calls",
    message: `Stopped after ${limits.toolCallsPerAgentMax} tool calls.`,
  },
};

export function toMachine(decision: Decision): AgentDecision {
  if (decision.kind !== "useTool") return decision;
  const { tool, parameters, purpose, final = false } = decision;
  return {
    kind: "useTool",
    use: { tool_call_id: newId(), tool, parameters, purpose, final },
  };
}
