/**
 * LiteLLM's log of requests: the table LiteLLM_SpendLogs, or `/spend/logs`. Promises: cached tokens, which have no columns, are taken
 * from metadata.usage_object; a request that LiteLLM answered from its own response cache bought no tokens and has none here; `spend`
 * is what LiteLLM charged for the request. Prompts, completions and the request's body are never read.
 */
import { Fields } from "./fields.ts";
import type { Reading, ReadingOptions } from "./importer.ts";
import { litellmTokens, withoutRoute } from "./litellmTokens.ts";
import { fieldAt, opened } from "./nested.ts";
import { csvTable, jsonTable, passedTier } from "./rows.ts";
import type { Table, Values } from "./rows.ts";

const COLUMNS = [
  "request_id",
  "startTime",
  "model",
  "spend",
  "prompt_tokens",
  "completion_tokens",
];
/** The label of a request that LiteLLM's response cache answered. */
const CACHE_HIT = "cache_hit";
const NO_TOKENS = {
  uncached_input: 0,
  cache_read: 0,
  cache_write_5m: 0,
  cache_write_1h: 0,
  output: 0,
};

const USAGE = "metadata.usage_object";
const DETAILS = `${USAGE}.prompt_tokens_details`;
const HOUR = `${DETAILS}.cache_creation_token_details.ephemeral_1h_input_tokens`;
/** The fields within metadata, with the way to each. */
const IN_METADATA: Readonly<Record<string, readonly string[]>> =
  Object.fromEntries(
    [
      "metadata.user_api_key_alias",
      "metadata.status",
      `${USAGE}.cache_creation_input_tokens`,
      `${USAGE}.cache_read_input_tokens`,
      `${DETAILS}.cache_creation_tokens`,
      `${DETAILS}.cache_write_tokens`,
      `${DETAILS}.cached_tokens`,
      HOUR,
    ].map((name) => [name, name.split(".").slice(1)]),
  );

const table: Table = {
  expects: `LiteLLM's SpendLogs with ${COLUMNS.join(", ")} and metadata`,
  recognise: (has, options) =>
    COLUMNS.every(has) ? (values) => readLog(values, options) : null,
};
export const litellmLogsCsv = csvTable("litellm_logs_csv", table);
export const litellmLogsJson = jsonTable("litellm_logs_json", table);

function readLog(values: Values, options: ReadingOptions): Reading {
  const metadata = opened(values("metadata"));
  const fields = new Fields((name) => {
    const path = IN_METADATA[name];
    return path === undefined ? values(name) : fieldAt(metadata, path);
  });
  // Without it, every cached token would be priced as an uncached one.
  if (metadata === null) fields.fail("metadata is not a JSON object");
  const provider = fields.text("custom_llm_provider");
  const fromCache = fields.text("cache_hit")?.toLowerCase() === "true";
  const tags = fields.labels("request_tags");
  return fields.settle({
    at: fields.instant("startTime"),
    model: withoutRoute(modelOf(fields, options), provider),
    provider,
    project: fields.text("team_id"),
    feature: fields.text("agent_id"),
    user: fields.text("end_user") ?? fields.text("user"),
    api_key:
      fields.text("metadata.user_api_key_alias") ?? fields.text("api_key"),
    tier: tierOf(fields, metadata),
    requests: 1,
    tokens: fromCache ? NO_TOKENS : litellmTokens(fields, cacheOf(fields)),
    billed_usd: fields.dollars("spend"),
    tags: fromCache ? [...new Set([...tags, CACHE_HIT])] : tags,
    failed_requests: failedOf(fields),
    source_id: { kind: "request", id: idOf(fields) },
  });
}

function idOf(fields: Fields): string {
  const id = fields.text("request_id");
  if (id === null) fields.fail("request_id is empty");
  return id ?? "";
}

/** A request that failed before a deployment was chosen has only the name that was asked for. */
function modelOf(fields: Fields, options: ReadingOptions): string {
  return fields.model(
    fields.text("model") === null ? "model_group" : "model",
    options.model,
  );
}

/** Both of OpenAI's and Anthropic's names may be there, one of them with a 0 that says nothing, so the larger counts. */
function cacheOf(fields: Fields) {
  const written = Math.max(
    fields.count(`${USAGE}.cache_creation_input_tokens`),
    fields.count(`${DETAILS}.cache_creation_tokens`),
    fields.count(`${DETAILS}.cache_write_tokens`),
  );
  const hour = fields.count(HOUR);
  if (hour > written && written > 0)
    fields.fail("cache writes of an hour are more than all cache writes");
  return {
    read: Math.max(
      fields.count(`${USAGE}.cache_read_input_tokens`),
      fields.count(`${DETAILS}.cached_tokens`),
    ),
    written_5m: Math.max(written - hour, 0),
    written_1h: hour,
  };
}

/** A retrieved batch is logged once with all its tokens; its provider sold them at the batch's price. */
function tierOf(fields: Fields, metadata: unknown) {
  if (fields.text("call_type")?.endsWith("retrieve_batch") === true)
    return "batch";
  return passedTier(fieldAt(metadata, ["usage_object", "service_tier"]));
}

/** Older versions log no status, and then nobody knows. */
function failedOf(fields: Fields): number | null {
  const status = fields.text("status") ?? fields.text("metadata.status");
  if (status === null) return null;
  return status === "failure" ? 1 : 0;
}
