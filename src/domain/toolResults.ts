/**
 * What a tool answers. Its results are kept in the cache under all they depend on: user, tool, parameters, the version the tool names and
 * the version of this program. Promises: no tool runs on parameters that its schema refuses; a kept result is the one that was computed,
 * for the same user only; without the cache, or for a tool that names no version, everything is computed as ever.
 */
import { Effect, Schema } from "effect";
import type { Tool, ToolContext } from "./agents/definition.ts";
import { ToolFailed } from "./errors.ts";
import { limits } from "./limits.ts";
import type { JsonObject } from "./model.ts";
import { Cache } from "./ports.ts";

export interface Result {
  readonly result: JsonObject;
  /** It was computed for an earlier call. */
  readonly kept: boolean;
}

/** What a tool answers: kept where it may be, else computed and, where it may be, kept. */
export function resultOf<R>(
  tool: Tool<R>,
  unchecked: unknown,
  context: ToolContext,
  programVersion: string,
): Effect.Effect<Result, ToolFailed, R | Cache> {
  return Effect.gen(function* () {
    const parameters = yield* check(tool, unchecked);
    const cache = yield* Cache;
    const key = yield* keyOf(tool, parameters, context, programVersion);
    const kept = key === null ? null : yield* read(cache, key);
    if (kept !== null) return { result: kept, kept: true };
    const result = yield* tool.run(parameters, context);
    if (key !== null) yield* keep(cache, key, result);
    return { result, kept: false };
  });
}

function check<R>(
  tool: Tool<R>,
  unchecked: unknown,
): Effect.Effect<JsonObject, ToolFailed> {
  return Schema.decodeUnknownEffect(tool.parameters)(unchecked).pipe(
    Effect.mapError(
      ({ message }) =>
        new ToolFailed({ code: "invalid_parameters", problem: message }),
    ),
  );
}

/** Null for what may not be kept, or when its version cannot be told now. */
function keyOf<R>(
  tool: Tool<R>,
  parameters: JsonObject,
  context: ToolContext,
  programVersion: string,
): Effect.Effect<string | null, never, R> {
  const { name, version } = tool;
  if (version === undefined) return Effect.succeed(null);
  return version(parameters, context).pipe(
    Effect.flatMap((dataVersion) =>
      digest(
        canonical([
          context.user_id,
          name,
          parameters,
          dataVersion,
          programVersion,
        ]),
      ),
    ),
    Effect.map((it) => `result:${it}`),
    Effect.catch(() => Effect.succeed(null)),
  );
}

function read(
  cache: Cache["Service"],
  key: string,
): Effect.Effect<JsonObject | null> {
  return cache.get(key).pipe(
    Effect.map((text) =>
      text === null ? null : (JSON.parse(text) as JsonObject),
    ),
    Effect.catch(() => Effect.succeed(null)),
  );
}

/** A result that is larger than it may be is not kept; neither is one while the cache is away. */
function keep(
  cache: Cache["Service"],
  key: string,
  result: JsonObject,
): Effect.Effect<void> {
  const text = JSON.stringify(result);
  if (new TextEncoder().encode(text).length > limits.keptResultBytesMax)
    return Effect.void;
  return Effect.ignore(
    cache.set(key, text, limits.recommendationsLifetimeSeconds),
  );
}

/** The same text for the same value, in whatever order its keys stand. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null)
    return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, it]) => it !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, it]) => `${JSON.stringify(key)}:${canonical(it)}`);
  return `{${entries.join(",")}}`;
}

/** Keys of one length, whatever the parameters, with nothing of the user to be read from them. */
function digest(text: string): Effect.Effect<string> {
  return Effect.promise(async () => {
    const bytes = new TextEncoder().encode(text);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return Array.from(hash, (it) => it.toString(16).padStart(2, "0")).join("");
  });
}
