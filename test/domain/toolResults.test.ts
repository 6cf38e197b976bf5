/** What may be kept of a tool's result, and for whom: the key holds all that the result depends on, and the cache is never needed. */
import { Effect, Layer, Schema } from "effect";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryCacheLayer } from "../../src/adapters/memory/cache.ts";
import type { Tool, ToolContext } from "../../src/domain/agents/definition.ts";
import { ServiceUnavailable, ToolFailed } from "../../src/domain/errors.ts";
import { canonical, resultOf } from "../../src/domain/toolResults.ts";
import { limits } from "../../src/domain/limits.ts";
import type { JsonObject, UserId } from "../../src/domain/model.ts";
import { Cache } from "../../src/domain/ports.ts";
import { context } from "../support/tools.ts";

const away = new ServiceUnavailable({ service: "cache", cause: "test" });

/** A tool that counts its runs, at a version that a test may change. */
function counting(given: Partial<Tool> = {}) {
  const state = { runs: 0, version: "1" };
  const tool: Tool = {
    name: "count",
    description: "Counts its runs.",
    parameters: Schema.JsonObject as Tool["parameters"],
    run: (parameters) =>
      Effect.sync(() => ({ ...parameters, run: ++state.runs })),
    summarize: () => "Counted.",
    version: () => Effect.sync(() => state.version),
    ...given,
  };
  return { state, tool };
}

/** Calls in turn, over one cache. */
async function callAll(
  calls: readonly {
    readonly tool: Tool;
    readonly parameters?: JsonObject;
    readonly context?: ToolContext;
    readonly program?: string;
    readonly before?: () => void;
  }[],
  cache: Layer.Layer<Cache> = memoryCacheLayer,
) {
  const all = Effect.forEach(calls, (it) =>
    Effect.suspend(() => {
      it.before?.();
      return resultOf(
        it.tool,
        it.parameters ?? {},
        it.context ?? context,
        it.program ?? "1.0.0",
      );
    }),
  );
  const results = await Effect.runPromise(Effect.provide(all, cache));
  return results.map((it) => it.kept);
}

describe("a kept result", () => {
  test("answers the same call, whatever the order of its parameters", async () => {
    const { tool, state } = counting();
    expect(
      await callAll([
        { tool, parameters: { a: 1, b: { c: 2, d: [3] } } },
        { tool, parameters: { b: { d: [3], c: 2 }, a: 1 } },
      ]),
    ).toEqual([false, true]);
    expect(state.runs).toBe(1);
  });

  test("answers no other call: parameters, tool, user, data and program all count", async () => {
    const { tool, state } = counting();
    const other = { ...context, user_id: "another" as UserId };
    expect(
      await callAll([
        { tool },
        { tool, parameters: { a: 1 } },
        { tool: { ...tool, name: "other" } },
        { tool, context: other },
        { tool, program: "1.0.1" },
        { tool, before: () => (state.version = "2") },
        { tool, before: () => (state.version = "1") },
      ]),
    ).toEqual([false, false, false, false, false, false, true]);
  });

  test("is never that of a tool without a version, of a failed call, or of one that is too large", async () => {
    const { version: _, ...unversioned } = counting().tool;
    expect(
      await callAll([{ tool: unversioned }, { tool: unversioned }]),
    ).toEqual([false, false]);
    const large = counting({
      run: () =>
        Effect.succeed({ text: "€".repeat(limits.keptResultBytesMax / 3) }),
    });
    expect(await callAll([{ tool: large.tool }, { tool: large.tool }])).toEqual(
      [false, false],
    );
    const failure = new ToolFailed({ code: "broken", problem: "It broke." });
    const { tool } = counting({
      run: (_parameters, { user_id }) =>
        user_id === context.user_id ? Effect.fail(failure) : Effect.succeed({}),
    });
    const call = Effect.flip(resultOf(tool, {}, context, "1.0.0"));
    const twice = Effect.all([call, call]).pipe(
      Effect.provide(memoryCacheLayer),
    );
    expect(await Effect.runPromise(twice)).toEqual([failure, failure]);
  });

  test("is not needed: without cache or version everything is computed", async () => {
    const fail = () => Effect.fail(away);
    const gone = Layer.succeed(
      Cache,
      Cache.of({
        get: fail,
        set: fail,
        getAll: fail,
        setAll: fail,
        putMembers: fail,
        removeMembers: fail,
        members: fail,
        countMembers: fail,
        take: fail,
        consume: fail,
      }),
    );
    const { tool } = counting();
    expect(await callAll([{ tool }, { tool }], gone)).toEqual([false, false]);
    const blind = counting({ version: () => Effect.fail(away) });
    expect(await callAll([{ tool: blind.tool }, { tool: blind.tool }])).toEqual(
      [false, false],
    );
  });
});

test("the canonical text is equal for equal JSON and differs for different JSON", () => {
  fc.assert(
    fc.property(fc.json(), fc.json(), (a, b) => {
      const [one, other] = [JSON.parse(a) as unknown, JSON.parse(b) as unknown];
      expect(JSON.parse(canonical(one))).toEqual(one);
      expect(canonical(one) === canonical(other)).toBe(
        JSON.stringify(sorted(one)) === JSON.stringify(sorted(other)),
      );
    }),
  );
});

/** The same value with every object as its entries in order of their keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, it]) => [key, sorted(it)])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return { entries };
}
