/**
 * Reads the rates of one entry of the price table. Promises: a bucket without a price of its own takes the one that the package's
 * own arithmetic would take; a test compares the two over the whole table.
 */
import type { ModelPrice } from "@pydantic/genai-prices";

/** US dollars per million tokens. */
export interface TokenRates {
  readonly uncached_input: number;
  readonly cache_read: number;
  readonly cache_write_5m: number;
  readonly cache_write_1h: number;
  /** Undefined for a model that puts out no tokens, such as one for embeddings. */
  readonly output: number | undefined;
}

/** The rates for requests of this many input tokens, cached ones included; null where the entry prices no input tokens. */
export function tokenRates(
  prices: ModelPrice,
  inputTokens: number,
): TokenRates | null {
  const rate = (key: string) => rateAt(prices[key], inputTokens);
  const input = rate("input_mtok");
  if (input === undefined) return null;
  const cacheWrite = rate("cache_write_mtok") ?? input;
  return {
    uncached_input: input,
    cache_read: rate("cache_read_mtok") ?? input,
    cache_write_5m: rate("cache_write_5m_mtok") ?? cacheWrite,
    cache_write_1h: rate("cache_write_1h_mtok") ?? cacheWrite,
    output: rate("output_mtok"),
  };
}

/** US dollars per thousand requests, which a few search models cost on top of their tokens. */
export function requestFee(prices: ModelPrice): number {
  return rateAt(prices["requests_kcount"], 0) ?? 0;
}

/** The fewest input tokens of one request that a higher step of any text rate begins above; null where rates have no steps. */
export function longContextAbove(prices: ModelPrice): number | null {
  const starts = TEXT_KEYS.flatMap((key) => {
    const rate = prices[key];
    return rate === undefined || typeof rate === "number"
      ? []
      : rate.tiers.map((step) => step.start);
  });
  return starts.length === 0 ? null : Math.min(...starts);
}

const TEXT_KEYS = [
  "input_mtok",
  "cache_read_mtok",
  "cache_write_mtok",
  "cache_write_5m_mtok",
  "cache_write_1h_mtok",
  "output_mtok",
];

/** A rate in steps: for the whole request, that of the highest step which its input exceeds, in whatever order the table has them. */
function rateAt(
  rate: ModelPrice[string],
  inputTokens: number,
): number | undefined {
  if (rate === undefined || typeof rate === "number") return rate;
  return rate.tiers
    .toSorted((a, b) => a.start - b.start)
    .reduce(
      (price, step) => (inputTokens > step.start ? step.price : price),
      rate.base,
    );
}
