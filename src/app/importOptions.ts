/** What a person says about a file, by query or by flag, read from text. Promises: what does not fit is an InvalidRequest that says how it should. */
import { Effect } from "effect";
import { parseInstant } from "../adapters/importers/instant.ts";
import { InvalidRequest } from "../domain/errors.ts";
import type { Timestamp } from "../domain/model.ts";

/** `map=model:Modell,input_tokens:Eingabe`: our column name, then the file's. */
export function readMap(
  text: string | undefined,
): Effect.Effect<Record<string, string> | null, InvalidRequest> {
  if (text === undefined || text === "") return Effect.succeed(null);
  const pairs = text.split(",").map((it) => it.split(":"));
  if (pairs.every((it) => it.length === 2 && it[0] !== "" && it[1] !== "")) {
    return Effect.succeed(Object.fromEntries(pairs) as Record<string, string>);
  }
  return Effect.fail(
    new InvalidRequest({
      problem: "map must read our_column:file_column, separated by commas.",
      path: "map",
    }),
  );
}

/** When a trace without dates began: `start=2026-10-01` or an instant. */
export function readStart(
  text: string | undefined,
): Effect.Effect<Timestamp | null, InvalidRequest> {
  if (text === undefined || text === "") return Effect.succeed(null);
  const start = parseInstant(text);
  if (start !== null) return Effect.succeed(start);
  return Effect.fail(
    new InvalidRequest({
      problem: "start must be an ISO 8601 date or instant.",
      path: "start",
    }),
  );
}
