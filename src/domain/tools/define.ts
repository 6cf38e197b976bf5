/**
 * The one constructor of tools: it checks parameters against their schema before `run` sees them, and carries the result's type.
 * Promises: a tool never runs on parameters that its schema refuses; a mismatch is a `ToolFailed` that names the field.
 */
import { Effect, Schema } from "effect";
import type { Tool, ToolContext, Version } from "../agents/definition.ts";
import { ToolFailed } from "../errors.ts";
import type { JsonObject } from "../model.ts";

export interface ToolSpecification<
  P extends JsonObject,
  Result extends JsonObject,
  R,
> {
  readonly name: string;
  readonly description: string;
  readonly parameters: Schema.Codec<P, JsonObject>;
  readonly run: (
    parameters: P,
    context: ToolContext,
  ) => Effect.Effect<Result, ToolFailed, R>;
  readonly summarize: (result: Result) => string;
  /** See Tool: what else a result depends on, where it may be kept. */
  readonly version?: Version<P, R>;
}

/** A tool as the runtime knows it. */
export function defineTool<P extends JsonObject, Result extends JsonObject, R>(
  spec: ToolSpecification<P, Result, R>,
): Tool<R> {
  const decode = Schema.decodeUnknownEffect(spec.parameters);
  const { version } = spec;
  return {
    name: spec.name,
    description: spec.description,
    parameters: spec.parameters,
    run: (raw, context) =>
      decode(raw).pipe(
        Effect.mapError(
          (issue) =>
            new ToolFailed({
              code: "invalid_parameters",
              problem: issue.message,
            }),
        ),
        Effect.flatMap((parameters) => spec.run(parameters, context)),
      ),
    summarize: (result) => spec.summarize(result as Result),
    ...(version === undefined
      ? {}
      : {
          version: (decoded, context) => version(decoded as P, context),
        }),
  };
}
