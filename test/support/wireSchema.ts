/**
 * What a server may send, judged by the contract's own schemas. Promises: a frame with a missing, wrong or undocumented field is named.
 */
import { Result, Schema } from "effect";
import { connectionFrames, events } from "../../src/domain/protocol.ts";
import type { JsonObject } from "../../src/domain/model.ts";

const schemas: { readonly [type: string]: Schema.Codec<unknown> } = {
  ...connectionFrames,
  ...events,
};

/** What is wrong with a frame that the server sent; null when it is one of the contract's, or a JSON-RPC answer around one. */
export function frameProblem(frame: JsonObject): string | null {
  if (frame["jsonrpc"] === "2.0") return rpcProblem(frame);
  const type = String(frame["type"]);
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema === undefined) return `no frame of the contract: ${type}`;
  const decoded = Schema.decodeUnknownResult(schema, {
    onExcessProperty: "error",
  })(frame);
  return Result.isFailure(decoded)
    ? `${type}: ${decoded.failure.message}`
    : null;
}

/** JSON-RPC 2.0, section 5: `id` and exactly one of `result` and `error`. */
function rpcProblem(frame: JsonObject): string | null {
  if (!("id" in frame)) return "a JSON-RPC answer without an id";
  if ("result" in frame === "error" in frame)
    return "a JSON-RPC answer needs either a result or an error";
  const error = frame["error"] as JsonObject | undefined;
  const inner = error === undefined ? frame["result"] : error["data"];
  const hasFrame = Object.keys(inner as JsonObject).length > 0;
  return hasFrame ? frameProblem(inner as JsonObject) : null;
}
