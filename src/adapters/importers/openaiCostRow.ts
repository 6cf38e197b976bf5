/**
 * One line of OpenAI's costs report, which the CSV export and the costs API write alike. Promises: it is a charge, so that it stands beside
 * the usage that it bills; what the report does not split by model is under one name of its own.
 */
import type { Timestamp } from "../../domain/model.ts";
import { ALL_MODELS, CHARGE, inDollars } from "./charge.ts";
import type { Fields } from "./fields.ts";
import type { Reading, ReadingOptions } from "./importer.ts";

/** Where the report has the amount: `amount.value` in JSON, `amount_value` in CSV. */
export interface AmountNames {
  readonly value: string;
  readonly currency: string;
}

/**
 * Reads one line of the bucket from `at` to `until`. Field meanings: OpenAI API reference, organization.costs.result. The quantity of a line
 * is not read: what was used is in the usage report.
 */
export function readOpenaiCost(
  fields: Fields,
  amount: AmountNames,
  at: Timestamp,
  until: Timestamp | null,
  options: ReadingOptions,
): Reading {
  const lineItem = fields.text("line_item");
  inDollars(fields, amount.currency);
  return fields.settle({
    ...CHARGE,
    at,
    model: modelOf(lineItem) ?? options.model ?? ALL_MODELS,
    provider: "openai",
    project: fields.text("project_id"),
    feature: null,
    user: fields.text("user_id"),
    api_key: fields.text("api_key_id"),
    tier: "standard",
    billed_usd: fields.requiredDollars(amount.value),
    source_id: { kind: "bucket", of: [until, lineItem] },
  });
}

/** Line items are written "gpt-4o-2024-08-06, cached input"; what is no model, such as "web search tool calls", stands for itself. */
function modelOf(lineItem: string | null): string | null {
  return lineItem?.split(",", 1)[0]?.trim() || null;
}
