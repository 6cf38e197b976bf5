/**
 * Langfuse's usageDetails: a map from kinds of tokens to counts, whose keys are whatever the instrumented library called them.
 * Promises: its kinds become disjoint buckets; whether `input` includes the cached part is told by the map's own total where it has
 * one, and by Langfuse's convention where it has none. What is neither input nor output, such as searches, is no token.
 */
import type { Tokens } from "../../domain/model.ts";
import type { Fields } from "./fields.ts";
import type { JsonRecord } from "./nested.ts";

type Kind = "total" | "input" | "output" | "read" | "write_5m" | "write_1h";
type Part = `${"input" | "output"}_part`;

/** The names under which libraries report all input and all output, in contrast to a part of it such as input_audio_tokens. */
const WHOLE = {
  input: ["input", "input_tokens", "prompt_tokens", "promptTokens"],
  output: ["output", "output_tokens", "completion_tokens", "completionTokens"],
} as const;

/** What one map says, before it is known whether the wholes include the parts. */
type Sums = Record<Kind | Part | "write_any", number>;

/** Reads the map `name`, whose keys `fields` answers as `name.key`. Null when it tells no input and no output. */
export function langfuseTokens(
  fields: Fields,
  name: string,
  map: JsonRecord,
): Tokens | null {
  const sums = sumByKind(fields, name, map);
  const { input, output, input_part, output_part, read } = sums;
  const written = writesOf(sums);
  const cached = read + written.write_5m + written.write_1h;
  if (input + output + input_part + output_part + cached === 0) return null;
  // A total alone cannot tell: Langfuse adds one up itself where the library gave none.
  const included = includedIn(sums, cached, isSemantic(map));
  return {
    uncached_input: included.input ? input - cached : input + input_part,
    cache_read: read,
    cache_write_5m: written.write_5m,
    cache_write_1h: written.write_1h,
    output: included.output ? output : output + output_part,
  };
}

function sumByKind(fields: Fields, name: string, map: JsonRecord): Sums {
  const sums: Sums = {
    total: 0,
    input: 0,
    output: 0,
    input_part: 0,
    output_part: 0,
    read: 0,
    write_any: 0,
    write_5m: 0,
    write_1h: 0,
  };
  for (const key of Object.keys(map)) {
    const kind = kindOf(key);
    if (kind !== null) sums[kind] += fields.count(`${name}.${key}`);
  }
  return sums;
}

function kindOf(key: string): keyof Sums | null {
  if (WHOLE.input.some((it) => it === key)) return "input";
  if (WHOLE.output.some((it) => it === key)) return "output";
  const lower = key.toLowerCase();
  if (lower.startsWith("total")) return "total";
  if (lower.includes("cache")) {
    if (!/creation|write/.test(lower)) return "read";
    if (lower.includes("1h")) return "write_1h";
    return lower.includes("5m") ? "write_5m" : "write_any";
  }
  if (/^(input|prompt)/.test(lower)) return "input_part";
  return /^(output|completion|reasoning|thought)/.test(lower)
    ? "output_part"
    : null;
}

/** Writes of no told lifetime have the shorter one; when they are exactly the others together, they are the others' sum. */
function writesOf({ write_any, write_5m, write_1h }: Sums) {
  const sum = write_5m + write_1h;
  return { write_5m: write_5m + (write_any === sum ? 0 : write_any), write_1h };
}

/** Whether `input` and `output` include their parts: the reading under which everything adds up to the total. */
function includedIn(sums: Sums, cached: number, semantic: boolean) {
  const inputParts = sums.input_part + cached;
  if (inputParts + sums.output_part === 0)
    return { input: false, output: false };
  const readings = [false, true].flatMap((input) =>
    [false, true].map((output) => ({ input, output })),
  );
  const possible = readings.filter(
    ({ input, output }) =>
      (!input || inputParts <= sums.input) &&
      (!output || sums.output_part <= sums.output),
  );
  const told = possible.find(
    ({ input, output }) =>
      sums.input +
        (input ? 0 : inputParts) +
        sums.output +
        (output ? 0 : sums.output_part) ===
      sums.total,
  );
  const usual = possible.find(
    ({ input, output }) => input === semantic && output === semantic,
  );
  return told ?? usual ?? { input: false, output: false };
}

/** OpenTelemetry's own names have a dot, and there input_tokens includes the cached ones and output_tokens the reasoning. */
function isSemantic(map: JsonRecord): boolean {
  return Object.keys(map).some(
    (key) => key.startsWith("cache_") && key.includes("."),
  );
}
