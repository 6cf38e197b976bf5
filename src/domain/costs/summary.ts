/**
 * The usage summary of docs/PROTOCOL.md section 7: totals and groups of a period, straight from the store. Promises: the groups' requests,
 * tokens and dollars are the store's own sums; what has no price is listed, never counted as zero in silence.
 */
import { Effect } from "effect";
import type { ServiceUnavailable } from "../errors.ts";
import type {
  Cost,
  Dimension,
  Period,
  Tokens,
  UsageSummary,
  UserId,
} from "../model.ts";
import { PriceBook, Store, UsageStore } from "../ports.ts";
import type { UsageRow } from "../ports.ts";

/** Sums a user's usage from `from` (inclusive) to `to` (exclusive); each null end means all there is. */
export function summarizeUsage(
  user: UserId,
  asked: { readonly from: string | null; readonly to: string | null },
  groupBy: Dimension,
): Effect.Effect<
  UsageSummary,
  ServiceUnavailable,
  UsageStore | PriceBook | Store
> {
  return Effect.gen(function* () {
    const usage = yield* UsageStore;
    const { price_date } = yield* PriceBook;
    const { time_zone } = yield* (yield* Store).preferences(user);
    const { first, last, sample } = yield* usage.coverage(user);
    const period = periodOf(asked, first, last);
    const query = { period, time_zone, filter: {} };
    const rows = yield* usage.aggregate(user, {
      ...query,
      group_by: [groupBy],
    });
    const models =
      groupBy === "model"
        ? rows
        : yield* usage.aggregate(user, { ...query, group_by: ["model"] });
    const total = rows.reduce(addRows, NOTHING);
    return {
      period,
      currency: "USD",
      price_date,
      requests: total.requests,
      tokens: total.tokens,
      cost: costOf(total),
      groups: rows.map((row) => ({
        key: row.keys[0] ?? null,
        requests: row.requests,
        tokens: row.tokens,
        cost: costOf(row),
      })),
      unpriced: models
        .filter((row) => row.unpriced_tokens > 0)
        .map((row) => ({
          model: row.keys[0] ?? "",
          tokens: row.unpriced_tokens,
        })),
      sample: rows.length > 0 && sample,
    };
  });
}

function periodOf(
  asked: { readonly from: string | null; readonly to: string | null },
  first: string | null,
  last: string | null,
): Period {
  const now = new Date().toISOString();
  const afterLast =
    last === null ? now : new Date(Date.parse(last) + 1).toISOString();
  return { from: asked.from ?? first ?? now, to: asked.to ?? afterLast };
}

function costOf(row: UsageRow): Cost {
  return {
    computed: roundUsd(row.computed_usd),
    billed: row.billed_usd === null ? null : roundUsd(row.billed_usd),
  };
}

/** Six decimals: the contract's finest dollar. */
const roundUsd = (usd: number): number => Math.round(usd * 1e6) / 1e6;

const NO_TOKENS: Tokens = {
  uncached_input: 0,
  cache_read: 0,
  cache_write_5m: 0,
  cache_write_1h: 0,
  output: 0,
};
const NOTHING: UsageRow = {
  keys: [],
  requests: 0,
  tokens: NO_TOKENS,
  computed_usd: 0,
  billed_usd: null,
  unpriced_tokens: 0,
  batch_tokens: 0,
};

function addRows(a: UsageRow, b: UsageRow): UsageRow {
  return {
    keys: [],
    requests: a.requests + b.requests,
    tokens: {
      uncached_input: a.tokens.uncached_input + b.tokens.uncached_input,
      cache_read: a.tokens.cache_read + b.tokens.cache_read,
      cache_write_5m: a.tokens.cache_write_5m + b.tokens.cache_write_5m,
      cache_write_1h: a.tokens.cache_write_1h + b.tokens.cache_write_1h,
      output: a.tokens.output + b.tokens.output,
    },
    computed_usd: a.computed_usd + b.computed_usd,
    billed_usd:
      b.billed_usd === null ? a.billed_usd : (a.billed_usd ?? 0) + b.billed_usd,
    unpriced_tokens: a.unpriced_tokens + b.unpriced_tokens,
    batch_tokens: a.batch_tokens + b.batch_tokens,
  };
}
