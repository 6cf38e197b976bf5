/**
 * What a line of an invoice or cost report says, whoever wrote it. Promises: a charge has dollars as billed and no tokens or requests
 * of its own, so that it never counts twice what a usage record measured; a charge without an amount in US dollars is a problem.
 */
import type { Fields } from "./fields.ts";

/** What every charge leaves empty. */
export const CHARGE = {
  measures: "charge",
  requests: 0,
  tokens: {
    uncached_input: 0,
    cache_read: 0,
    cache_write_5m: 0,
    cache_write_1h: 0,
    output: 0,
  },
} as const;

/** The model of a charge that its report does not split by model. */
export const ALL_MODELS = "all models";

/** Fails the row unless the currency that it names is the US dollar. */
export function inDollars(fields: Fields, currency: string): void {
  if (fields.text(currency)?.toUpperCase() !== "USD")
    fields.fail(`${currency} is not USD`);
}
