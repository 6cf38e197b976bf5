/**
 * Anthropic's cost report (Admin API, cost_report) as saved to a file. Promises: amounts, which it writes as text in cents, become
 * dollars without rounding; every result is a charge, and one in another currency is a problem. Priority tier is never in it.
 */
import { ANTHROPIC_PAGES, bucketFields, endOf } from "./anthropicRow.ts";
import { ALL_MODELS, CHARGE, inDollars } from "./charge.ts";
import type { JsonFormat, Reading, ReadingOptions } from "./importer.ts";
import { firstResult, readPages } from "./pages.ts";
import type { JsonRecord } from "./pages.ts";

/** What tells two charges of one day, model, workspace and tier apart. */
const OF_THE_BUCKET = [
  "cost_type",
  "token_type",
  "description",
  "context_window",
  "inference_geo",
];

export const anthropicCostsJson: JsonFormat = {
  name: "anthropic_costs_json",
  expects:
    'pages of Anthropic\'s cost report: {"data": [{"starting_at", "results": [{"amount", "currency"}]}], "has_more"}',
  recognise: (first, options) => {
    const result = firstResult(first, ANTHROPIC_PAGES);
    if (!result || !isAnthropicCost(result)) return null;
    return (document) =>
      readPages(document, (bucket, it) =>
        readAnthropicCost(bucket, it, options),
      );
  },
};

export function isAnthropicCost(result: JsonRecord): boolean {
  return "amount" in result && !("uncached_input_tokens" in result);
}

/** Reads one result. Web searches and other charges that are for no model stand under what they are for. */
export function readAnthropicCost(
  bucket: JsonRecord,
  result: JsonRecord,
  options: ReadingOptions,
): Reading {
  const fields = bucketFields(bucket, result);
  inDollars(fields, "currency");
  return fields.settle({
    ...CHARGE,
    at: fields.instant("starting_at"),
    model:
      fields.text("model") ??
      fields.text("cost_type") ??
      options.model ??
      ALL_MODELS,
    provider: "anthropic",
    project: fields.text("workspace_id"),
    feature: null,
    user: null,
    api_key: null,
    tier: fields.tier("batch", "service_tier"),
    billed_usd: fields.requiredCents("amount"),
    source_id: {
      kind: "bucket",
      of: [endOf(fields), ...OF_THE_BUCKET.map((name) => fields.text(name))],
    },
  });
}
