/**
 * Each model's tokens and spend of a period with its list price: what the savings tools start from. Promises: dearest first; a model
 * that came through several providers is one entry, priced as its dearest part was.
 */
import { sumOf, totalTokens } from "../costs/money.ts";
import { nextModelDown } from "../costs/savings.ts";
import type { TierSpend } from "../costs/savings.ts";
import type { Timestamp, Tokens } from "../model.ts";
import type { Price, PriceBook, UsageRow } from "../ports.ts";
import { rowsByKey, totalsOf } from "./usage.ts";

export type ModelUsage = {
  readonly model: string;
  readonly provider: string | null;
  readonly tokens: Tokens;
  readonly computed_usd: number;
  /** The share of tokens that went through the batch tier. */
  readonly batch_share: number;
  /** Null for a model that the price list does not know. */
  readonly price: Price | null;
};

/** From rows grouped by model and provider, in this order. */
export function modelUsages(
  rows: readonly UsageRow[],
  prices: PriceBook["Service"],
  at: Timestamp,
): readonly ModelUsage[] {
  return [...rowsByKey(rows, 0)]
    .flatMap(([model, group]) =>
      model === null ? [] : [modelUsage(model, group, prices, at)],
    )
    .toSorted((a, b) => b.computed_usd - a.computed_usd);
}

export type TierUsage = TierSpend & { readonly batched: boolean };

/** Each model's tiers, from rows grouped by model and tier, in this order. A tier has its own discount, so that sums over tiers hide what each cost. */
export function tiersByModel(
  rows: readonly UsageRow[],
): ReadonlyMap<string | null, readonly TierUsage[]> {
  return new Map(
    [...rowsByKey(rows, 0)].map(([model, group]) => [
      model,
      group.map((row) => ({
        tokens: row.tokens,
        usd: row.computed_usd,
        batched: row.keys[1] === "batch",
      })),
    ]),
  );
}

/** All tokens of input, cached or not. */
export function inputTokens(usage: ModelUsage): number {
  const { tokens } = usage;
  return (
    tokens.uncached_input +
    tokens.cache_read +
    tokens.cache_write_5m +
    tokens.cache_write_1h
  );
}

/** The next step down from a model, by what its own tokens would cost there; null where there is none, or no price. */
export function cheaperModel(
  { model, provider, tokens, price }: ModelUsage,
  prices: PriceBook["Service"],
  at: Timestamp,
): Price | null {
  if (price === null) return null;
  const alternatives = prices.alternatives(model, provider, at);
  return nextModelDown(price.model, tokens, price, alternatives);
}

function modelUsage(
  model: string,
  rows: readonly UsageRow[],
  prices: PriceBook["Service"],
  at: Timestamp,
): ModelUsage {
  const { tokens } = totalsOf(rows, "computed");
  const all = totalTokens(tokens);
  const dearest = rows.toSorted((a, b) => b.computed_usd - a.computed_usd)[0];
  const provider = dearest?.keys[1] ?? null;
  return {
    model,
    provider,
    tokens,
    computed_usd: sumOf(rows, (row) => row.computed_usd),
    batch_share:
      all === 0 ? 0 : Math.min(1, sumOf(rows, (row) => row.batch_tokens) / all),
    price: prices.find(model, provider, at),
  };
}
