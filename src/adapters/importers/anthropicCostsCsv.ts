/**
 * The cost export of the Anthropic Console: one row per day, model, key, workspace and kind of token. Promises: every row is a charge, of
 * what was billed and not of the list price beside it; columns that older exports lack change nothing about which charge a row is.
 */
import { unusual } from "./anthropicRow.ts";
import { ALL_MODELS, CHARGE } from "./charge.ts";
import { cellFields } from "./fields.ts";
import type { CsvFormat } from "./importer.ts";

const COLUMNS = ["usage_date_utc", "model", "token_type", "cost_usd"];

/** What tells two charges of one day, model, key and workspace apart; keys go by their names, since elder exports know no ids. */
const OF_THE_BUCKET = [
  "token_type",
  "usage_type",
  "context_window",
  "cost_type",
  "inference_geo",
  "speed",
];

export const anthropicCostsCsv: CsvFormat = {
  name: "anthropic_costs_csv",
  expects: `an Anthropic Console cost export with the columns ${COLUMNS.join(", ")}`,
  recognise: (header, options) => {
    if (!COLUMNS.every((column) => header.includes(column))) return null;
    const fieldsOf = cellFields(header);
    return (cells) => {
      const fields = fieldsOf(cells);
      return fields.settle({
        ...CHARGE,
        at: fields.instant("usage_date_utc"),
        model:
          fields.text("model") ??
          fields.text("cost_type") ??
          options.model ??
          ALL_MODELS,
        provider: "anthropic",
        project: fields.text("workspace"),
        feature: null,
        user: null,
        api_key: fields.text("api_key"),
        tier: "standard",
        billed_usd: fields.requiredDollars("cost_usd"),
        source_id: { kind: "bucket", of: unusual(fields, OF_THE_BUCKET) },
      });
    };
  },
};
