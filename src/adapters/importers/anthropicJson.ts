/**
 * Anthropic's usage report of messages (Admin API, usage_report/messages) as saved to a file. Promises: its buckets of tokens are disjoint
 * as they are; it counts no requests, and none are made up; where a file opens with buckets without results, which are the same in every
 * report, and turns out to be of costs, these are read as such.
 */
import { isAnthropicCost, readAnthropicCost } from "./anthropicCostsJson.ts";
import {
  ANTHROPIC_PAGES,
  bucketFields,
  endOf,
  tierOf,
} from "./anthropicRow.ts";
import type { JsonFormat, Reading, ReadingOptions } from "./importer.ts";
import { firstResult, readPages } from "./pages.ts";
import type { JsonRecord } from "./pages.ts";

/** What tells two results of one bucket, model, workspace, account and key apart. */
const OF_THE_BUCKET = [
  "service_tier",
  "context_window",
  "inference_geo",
  "speed",
];

export const anthropicJson: JsonFormat = {
  name: "anthropic_usage_json",
  expects:
    'pages of Anthropic\'s usage report: {"data": [{"starting_at", "results": [{"model", "uncached_input_tokens", "output_tokens"}]}], "has_more"}',
  recognise: (first, options) => {
    const result = firstResult(first, ANTHROPIC_PAGES);
    if (result === null || (result && !("uncached_input_tokens" in result)))
      return null;
    return (document) =>
      readPages(document, (bucket, it) =>
        isAnthropicCost(it)
          ? readAnthropicCost(bucket, it, options)
          : readResult(bucket, it, options),
      );
  },
};

function readResult(
  bucket: JsonRecord,
  result: JsonRecord,
  options: ReadingOptions,
): Reading {
  const fields = bucketFields(bucket, result);
  return fields.settle({
    at: fields.instant("starting_at"),
    model: fields.model("model", options.model),
    provider: "anthropic",
    project: fields.text("workspace_id"),
    feature: null,
    user: fields.text("account_id") ?? fields.text("service_account_id"),
    api_key: fields.text("api_key_id"),
    tier: tierOf(fields, "service_tier"),
    requests: 0,
    tokens: {
      uncached_input: fields.requiredCount("uncached_input_tokens"),
      cache_read: fields.count("cache_read_input_tokens"),
      cache_write_5m: fields.count("cache_creation.ephemeral_5m_input_tokens"),
      cache_write_1h: fields.count("cache_creation.ephemeral_1h_input_tokens"),
      output: fields.requiredCount("output_tokens"),
    },
    billed_usd: null,
    source_id: {
      kind: "bucket",
      of: [endOf(fields), ...OF_THE_BUCKET.map((name) => fields.text(name))],
    },
  });
}
