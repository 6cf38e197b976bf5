/**
 * LiteLLM's daily tables of spend by user, team, organization, end user or agent: one row per day, key, model, provider and endpoint.
 * Promises: prompt_tokens includes cached tokens, which are taken out of it. The table by tag is refused: it counts a request once for
 * each of its tags and leaves out those without, so that its sums are of nothing.
 */
import { Fields } from "./fields.ts";
import { refuse } from "./importer.ts";
import type { Reading, ReadingOptions } from "./importer.ts";
import { litellmTokens, withoutRoute } from "./litellmTokens.ts";
import { csvTable, jsonTable } from "./rows.ts";
import type { Table, Values } from "./rows.ts";

const COLUMNS = [
  "date",
  "model",
  "prompt_tokens",
  "completion_tokens",
  "spend",
  "api_requests",
];
/** What tells two rows of one day, key, model and provider apart. */
const OF_THE_BUCKET = [
  "organization_id",
  "model_group",
  "mcp_namespaced_tool_name",
  "endpoint",
];
const EXPECTS = `LiteLLM's daily spend by user, team, organization, end user or agent with ${COLUMNS.join(", ")}`;

const table: Table = {
  expects: EXPECTS,
  recognise: (has, options) => {
    if (!COLUMNS.every(has)) return null;
    if (has("tag"))
      return refuse(
        "LiteLLM's daily spend by tag counts a request once for each of its tags",
        `${EXPECTS}; or LiteLLM's SpendLogs, where a request has its tags`,
      );
    return (values) => readDay(values, options);
  },
};
export const litellmDailyCsv = csvTable("litellm_daily_csv", table);
export const litellmDailyJson = jsonTable("litellm_daily_json", table);

function readDay(values: Values, options: ReadingOptions): Reading {
  const fields = new Fields(values);
  const provider = fields.text("custom_llm_provider");
  const model = fields.text("model") === null ? "model_group" : "model";
  const requests = fields.requiredCount("api_requests");
  return fields.settle({
    at: fields.instant("date"),
    model: withoutRoute(fields.model(model, options.model), provider),
    provider,
    project: fields.text("team_id"),
    feature: fields.text("agent_id"),
    user: fields.text("end_user_id") ?? fields.text("user_id"),
    api_key: fields.text("api_key"),
    tier: "standard",
    requests,
    tokens: litellmTokens(fields, {
      read: fields.count("cache_read_input_tokens"),
      written_5m: fields.count("cache_creation_input_tokens"),
      written_1h: 0,
    }),
    billed_usd: fields.dollars("spend"),
    failed_requests: failedOf(fields, requests),
    source_id: {
      kind: "bucket",
      of: OF_THE_BUCKET.map((name) => fields.text(name)),
    },
  });
}

function failedOf(fields: Fields, requests: number): number | null {
  if (fields.text("failed_requests") === null) return null;
  const failed = fields.count("failed_requests");
  if (failed > requests)
    fields.fail("failed_requests are more than api_requests");
  return failed;
}
