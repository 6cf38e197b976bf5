/**
 * One result of OpenAI's usage report, which the CSV export and the usage API write with the same field names.
 * Promises: OpenAI's `input_tokens` includes cached and cache-write tokens; here they are taken out of it, so buckets are disjoint.
 */
import type { Timestamp } from "../../domain/model.ts";
import type { Fields } from "./fields.ts";
import type { Reading, ReadingOptions } from "./importer.ts";

/**
 * Reads one result of a bucket from `at` to `until`. Field meanings: OpenAI API reference, organization.usage.completions.result. The
 * breakdown by text, audio and image is part of the totals and is not added again; audio is so counted at the price of text, as the
 * buckets know no other. OpenAI names no lifetime for cache writes; they are kept in the 5-minute bucket, the shorter one.
 */
export function readOpenaiResult(
  fields: Fields,
  at: Timestamp,
  until: Timestamp | null,
  options: ReadingOptions,
): Reading {
  const input = fields.requiredCount("input_tokens");
  const cacheRead = fields.count("input_cached_tokens");
  const cacheWrite = fields.count("input_cache_write_tokens");
  if (cacheRead + cacheWrite > input)
    fields.fail("cached and cache-write tokens are more than input_tokens");
  return fields.settle({
    at,
    model: fields.model("model", options.model),
    provider: "openai",
    project: fields.text("project_id"),
    feature: null,
    user: fields.text("user_id"),
    api_key: fields.text("api_key_id"),
    tier: fields.tier("batch", "service_tier"),
    requests: fields.count("num_model_requests"),
    tokens: {
      uncached_input: input - cacheRead - cacheWrite,
      cache_read: cacheRead,
      cache_write_5m: cacheWrite,
      cache_write_1h: 0,
      output: fields.count("output_tokens"),
    },
    billed_usd: null,
    // Two of OpenAI's tiers may be one of ours.
    source_id: { kind: "bucket", of: [until, fields.text("service_tier")] },
  });
}
