/**
 * Runs an application's agents as the runtime does, without machines, log or clock: plan, decide, tool, decide … and the answer.
 * Promises: real tools over the given services; more decisions than limits allow fail the test that asked for the run.
 */
import { Effect } from "effect";
import type { Layer } from "effect";
import { costs } from "../../src/domain/agents/index.ts";
import type {
  Agent,
  AgentView,
  Decision,
} from "../../src/domain/agents/definition.ts";
import { limits } from "../../src/domain/limits.ts";
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
} from "../../src/domain/model.ts";
import type { PriceBook, UsageStore } from "../../src/domain/ports.ts";

export interface Asked {
  readonly question: string;
  readonly earlier?: readonly string[];
  readonly preferences?: Partial<Preferences>;
  readonly now: number;
  readonly services: Layer.Layer<UsageStore | PriceBook>;
  /** Tools that fail whatever they are asked. */
  readonly broken?: readonly string[];
}

export interface Ran {
  readonly view: AgentView;
  readonly steps: readonly Step[];
  readonly answer: Answer | null;
  readonly thoughts: readonly string[];
}

export async function ask(asked: Asked): Promise<Ran> {
  const thoughts: string[] = [];
  const steps: Step[] = [];
  const view = (calls: readonly ToolCall[] = []): AgentView => ({
    question: asked.question,
    earlier: asked.earlier ?? [],
    preferences: {
      time_zone: "UTC",
      week_start: "monday",
      budgets: [],
      ...asked.preferences,
    },
    now: asked.now,
    steps: [...steps],
    calls,
  });
  for (
    let name = costs.next(view());
    name !== null;
    name = costs.next(view())
  ) {
    if (steps.length >= limits.stepsPerRunMax)
      throw new Error("the plan does not end");
    const agent = costs.agents.find((candidate) => candidate.name === name);
    if (agent === undefined)
      throw new Error(`the plan names an unknown agent: ${name}`);
    steps.push(await runAgent(agent, view, asked, thoughts));
  }
  return {
    view: view(),
    steps,
    answer: costs.answer(view(), { timedOut: false }),
    thoughts,
  };
}

async function runAgent(
  agent: Agent,
  view: (calls: readonly ToolCall[]) => AgentView,
  asked: Asked,
  thoughts: string[],
): Promise<Step> {
  const calls: ToolCall[] = [];
  for (;;) {
    thoughts.push(agent.think(view(calls)));
    const decision = agent.decide(view(calls));
    if (decision.kind === "fail")
      return step(agent, "failed", "", null, decision.error, calls);
    if (decision.kind === "finish")
      return step(
        agent,
        decision.status,
        decision.summary,
        decision.result,
        null,
        calls,
      );
    if (calls.length >= limits.toolCallsPerAgentMax)
      throw new Error(`${agent.name} does not end`);
    calls.push(
      await useTool(
        agent,
        decision,
        `${agent.name}-${calls.length + 1}`,
        asked,
      ),
    );
  }
}

type UseTool = Extract<Decision, { kind: "useTool" }>;

async function useTool(
  agent: Agent,
  decision: UseTool,
  id: string,
  asked: Asked,
): Promise<ToolCall> {
  const tool = costs.tools.find(
    (candidate) => candidate.name === decision.tool,
  );
  if (tool === undefined || !agent.tools.includes(decision.tool))
    throw new Error(`${agent.name} may not use ${decision.tool}`);
  const call = {
    tool_call_id: id,
    tool_name: tool.name,
    parameters: decision.parameters,
  };
  if (asked.broken?.includes(tool.name)) {
    return {
      ...call,
      success: false,
      summary: "",
      result: null,
      error: { code: "broken", message: "broken by the test" },
    };
  }
  const context = {
    user_id: "u" as UserId,
    thread_id: "t" as ThreadId,
    run_id: "r" as RunId,
    now: asked.now,
  };
  const work = tool.run(decision.parameters, context).pipe(
    Effect.map((result) => {
      const stored = JSON.parse(JSON.stringify(result)) as JsonObject;
      return {
        ...call,
        success: true,
        summary: tool.summarize(stored),
        result: stored,
        error: null,
      };
    }),
    Effect.catch((failure) =>
      Effect.succeed({
        ...call,
        success: false,
        summary: "",
        result: null,
        error: { code: failure.code, message: failure.problem },
      }),
    ),
  );
  return Effect.runPromise(Effect.provide(work, asked.services));
}

function step(
  agent: Agent,
  status: Step["status"],
  summary: string,
  result: JsonObject | null,
  error: Failure | null,
  calls: readonly ToolCall[],
): Step {
  return { agent_name: agent.name, status, summary, result, error, calls };
}
