/**
 * An application whose behaviour stands in the question, for tests of the runtime: `alpha noop noop; beta fail; gamma sleep(50)`. Each part
 * is an agent with the tools it uses in order. Owns its gates. Promises: nothing of it is about costs.
 */
import { Deferred, Effect, Schema } from "effect";
import type {
  Agent,
  AgentView,
  Application,
  Decision,
  Tool,
} from "../../src/domain/agents/definition.ts";
import { ToolFailed } from "../../src/domain/errors.ts";
import type { JsonObject } from "../../src/domain/model.ts";

const NAMES = ["alpha", "beta", "gamma", "delta"] as const;
/** Four agents with one empty tool each: 24 stored events. */
export const ZERO_WORK = NAMES.map((name) => `${name} noop!`).join("; ");

interface Word {
  readonly tool: string;
  readonly argument: string;
  readonly final: boolean;
}

/** The agents of a question, in order, with their words. */
function planOf(
  question: string,
): { readonly name: string; readonly words: readonly Word[] }[] {
  return question
    .split(";")
    .map((part) => part.trim().split(/\s+/))
    .filter(([name]) => NAMES.includes(name as (typeof NAMES)[number]))
    .map(([name, ...words]) => ({ name: name!, words: words.map(wordOf) }));
}

function wordOf(text: string): Word {
  const [, tool = "", argument = "", mark = ""] =
    /^(\w+)(?:\(([^)]*)\))?(!?)$/.exec(text) ?? [];
  return { tool, argument, final: mark === "!" };
}

/** Gates that a test opens; a tool `gate(x)` waits for the gate x. */
export class Gates {
  readonly #gates = new Map<string, Deferred.Deferred<void>>();
  readonly #reached = new Map<string, Deferred.Deferred<void>>();

  open(name: string): void {
    Effect.runSync(Deferred.succeed(this.#of(this.#gates, name), undefined));
  }

  /** Resolves when a tool waits at the gate. */
  reached(name: string): Promise<void> {
    return Effect.runPromise(Deferred.await(this.#of(this.#reached, name)));
  }

  wait(name: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      Effect.runSync(
        Deferred.succeed(this.#of(this.#reached, name), undefined),
      );
      return Deferred.await(this.#of(this.#gates, name));
    });
  }

  #of(
    map: Map<string, Deferred.Deferred<void>>,
    name: string,
  ): Deferred.Deferred<void> {
    const known = map.get(name) ?? Deferred.makeUnsafe<void>();
    map.set(name, known);
    return known;
  }
}

/** The application; each server has its own gates. */
export function scripted(gates: Gates = new Gates()): Application {
  return {
    name: "scripted",
    goal: "Do as the question says.",
    opening: () => "Reading the script.",
    agents: NAMES.map(agentNamed),
    tools: [
      tool("noop", () => Effect.succeed({})),
      tool("echo", (parameters) =>
        Effect.succeed({ echoed: parameters["argument"] ?? "" }),
      ),
      tool("secret", () =>
        Effect.succeed({ api_key: "sk-12345", total_tokens: 7 }),
      ),
      tool("fail", () =>
        Effect.fail(
          new ToolFailed({
            code: "broken",
            problem: "The tool broke, as asked.",
          }),
        ),
      ),
      tool("die", () =>
        Effect.die(new Error("a defect with /a/path and select * from users")),
      ),
      tool("hang", () => Effect.never),
      tool("gate", (parameters) =>
        Effect.as(gates.wait(String(parameters["argument"])), {}),
      ),
      tool("sleep", (parameters) =>
        Effect.as(Effect.sleep(Number(parameters["argument"])), {}),
      ),
      tool("block", (parameters) =>
        Effect.as(blockProcess(Number(parameters["argument"])), {}),
      ),
    ],
    next: ({ question, steps }) => planOf(question)[steps.length]?.name ?? null,
    answer: ({ question, steps }) => ({
      content: `Did: ${question}\n\n${steps.map((it) => `${it.agent_name} ${it.status}`).join(", ")}`,
      report: { steps: steps.length },
      partial: false,
    }),
  };
}

/** Holds the whole process up, as a computation does that should have been elsewhere. */
function blockProcess(ms: number): Effect.Effect<void> {
  return Effect.sync(() => {
    const nobodyWakesIt = new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(nobodyWakesIt, 0, 0, ms);
  });
}

function tool(
  name: string,
  run: (parameters: JsonObject) => Effect.Effect<JsonObject, ToolFailed>,
): Tool {
  return {
    name,
    description: `Does ${name}.`,
    parameters: Schema.JsonObject as Tool["parameters"],
    run,
    summarize: () => `${name} is done.`,
  };
}

function agentNamed(name: string): Agent {
  return {
    name,
    goal: `Be ${name}.`,
    tools: [
      "noop",
      "echo",
      "secret",
      "fail",
      "die",
      "hang",
      "gate",
      "sleep",
      "block",
    ],
    think: ({ calls }) => `${name} has made ${calls.length} calls.`,
    decide: (view) => decide(name, view),
  };
}

function decide(name: string, { question, calls }: AgentView): Decision {
  const words = planOf(question).find((it) => it.name === name)?.words ?? [];
  const word = words[calls.length];
  if (word === undefined) {
    const broken = calls.find((it) => !it.success);
    if (broken?.error) return { kind: "fail", error: broken.error };
    return {
      kind: "finish",
      status: "completed",
      summary: `${name} is done.`,
      result: {},
    };
  }
  if (word.tool === "throw") throw new Error("the agent threw");
  const parameters = word.argument === "" ? {} : { argument: word.argument };
  return {
    kind: "useTool",
    tool: word.tool,
    parameters,
    purpose: `${word.tool} for ${name}`,
    final: word.final,
  };
}
