/**
 * One run as a person reads it: the question, what each agent did, and the answer, folded from events and messages. Pure.
 * Promises: the input turn is never changed, and every agent and tool the events name is kept, failed and interrupted ones too.
 */
import type {
  AgentStatus,
  Failure,
  FinalStatus,
  Json,
  JsonObject,
  Message,
  Timestamp,
} from "../../domain/model.ts";
import type { Event, EventOf } from "../../domain/protocol.ts";

export interface ToolView {
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  readonly parameters: JsonObject;
  readonly status: "running" | "done" | "failed";
  /** Answered from an earlier call over the same data. */
  readonly cached: boolean;
  readonly started_at: Timestamp;
  readonly duration_ms: number | null;
  readonly summary: string | null;
  /** The display copy; the full result is an HTTP request away. */
  readonly results: Json;
  readonly error: Failure | null;
}

/** What an agent did, in order. */
export type AgentItem =
  | { readonly kind: "thought"; readonly key: string; readonly text: string }
  | { readonly kind: "tool"; readonly key: string; readonly tool: ToolView };

export interface AgentView {
  readonly key: string;
  readonly name: string;
  /** Null for the supervisor, whose bracket is the run's. */
  readonly parent: string | null;
  readonly attempt: number;
  readonly goal: string;
  readonly status: "active" | AgentStatus;
  readonly items: readonly AgentItem[];
  readonly started_at: Timestamp;
  readonly duration_ms: number | null;
  readonly summary: string | null;
  readonly error: Failure | null;
}

export interface AnswerView {
  readonly message_id: string;
  readonly content: string;
  readonly report: JsonObject | null;
  readonly partial: boolean;
}

export interface Turn {
  readonly run_id: string;
  /** Null until the message is known; events do not carry it. */
  readonly question: string | null;
  readonly asked_at: Timestamp;
  readonly status: "queued" | "running" | FinalStatus;
  readonly agents: readonly AgentView[];
  /** Model text while it is being written; empty once the answer is there. */
  readonly draft: string;
  readonly answer: AnswerView | null;
}

/** The supervisor of a turn, whose beginning and ending are the run's; undefined while it is queued. */
export function rootOf(turn: Turn): AgentView | undefined {
  return turn.agents.find((agent) => agent.parent === null);
}

export function isActive(turn: Turn): boolean {
  return turn.status === "queued" || turn.status === "running";
}

/** A run that nothing is known of yet but when it was first heard of. */
export function newTurn(runId: string, at: Timestamp): Turn {
  return {
    run_id: runId,
    question: null,
    asked_at: at,
    status: "queued",
    agents: [],
    draft: "",
    answer: null,
  };
}

/** The turn with what a stored message adds: the question, or an answer whose events were not read. */
export function foldMessage(turn: Turn, message: Message): Turn {
  if (message.role === "user")
    return {
      ...turn,
      question: message.content,
      asked_at: message.created_at,
    };
  if (turn.answer !== null) return turn;
  const { message_id, content, report } = message;
  return {
    ...turn,
    status: isActive(turn) ? "completed" : turn.status,
    answer: { message_id, content, report, partial: turn.status === "partial" },
  };
}

/** The turn after one more event of its run. */
export function foldEvent(turn: Turn, event: Event): Turn {
  switch (event.type) {
    case "agent_started":
      return {
        ...turn,
        status: turn.status === "queued" ? "running" : turn.status,
        agents: [...turn.agents, newAgent(event)],
      };
    case "agent_thinking":
      return withItem(turn, event, {
        kind: "thought",
        key: event.event_id,
        text: event.thought,
      });
    case "tool_executing":
      return withItem(turn, event, {
        kind: "tool",
        key: event.tool_call_id,
        tool: newTool(event),
      });
    case "tool_completed":
      return changeAgent(turn, event, (agent) => closeTool(agent, event));
    case "agent_completed":
      return completeAgent(turn, event);
    case "final_response": {
      const { message_id, content, report, partial } = event;
      const answer = { message_id, content, report, partial };
      return { ...turn, draft: "", answer };
    }
  }
}

function completeAgent(turn: Turn, event: EventOf<"agent_completed">): Turn {
  const { status, duration_ms, summary, error } = event;
  const after = changeAgent(turn, event, (agent) => ({
    ...agent,
    status,
    duration_ms,
    summary,
    error,
  }));
  if (event.parent_agent !== null) return after;
  return { ...after, status: status === "interrupted" ? "failed" : status };
}

function newAgent(event: EventOf<"agent_started">): AgentView {
  return {
    key: event.event_id,
    name: event.agent_name,
    parent: event.parent_agent,
    attempt: event.attempt,
    goal: event.goal,
    status: "active",
    items: [],
    started_at: event.timestamp,
    duration_ms: null,
    summary: null,
    error: null,
  };
}

function newTool(event: EventOf<"tool_executing">): ToolView {
  return {
    id: event.tool_call_id,
    name: event.tool_name,
    purpose: event.purpose,
    parameters: event.parameters,
    status: "running",
    cached: false,
    started_at: event.timestamp,
    duration_ms: null,
    summary: null,
    results: null,
    error: null,
  };
}

function closeTool(
  agent: AgentView,
  event: EventOf<"tool_completed">,
): AgentView {
  const { duration_ms, summary, results, error } = event;
  const cached = event.cached === true;
  const status = event.success ? "done" : "failed";
  const items = agent.items.map((item) =>
    item.kind === "tool" && item.tool.id === event.tool_call_id
      ? {
          ...item,
          tool: {
            ...item.tool,
            status,
            cached,
            duration_ms,
            summary,
            results,
            error,
          },
        }
      : item,
  ) satisfies readonly AgentItem[];
  return { ...agent, items };
}

function withItem(turn: Turn, event: Event, item: AgentItem): Turn {
  return changeAgent(turn, event, (agent) => ({
    ...agent,
    items: [...agent.items, item],
  }));
}

/** An agent starts again after a crash under the same name: the last of that name is the one that speaks. */
function changeAgent(
  turn: Turn,
  event: Event,
  fold: (agent: AgentView) => AgentView,
): Turn {
  const index = turn.agents.findLastIndex((it) => it.name === event.agent_name);
  const agent = turn.agents[index];
  if (agent === undefined) return turn;
  return { ...turn, agents: turn.agents.with(index, fold(agent)) };
}
