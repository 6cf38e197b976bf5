/**
 * Langfuse's exports of observations and of v4's events. Promises: only generations and embeddings count, since the spans, agents and
 * chains around them repeat their usage; a generation within a generation that tells the very same tokens is the same call, seen by two
 * instrumentations, and counts once. Input, output and metadata are never read.
 */
import { hash } from "node:crypto";
import type { Tokens } from "../../domain/model.ts";
import { Fields } from "./fields.ts";
import { isProblem } from "./importer.ts";
import type { Reading, ReadingOptions } from "./importer.ts";
import { langfuseTokens } from "./langfuseUsage.ts";
import { opened } from "./nested.ts";
import type { JsonRecord } from "./nested.ts";
import { csvTable, jsonTable, passedTier } from "./rows.ts";
import type { Table, Values } from "./rows.ts";

const COLUMNS = ["id", "traceId", "type", "startTime"];
const USAGE_COLUMNS = ["usageDetails", "inputUsage", "totalCost"];
const COUNTED_TYPES = ["GENERATION", "EMBEDDING"];
const USAGE = "usageDetails";
const COST = "costDetails";
const IN_USAGE = `${USAGE}.`;
const IN_COST = `${COST}.`;

const table: Table = {
  expects: `Langfuse's observations or events with ${COLUMNS.join(", ")} and ${USAGE}`,
  recognise: (has, options) => {
    if (!COLUMNS.every(has) || !USAGE_COLUMNS.some(has)) return null;
    const isRepeated = repeatedCalls();
    return (values) => {
      if (!COUNTED_TYPES.includes(String(values("type")).toUpperCase()))
        return null;
      const reading = readObservation(values, options);
      return !isProblem(reading) && isRepeated(values, reading.tokens)
        ? null
        : reading;
    };
  },
};
export const langfuseCsv = csvTable("langfuse_csv", table);
export const langfuseJson = jsonTable("langfuse_json", table);

function readObservation(values: Values, options: ReadingOptions): Reading {
  const usage = opened(values(USAGE));
  const cost = opened(values(COST));
  const fields = new Fields((name) => {
    // A key of a map is named `map.key`, and may have dots of its own.
    if (name.startsWith(IN_USAGE)) return usage?.[name.slice(IN_USAGE.length)];
    if (name.startsWith(IN_COST)) return cost?.[name.slice(IN_COST.length)];
    return values(name);
  });
  if (usage === null) fields.fail(`${USAGE} is not a JSON object`);
  if (cost === null) fields.fail(`${COST} is not a JSON object`);
  const id = fields.text("id");
  if (id === null) fields.fail("id is empty");
  const tokens = tokensOf(fields, usage ?? {});
  const named = fields.text("model") === null ? "providedModelName" : "model";
  return fields.settle({
    at: fields.instant("startTime"),
    model: fields.model(named, options.model),
    provider: null,
    project: fields.text("projectId"),
    feature: fields.text("traceName"),
    user: fields.text("userId"),
    api_key: null,
    tier: passedTier(opened(values("modelParameters"))?.["service_tier"]),
    requests: 1,
    tokens,
    billed_usd: billedOf(fields, cost ?? {}, tokens),
    tags: [
      ...new Set([...fields.labels("traceTags"), ...fields.labels("tags")]),
    ],
    failed_requests: failedOf(fields),
    source_id: { kind: "request", id: id ?? "" },
  });
}

/** Exports of old observations have no map, only what it adds up to. */
function tokensOf(fields: Fields, usage: JsonRecord): Tokens {
  const told = langfuseTokens(fields, USAGE, usage);
  if (told !== null) return told;
  const input = fields.count("inputUsage");
  const output = fields.count("outputUsage");
  const total = Math.max(
    fields.count(`${USAGE}.total`),
    fields.count("totalUsage"),
  );
  if (input + output === 0 && total > 0)
    fields.fail(`${USAGE} tells a total, but not what of it is input`);
  return {
    uncached_input: input,
    cache_read: 0,
    cache_write_5m: 0,
    cache_write_1h: 0,
    output,
  };
}

/** Langfuse writes 0 for a model that it has no price for; such a 0 is no bill. */
function billedOf(
  fields: Fields,
  cost: JsonRecord,
  tokens: Tokens,
): number | null {
  const parts = Object.keys(cost).filter((key) => key !== "total");
  const sum = parts.reduce(
    (usd, key) => usd + (fields.dollars(`${COST}.${key}`) ?? 0),
    0,
  );
  const total = fields.dollars("totalCost") ?? fields.dollars(`${COST}.total`);
  const billed = total ?? (parts.length === 0 ? null : sum);
  const used = Object.values(tokens).some((count) => count > 0);
  return billed === 0 && used && Object.keys(cost).length === 0 ? null : billed;
}

function failedOf(fields: Fields): number | null {
  const level = fields.text("level");
  if (level === null) return null;
  return level === "ERROR" ? 1 : 0;
}

/** 52 bits: exact in a number, and among the generations of one file two share them less than once in ten thousand files. */
const COUNTED_HEX_DIGITS = 13;

/**
 * Whether an observation tells what its parent or its child, counted before, has told: the same tokens, and some. It remembers two
 * numbers for each generation, up to limits.importRowsMax rows, so that parent and child may come in either order.
 */
function repeatedCalls(): (values: Values, tokens: Tokens) => boolean {
  const counted = new Set<number>();
  return (values, tokens) => {
    const counts = Object.values(tokens);
    if (counts.every((count) => count === 0)) return false;
    const key = (role: "call" | "within", id: unknown) =>
      keyOf([role, String(values("traceId")), String(id), ...counts]);
    const id = values("id");
    const parent = values("parentObservationId") || null;
    if (counted.has(key("within", id))) return true;
    if (parent !== null && counted.has(key("call", parent))) return true;
    counted.add(key("call", id));
    if (parent !== null) counted.add(key("within", parent));
    return false;
  };
}

function keyOf(parts: readonly unknown[]): number {
  const digest = hash("sha256", JSON.stringify(parts), "hex");
  return Number.parseInt(digest.slice(0, COUNTED_HEX_DIGITS), 16);
}
