/**
 * Traces of requests in the form of Mooncake's: JSON Lines of {timestamp, input_length, output_length, hash_ids}, where `hash_ids` name the
 * input's blocks of 512 tokens. Promises: what a prompt cache would have read and written is replayed in the order of the file, in bounded
 * memory; a trace without dates gets the same ones whenever it is read.
 */
import { BlockCache } from "../../domain/costs/blockCache.ts";
import type { BlockName } from "../../domain/costs/blockCache.ts";
import { limits } from "../../domain/limits.ts";
import type { Reusable } from "../../domain/model.ts";
import { Fields } from "./fields.ts";
import { isProblem, refuse } from "./importer.ts";
import type { JsonFormat, Reading, ReadingOptions } from "./importer.ts";

type JsonRecord = Readonly<Record<string, unknown>>;

const BLOCK_TOKENS = 512;
/** Where the time stamps start when nobody says: a date, so that importing the trace again adds nothing. */
export const TRACE_START = "2025-01-01T00:00:00.000Z";
const NEEDED = ["timestamp", "input_length", "output_length"];
const EXPECTS = `a trace as JSON Lines: {"timestamp" (milliseconds from the start), "input_length", "output_length", "hash_ids" (one for every ${BLOCK_TOKENS} tokens of input)}`;

export const blockTrace: JsonFormat = {
  name: "block_trace",
  expects: EXPECTS,
  recognise: (document, options) => {
    const [first] = listed(document);
    if (!isRecord(first) || !NEEDED.every((name) => name in first)) return null;
    // Traces with the same names and blocks of another size, or seconds for milliseconds, exist; they would be read wrongly.
    if (Number(first["input_length"]) > 0 && !coversInput(first))
      return refuse("The trace's blocks are not of 512 tokens", EXPECTS);
    if (options.model === undefined && first["model"] === undefined)
      return refuse("The trace names no model", "the model given with --model");
    const cache = new BlockCache(BLOCK_TOKENS);
    return (rows) =>
      listed(rows).map((row, index) => {
        const reading = readRow(row, cache, options);
        return Array.isArray(rows) && isProblem(reading)
          ? { problem: `[${index}]: ${reading.problem}` }
          : reading;
      });
  },
};

function readRow(
  row: unknown,
  cache: BlockCache,
  options: ReadingOptions,
): Reading {
  if (!isRecord(row)) return { problem: "is not an object" };
  const fields = new Fields((name) => row[name]);
  const offset = fields.requiredCount("timestamp");
  const input = fields.requiredCount("input_length");
  const output = fields.requiredCount("output_length");
  const at = instantAfter(options.start ?? TRACE_START, offset);
  if (at === null) fields.fail("timestamp is too large");
  const blocks = readBlocks(fields, row, input);
  const reading = fields.settle({
    at: at ?? "",
    model: fields.model("model", options.model),
    provider: null,
    project: null,
    feature: null,
    user: null,
    api_key: null,
    tier: "standard",
    requests: 1,
    tokens: {
      uncached_input: input,
      cache_read: 0,
      cache_write_5m: 0,
      cache_write_1h: 0,
      output,
    },
    billed_usd: null,
    source_id: { kind: "row" },
  });
  if (isProblem(reading) || blocks === null) return reading;
  const reusable: Reusable | null = cache.use(offset, blocks, input);
  return { ...reading, reusable };
}

/** The blocks of a row; null where it names none, or names them wrongly, which fails the row. */
function readBlocks(
  fields: Fields,
  row: JsonRecord,
  input: number,
): readonly BlockName[] | null {
  const blocks = row["hash_ids"];
  if (blocks === undefined || blocks === null) return null;
  if (!Array.isArray(blocks) || !blocks.every(isBlockName))
    fields.fail("hash_ids is not a list of names");
  else if (blocks.length === Math.ceil(input / BLOCK_TOKENS)) return blocks;
  else fields.fail(`hash_ids has not one name for every 512 tokens of input`);
  return null;
}

function coversInput(row: JsonRecord): boolean {
  const blocks = row["hash_ids"];
  return (
    !Array.isArray(blocks) ||
    blocks.length === Math.ceil(Number(row["input_length"]) / BLOCK_TOKENS)
  );
}

function isBlockName(value: unknown): value is BlockName {
  return typeof value === "string"
    ? value.length <= limits.identifierCharactersMax
    : Number.isSafeInteger(value);
}

function instantAfter(start: string, offsetMs: number): string | null {
  const at = new Date(Date.parse(start) + offsetMs);
  // Beyond the year 9999 an instant has no four-digit year, and no database of ours a place for it.
  return at.getTime() < Date.UTC(10_000, 0) ? at.toISOString() : null;
}

function listed(document: unknown): readonly unknown[] {
  return Array.isArray(document) ? document : [document];
}

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
