/**
 * One agent at work: thinking ⇄ usingTool → done | failed. Its transitions are the lifecycle events of the protocol: entering
 * `thinking` is agent_thinking, entering `usingTool` is tool_executing, leaving it by any way is tool_completed, a final state is
 * agent_completed. Promises: every way out reaches a final state, so no event can be forgotten; it is ended by `agent.stop`, never dropped.
 */
import { assign, setup } from "xstate";
import type {
  ActorLogic,
  AnyEventObject,
  NonReducibleUnknown,
  Snapshot,
} from "xstate";

export interface AgentFailure {
  readonly code: string;
  readonly message: string;
}

export interface ToolUse {
  readonly tool_call_id: string;
  readonly tool: string;
  readonly parameters: NonReducibleUnknown;
  readonly purpose: string;
  /** Its success ends the agent, and its result is the agent's. */
  readonly final: boolean;
}

export type ToolOutcome =
  | { readonly success: true; readonly result: NonReducibleUnknown }
  | { readonly success: false; readonly error: AgentFailure };

export type AgentDecision =
  | { readonly kind: "useTool"; readonly use: ToolUse }
  | {
      readonly kind: "finish";
      readonly status: "completed" | "partial";
      readonly summary: string;
      readonly result: NonReducibleUnknown;
    }
  | { readonly kind: "fail"; readonly error: AgentFailure };

export interface AgentEnding {
  readonly status:
    | "completed"
    | "partial"
    | "failed"
    | "cancelled"
    | "timed_out"
    | "interrupted";
  readonly summary: string;
  readonly result: NonReducibleUnknown;
  readonly error: AgentFailure | null;
}

/** Who hears of the transitions. The only writer of events; must not throw. */
export interface AgentHost {
  readonly started: () => void;
  readonly thinking: () => void;
  readonly toolExecuting: (use: ToolUse) => void;
  readonly toolCompleted: (use: ToolUse, outcome: ToolOutcome) => void;
  readonly completed: (ending: AgentEnding) => void;
  readonly agentTimeoutMs: number;
  readonly toolTimeoutMs: number;
}

type Logic<Output, Input> = ActorLogic<Snapshot<Output>, AnyEventObject, Input>;

export type AgentEvent = {
  type: "agent.stop";
  status: "cancelled" | "timed_out" | "interrupted";
};

interface AgentContext {
  readonly host: AgentHost;
  readonly use: ToolUse | null;
  readonly ending: AgentEnding | null;
}

const STOPPED: Record<AgentEvent["status"], AgentFailure> = {
  cancelled: { code: "cancelled", message: "Stopped before it was finished." },
  timed_out: {
    code: "timed_out",
    message: "Out of time before it was finished.",
  },
  interrupted: {
    code: "interrupted",
    message: "Interrupted before it was finished.",
  },
};

export const agentMachine = setup({
  types: {
    context: {} as AgentContext,
    events: {} as AgentEvent,
    input: {} as { host: AgentHost },
    output: {} as AgentEnding,
  },
  actors: {
    /** Says what to do next. */
    decide: {} as Logic<AgentDecision, { host: AgentHost }>,
    /** Does it. */
    useTool: {} as Logic<
      NonReducibleUnknown,
      { host: AgentHost; use: ToolUse }
    >,
  },
  delays: {
    agentTimeout: ({ context }) => context.host.agentTimeoutMs,
    toolTimeout: ({ context }) => context.host.toolTimeoutMs,
  },
  actions: {
    emitStarted: ({ context }) => context.host.started(),
    emitThinking: ({ context }) => context.host.thinking(),
    emitToolExecuting: ({ context }) =>
      context.host.toolExecuting(context.use!),
    emitToolCompleted: ({ context, event }) =>
      context.host.toolCompleted(context.use!, outcomeOf(event)),
    emitCompleted: ({ context }) => context.host.completed(context.ending!),
  },
}).createMachine({
  id: "agent",
  context: ({ input }) => ({ host: input.host, use: null, ending: null }),
  initial: "thinking",
  entry: "emitStarted",
  output: ({ context }) => context.ending!,
  after: {
    agentTimeout: {
      target: ".failed",
      actions: assign({ ending: ended("timed_out", STOPPED.timed_out) }),
    },
  },
  on: {
    "agent.stop": {
      target: ".failed",
      actions: assign({
        ending: ({ event }) => ended(event.status, STOPPED[event.status]),
      }),
    },
  },
  states: {
    thinking: {
      entry: "emitThinking",
      invoke: {
        src: "decide",
        input: ({ context }) => ({ host: context.host }),
        onDone: [
          {
            guard: ({ event }) => event.output.kind === "useTool",
            target: "usingTool",
            actions: assign(({ event }) => noted(event.output)),
          },
          {
            guard: ({ event }) => event.output.kind === "finish",
            target: "done",
            actions: assign(({ event }) => noted(event.output)),
          },
          {
            target: "failed",
            actions: assign(({ event }) => noted(event.output)),
          },
        ],
        onError: {
          target: "failed",
          actions: assign({
            ending: ({ event }) => ended("failed", failureOf(event.error)),
          }),
        },
      },
    },
    usingTool: {
      entry: "emitToolExecuting",
      exit: "emitToolCompleted",
      after: { toolTimeout: { target: "thinking" } },
      invoke: {
        src: "useTool",
        input: ({ context }) => ({ host: context.host, use: context.use! }),
        onDone: [
          {
            guard: ({ context }) => context.use!.final,
            target: "done",
            actions: assign({
              ending: ({ event }): AgentEnding => ({
                status: "completed",
                summary: "",
                result: event.output,
                error: null,
              }),
            }),
          },
          { target: "thinking" },
        ],
        onError: { target: "thinking" },
      },
    },
    done: { type: "final", entry: "emitCompleted" },
    failed: { type: "final", entry: "emitCompleted" },
  },
});

/** What a decision leaves in the context. */
function noted(decision: AgentDecision): Partial<AgentContext> {
  switch (decision.kind) {
    case "useTool":
      return { use: decision.use };
    case "finish": {
      const { status, summary, result } = decision;
      return { ending: { status, summary, result, error: null } };
    }
    case "fail":
      return { ending: ended("failed", decision.error) };
  }
}

function ended(
  status: AgentEnding["status"],
  error: AgentFailure,
): AgentEnding {
  return { status, summary: error.message, result: null, error };
}

/** What left `usingTool`, told from the event: the exit action runs before any assign of the transition. */
function outcomeOf(event: AnyEventObject): ToolOutcome {
  if (event.type.startsWith("xstate.done.actor"))
    return { success: true, result: event["output"] };
  if (event.type.startsWith("xstate.error.actor"))
    return { success: false, error: failureOf(event["error"]) };
  if (event.type === "agent.stop")
    return { success: false, error: STOPPED[(event as AgentEvent).status] };
  return { success: false, error: STOPPED.timed_out };
}

/** A typed failure keeps its code and words; anything else is a defect, and its text stays inside. */
function failureOf(error: unknown): AgentFailure {
  if (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    "problem" in error
  ) {
    return { code: String(error.code), message: String(error.problem) };
  }
  return {
    code: "internal",
    message: "Something went wrong inside; the operator can see what.",
  };
}
