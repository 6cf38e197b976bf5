/** The real price book, and usage records to price. */
import { Effect } from "effect";
import { priceBook } from "../../src/adapters/prices.ts";
import type { Tokens, UsageRecord } from "../../src/domain/model.ts";
import { PriceBook } from "../../src/domain/ports.ts";

export const book = Effect.runSync(PriceBook.pipe(Effect.provide(priceBook)));
export const AT = "2026-10-05T12:00:00.000Z";
const NONE: Tokens = {
  uncached_input: 0,
  cache_read: 0,
  cache_write_5m: 0,
  cache_write_1h: 0,
  output: 0,
};

/** One request with these tokens and none elsewhere. */
export function record(
  model: string,
  tokens: Partial<Tokens>,
  more: Partial<UsageRecord> = {},
): UsageRecord {
  const base = {
    at: AT,
    model,
    provider: null,
    project: null,
    feature: null,
    user: null,
    api_key: null,
    tier: "standard" as const,
  };
  return {
    ...base,
    requests: 1,
    billed_usd: null,
    measures: "usage",
    tags: [],
    failed_requests: null,
    reusable: null,
    source_id: { kind: "row" },
    ...more,
    tokens: { ...NONE, ...tokens },
  };
}
