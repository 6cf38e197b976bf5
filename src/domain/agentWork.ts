/**
 * One agent of one run: what its machine asks of it. Turns the machine's transitions into events, keeps its tool calls, and makes the
 * step that is stored with its last event. Promises: it is the only writer of its agent's events, and none of its methods throws.
 */
import { Effect } from "effect";
import type {
  AgentDecision,
  AgentEnding,
  AgentHost,
  ToolOutcome,
  ToolUse,
} from "../../machines/agent.ts";
import type { Agent, AgentView, Tool } from "./agents/definition.ts";
import type { Witness } from "./bridge.ts";
import { toMachine, TOO_MANY_CALLS } from "./decisions.ts";
import { displayCopy } from "./display.ts";
import { ToolFailed } from "./errors.ts";
import { resultOf } from "./toolResults.ts";
import { limits } from "./limits.ts";
import type { Cache } from "./ports.ts";
import type { RunLog } from "./runLog.ts";
import type { RunObserver } from "./runObserver.ts";
import type {
  JsonObject,
  RunId,
  Step,
  ThreadId,
  ToolCall,
  UserId,
} from "./model.ts";

export interface AgentSettings {
  readonly agentTimeoutMs: number;
  readonly toolTimeoutMs: number;
  /** What results of tools are kept under beside the version they name themselves. */
  readonly programVersion: string;
}

export interface AgentAssignment<R> extends AgentSettings {
  readonly agent: Agent;
  readonly supervisor: string;
  readonly tools: ReadonlyMap<string, Tool<R>>;
  readonly view: Omit<AgentView, "calls">;
  readonly user_id: UserId;
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
  /** The step's place in the run, from 0. */
  readonly position: number;
  readonly log: RunLog;
  readonly observer: RunObserver;
  readonly finished: (step: Step) => void;
}

export class AgentWork<R> implements AgentHost {
  readonly agentTimeoutMs: number;
  readonly toolTimeoutMs: number;
  readonly #given: AgentAssignment<R>;
  readonly #startedMs = performance.now();
  readonly #calls: ToolCall[] = [];
  #toolStartedMs = 0;
  /** The latest call that a kept result answered. */
  #keptCall: string | null = null;

  constructor(given: AgentAssignment<R>) {
    this.#given = given;
    this.agentTimeoutMs = given.agentTimeoutMs;
    this.toolTimeoutMs = given.toolTimeoutMs;
  }

  // --- what the machine tells

  started(): void {
    this.#given.observer.agentStarted(this.#given.agent.name);
    this.#write({ type: "agent_started", goal: this.#given.agent.goal });
  }

  thinking(): void {
    this.#write({
      type: "agent_thinking",
      thought: this.#thought(),
      step: this.#calls.length,
    });
  }

  toolExecuting(use: ToolUse): void {
    this.#toolStartedMs = performance.now();
    this.#given.observer.toolStarted(use);
    this.#write({
      type: "tool_executing",
      tool_call_id: use.tool_call_id,
      tool_name: use.tool,
      parameters: displayCopy(use.parameters as JsonObject),
      purpose: use.purpose,
    });
  }

  toolCompleted(use: ToolUse, outcome: ToolOutcome): void {
    const call = this.#toCall(use, outcome);
    this.#given.observer.toolCompleted(outcome);
    this.#calls.push(call);
    this.#given.log.writeCall(call);
    this.#write({
      type: "tool_completed",
      tool_call_id: call.tool_call_id,
      tool_name: call.tool_name,
      success: call.success,
      duration_ms: elapsedMs(this.#toolStartedMs),
      summary: call.summary,
      results: call.result === null ? null : displayCopy(call.result),
      ...(call.tool_call_id === this.#keptCall ? { cached: true } : {}),
      error: call.error,
    });
  }

  completed(ending: AgentEnding): void {
    const step = this.#toStep(ending);
    if (step.status !== "interrupted") {
      this.#given.log.writeStep(this.#given.position, step);
    }
    this.#write({
      type: "agent_completed",
      success: step.status === "completed" || step.status === "partial",
      status: step.status,
      duration_ms: elapsedMs(this.#startedMs),
      summary: step.summary,
      result: step.result === null ? null : displayCopy(step.result),
      error: step.error,
    });
    this.#given.observer.agentCompleted(step);
    this.#given.finished(step);
  }

  // --- what the machine asks

  /** The agent's next decision as the machine takes it; a throw of the agent's is a defect, and the machine's to end. */
  readonly decide: Effect.Effect<AgentDecision> = Effect.suspend(() => {
    if (this.#calls.length >= limits.toolCallsPerAgentMax) {
      return Effect.succeed(TOO_MANY_CALLS);
    }
    return Effect.succeed(toMachine(this.#given.agent.decide(this.#view())));
  });

  useTool(use: ToolUse): Effect.Effect<JsonObject, ToolFailed, R | Cache> {
    const { agent, tools, user_id, thread_id, run_id, view } = this.#given;
    const tool = agent.tools.includes(use.tool)
      ? tools.get(use.tool)
      : undefined;
    if (tool === undefined) {
      return Effect.fail(
        new ToolFailed({
          code: "unknown_tool",
          problem: `${agent.name} has no tool named ${use.tool}.`,
        }),
      );
    }
    const context = { user_id, thread_id, run_id, now: view.now };
    const { programVersion } = this.#given;
    return resultOf(tool, use.parameters, context, programVersion).pipe(
      Effect.map(({ result, kept }) => {
        if (kept) this.#keptCall = use.tool_call_id;
        return result;
      }),
    );
  }

  /** Who hears what goes wrong with the agent, or with a use of a tool. */
  witness(use?: ToolUse): Witness {
    return this.#given.observer.agentWitness(this.#given.agent.name, use);
  }

  // --- helpers

  #view(): AgentView {
    return { ...this.#given.view, calls: this.#calls };
  }

  /** A thought that cannot be had is no reason to fail: the goal stands in. */
  #thought(): string {
    try {
      return (
        this.#given.agent.think(this.#view()).trim() || this.#given.agent.goal
      );
    } catch {
      return this.#given.agent.goal;
    }
  }

  #toCall(use: ToolUse, outcome: ToolOutcome): ToolCall {
    const shared = {
      tool_call_id: use.tool_call_id,
      tool_name: use.tool,
      parameters: use.parameters as JsonObject,
    };
    if (!outcome.success) {
      const { error } = outcome;
      return {
        ...shared,
        success: false,
        summary: error.message,
        result: null,
        error,
      };
    }
    const result = outcome.result as JsonObject;
    return {
      ...shared,
      success: true,
      summary: this.#summary(use.tool, result),
      result,
      error: null,
    };
  }

  #summary(tool: string, result: JsonObject): string {
    try {
      return this.#given.tools.get(tool)?.summarize(result) ?? "Done.";
    } catch {
      return "Done.";
    }
  }

  #toStep(ending: AgentEnding): Step {
    return {
      agent_name: this.#given.agent.name,
      status: ending.status,
      summary: ending.summary || (this.#calls.at(-1)?.summary ?? "Done."),
      result: ending.result as JsonObject | null,
      error: ending.error,
      calls: this.#calls,
    };
  }

  #write(body: Parameters<RunLog["write"]>[2]): void {
    this.#given.log.write(this.#given.agent.name, this.#given.supervisor, body);
  }
}

function elapsedMs(since: number): number {
  return Math.round((performance.now() - since) * 10) / 10;
}
