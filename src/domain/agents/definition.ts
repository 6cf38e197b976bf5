/**
 * What an engineer writes to add an agent, a tool or a whole application to the runtime. Types and two small constructors;
 * nothing here, and nothing in the runtime, knows what the agents are about. Promises: an agent chooses tools and words, and a
 * tool is the only thing that may look at data.
 */
import type { Effect, Schema } from "effect";
import type { ServiceUnavailable, ToolFailed } from "../errors.ts";
import type {
  Answer,
  Failure,
  JsonObject,
  Preferences,
  RunId,
  Step,
  ThreadId,
  ToolCall,
  UserId,
} from "../model.ts";

/** What a tool knows of the run it works for. */
export interface ToolContext {
  readonly user_id: UserId;
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
  /** Milliseconds since the epoch, fixed at the run's first start, so that a repeated step sees the same "now". */
  readonly now: number;
}

export type Version<P extends JsonObject, R> = (
  parameters: P,
  context: ToolContext,
) => Effect.Effect<string, ServiceUnavailable, R>;

/** A tool: named, described, with checked parameters. `R` are the services it needs. Its result must be plain JSON. */
export interface Tool<R = never> {
  readonly name: string;
  readonly description: string;
  /** The parameters' schema as one that decodes unknown input; a mismatch is a failed tool, not a failed run. */
  readonly parameters: Schema.Codec<JsonObject, JsonObject>;
  readonly run: (
    parameters: JsonObject,
    context: ToolContext,
  ) => Effect.Effect<JsonObject, ToolFailed, R>;
  /** One line for a person about a result. */
  readonly summarize: (result: JsonObject) => string;
  /**
   * Names all that a result depends on beside the user and the parameters: data, time, prices. A tool that has it is not run again for
   * the same call of the same user while the name stays the same; one without it always is.
   */
  readonly version?: Version<JsonObject, R>;
}

/** Everything an agent may look at when it decides. Plain data, so that deciding is a pure function. */
export interface AgentView {
  readonly question: string;
  /** Earlier questions of the thread, oldest first. */
  readonly earlier: readonly string[];
  readonly preferences: Preferences;
  readonly now: number;
  /** Finished agents of this run, in order. */
  readonly steps: readonly Step[];
  /** This agent's own tool calls so far, failed ones too. */
  readonly calls: readonly ToolCall[];
}

export type Decision =
  /** Use a tool. With `final`, its success ends the agent and its result is the agent's result. */
  | {
      readonly kind: "useTool";
      readonly tool: string;
      readonly parameters: JsonObject;
      readonly purpose: string;
      readonly final?: boolean;
    }
  | {
      readonly kind: "finish";
      readonly status: "completed" | "partial";
      readonly summary: string;
      readonly result: JsonObject;
    }
  | { readonly kind: "fail"; readonly error: Failure };

export interface Agent {
  readonly name: string;
  readonly goal: string;
  /** Names of the tools it may use; any other is refused. */
  readonly tools: readonly string[];
  /** What it is about to do or has just learned, for a person, never empty. Called on each entry of `thinking`. */
  readonly think: (view: AgentView) => string;
  /** The built-in reasoner: what to do next. Pure; a throw is a failed agent. */
  readonly decide: (view: AgentView) => Decision;
}

/** A set of agents with the order they work in. The runtime runs any of them. */
export interface Application<R = never> {
  readonly name: string;
  readonly agents: readonly Agent[];
  readonly tools: readonly Tool<R>[];
  /** The supervisor's goal and first thought for a question. */
  readonly goal: string;
  readonly opening: (view: AgentView) => string;
  /** The next agent given what has finished, or null when the plan is done. Pure. */
  readonly next: (view: AgentView) => string | null;
  /** The answer from the finished steps; null when there is nothing to answer with. Also called when the last agent failed. */
  readonly answer: (
    view: AgentView,
    ending: { readonly timedOut: boolean },
  ) => Answer | null;
  /** Called once the answer is stored, for what may be kept for later; its failure changes nothing. */
  readonly concluded?: (
    answer: Answer,
    context: ToolContext,
  ) => Effect.Effect<void, never, R>;
}
