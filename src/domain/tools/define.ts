/**
 * The one constructor of tools: it checks parameters against their schema before `run` sees them, and carries the result's type.
 * Promises: a tool never runs on parameters that its schema refuses; a mismatch is a `ToolFailed` that names the field.
 */
import { Effect, Schema } from "effect";
import type { Tool, ToolContext } from "../agents/definition.ts";
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
}

/** A tool as the runtime knows it. */
export function defineTool<P extends JsonObject, Result extends JsonObject, R>(
  spec: ToolSpecification<P, Result, R>,
): Tool<R> {
  const decode = Schema.decodeUnknownEffect(spec.parameters);
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
  };
}
