/**
 * OpenRouter's activity: the CSV with one row per generation, and the answer of GET /activity with one row per day, model and endpoint.
 * Promises: tokens_prompt includes tokens_cached, which are taken out of it; the parts of cost_total are not added to it. Billed is
 * what OpenRouter charged; what a user's own key at a provider cost there (byok_usage_inference) is that provider's to bill, so it is
 * left out and the row is labelled `byok`.
 */
import { Fields } from "./fields.ts";
import type { Reading, ReadingOptions } from "./importer.ts";
import { csvTable, jsonTable } from "./rows.ts";
import type { Values } from "./rows.ts";

/** Prices are OpenRouter's, whoever serves the model. */
const PROVIDER = "openrouter";
const GENERATION_COLUMNS = [
  "generation_id",
  "created_at",
  "cost_total",
  "tokens_prompt",
  "tokens_completion",
  "model_permaslug",
];

export const openrouterCsv = csvTable("openrouter_csv", {
  expects: `OpenRouter's activity with the columns ${GENERATION_COLUMNS.join(", ")}`,
  recognise: (has, options) =>
    GENERATION_COLUMNS.every(has)
      ? (values) => readGeneration(new Fields(values), options)
      : null,
});

function readGeneration(fields: Fields, options: ReadingOptions): Reading {
  const id = fields.text("generation_id");
  if (id === null) fields.fail("generation_id is empty");
  const prompt = fields.requiredCount("tokens_prompt");
  const cached = fields.count("tokens_cached");
  if (cached > prompt)
    fields.fail(
      "tokens_cached are more than tokens_prompt, which includes them",
    );
  return fields.settle({
    at: fields.instant("created_at"),
    model: variantOf(fields, fields.model("model_permaslug", options.model)),
    provider: PROVIDER,
    project: null,
    feature: fields.text("app_name"),
    user: fields.text("user"),
    api_key: fields.text("api_key_name"),
    tier: "standard",
    requests: 1,
    tokens: {
      uncached_input: prompt - cached,
      cache_read: cached,
      cache_write_5m: 0,
      cache_write_1h: 0,
      output: fields.requiredCount("tokens_completion"),
    },
    billed_usd: fields.dollars("cost_total"),
    tags: tagsOf(fields),
    failed_requests: failedOf(fields),
    source_id: { kind: "request", id: id ?? "" },
  });
}

/** OpenRouter names a variant behind a colon, and each has prices of its own: a free one must not be priced as the usual one. */
function variantOf(fields: Fields, model: string): string {
  const variant = fields.text("variant");
  return variant === null || variant === "standard" || model.includes(":")
    ? model
    : `${model}:${variant}`;
}

/** A generation that its caller broke off is paid for and did not fail; the label tells it. */
function tagsOf(fields: Fields): readonly string[] {
  return [
    ...((fields.dollars("byok_usage_inference") ?? 0) > 0 ? ["byok"] : []),
    ...(fields.text("cancelled")?.toLowerCase() === "true"
      ? ["cancelled"]
      : []),
  ];
}

function failedOf(fields: Fields): number | null {
  const reason = fields.text("finish_reason_normalized");
  if (reason === null) return null;
  return reason === "error" ? 1 : 0;
}

const DAY_FIELDS = ["date", "model", "usage", "requests"];

/** The API's names, and those that OpenRouter's client for TypeScript makes of them. */
const CAMEL: Readonly<Record<string, string>> = {
  model_permaslug: "modelPermaslug",
  endpoint_id: "endpointId",
  provider_name: "providerName",
  byok_usage_inference: "byokUsageInference",
  prompt_tokens: "promptTokens",
  completion_tokens: "completionTokens",
};

export const openrouterJson = jsonTable("openrouter_json", {
  expects: `OpenRouter's GET /activity: {"data": [{${DAY_FIELDS.map((it) => `"${it}"`).join(", ")}, "prompt_tokens", "completion_tokens"}]}`,
  recognise: (has, options) =>
    DAY_FIELDS.every(has) && (has("prompt_tokens") || has("promptTokens"))
      ? (values) => readDay(values, options)
      : null,
});

/** It tells no cached tokens: all input counts as uncached, and what is computed from that is too much where a cache was used. */
function readDay(values: Values, options: ReadingOptions): Reading {
  const fields = new Fields(
    (name) => values(name) ?? values(CAMEL[name] ?? name),
  );
  return fields.settle({
    at: fields.instant("date"),
    model: fields.model("model", options.model),
    provider: PROVIDER,
    project: null,
    feature: null,
    user: null,
    api_key: null,
    tier: "standard",
    requests: fields.requiredCount("requests"),
    tokens: {
      uncached_input: fields.requiredCount("prompt_tokens"),
      cache_read: 0,
      cache_write_5m: 0,
      cache_write_1h: 0,
      output: fields.requiredCount("completion_tokens"),
    },
    billed_usd: fields.dollars("usage"),
    tags: tagsOf(fields),
    source_id: {
      kind: "bucket",
      of: ["model_permaslug", "endpoint_id", "provider_name"].map((name) =>
        fields.text(name),
      ),
    },
  });
}
