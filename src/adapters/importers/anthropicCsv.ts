/**
 * The usage export of the Anthropic Console: one row per day, model, key, workspace and kind of use.
 * Promises: its buckets are disjoint as they are; it counts no requests, and none are made up: `requests` is 0.
 */
import { tierOf, unusual } from "./anthropicRow.ts";
import { cellFields } from "./fields.ts";
import type { CsvFormat } from "./importer.ts";

const COLUMNS = [
  "usage_date_utc",
  "model_version",
  "usage_input_tokens_no_cache",
  "usage_output_tokens",
];

/** What tells two rows of one day, model, key and workspace apart. */
const OF_THE_BUCKET = [
  "usage_type",
  "context_window",
  "inference_geo",
  "speed",
];

export const anthropicCsv: CsvFormat = {
  name: "anthropic_usage_csv",
  expects: `an Anthropic Console usage export with the columns ${COLUMNS.join(", ")}`,
  recognise: (header, options) => {
    if (!COLUMNS.every((column) => header.includes(column))) return null;
    const fieldsOf = cellFields(header);
    return (cells) => {
      const fields = fieldsOf(cells);
      return fields.settle({
        at: fields.instant("usage_date_utc"),
        model: fields.model("model_version", options.model),
        provider: "anthropic",
        project: fields.text("workspace"),
        feature: null,
        user: null,
        api_key: fields.text("api_key"),
        tier: tierOf(fields, "usage_type"),
        requests: 0,
        tokens: {
          uncached_input: fields.requiredCount("usage_input_tokens_no_cache"),
          cache_read: fields.count("usage_input_tokens_cache_read"),
          cache_write_5m: fields.count("usage_input_tokens_cache_write_5m"),
          cache_write_1h: fields.count("usage_input_tokens_cache_write_1h"),
          output: fields.requiredCount("usage_output_tokens"),
        },
        billed_usd: null,
        source_id: {
          kind: "bucket",
          of: unusual(fields, OF_THE_BUCKET),
        },
      });
    };
  },
};
