/**
 * cache_savings: what prompt caching has brought and what more of it could bring. Promises: what was saved is arithmetic on the
 * recorded reads and writes; what could be is a replay where records tell which input repeats, else a scenario, labelled, with the break-even.
 */
import { Effect, Schema } from "effect";
import { assumptions } from "../costs/assumptions.ts";
import {
  formatPercent,
  formatUsd,
  percentOf,
  roundPercent,
  roundUsd,
  sumOf,
} from "../costs/money.ts";
import {
  breakEvenReads,
  cachePaidOff,
  cacheSaving,
  hasCacheDiscount,
  perMonth,
} from "../costs/savings.ts";
import type { CacheScenario } from "../costs/savings.ts";
import type { Period } from "../model.ts";
import { PriceBook } from "../ports.ts";
import type { Price, Reuse, UsageFilter } from "../ports.ts";
import { replayOf } from "./cacheReplay.ts";
import type { Replay } from "./cacheReplay.ts";
import { defineTool } from "./define.ts";
import { inputTokens, modelUsages, tiersByModel } from "./modelUsage.ts";
import type { ModelUsage, TierUsage } from "./modelUsage.ts";
import { Percent, scope } from "./parameters.ts";
import { aggregate, daysOf, knownReuse, usageVersion } from "./usage.ts";

const { period, time_zone, filter } = scope;
const Parameters = Schema.Struct({
  period,
  time_zone,
  filter,
  /** What if this share of all input came from the cache; without it, a range. */
  hit_percent: Schema.NullOr(Percent),
});
type Parameters = typeof Parameters.Type;

export type CachedModel = {
  readonly model: string;
  /** Cache reads among all input tokens. */
  readonly hit_percent: number | null;
  /** What the cache saved in the period, the price of writing taken off. */
  readonly paid_off_usd: number;
  /** US dollars per month of 30 days that uncached input costs now. */
  readonly affected_usd: number;
  readonly low_usd: number;
  readonly high_usd: number;
  /** Reads that one written block needs before it pays. */
  readonly break_even_reads: number;
  /** What a cache that writes every block would have done, replayed from the records; null where they do not tell which input repeats. */
  readonly replay: Replay | null;
};
export type CacheSavings = {
  readonly period: Period;
  readonly days: number;
  readonly month_days: number;
  readonly filter: UsageFilter;
  readonly price_date: string;
  readonly hit_percent: number | null;
  readonly paid_off_usd: number;
  /** Share of today's uncached input that is read back, and reads per written block, at either end. */
  readonly low: {
    readonly share_percent: number;
    readonly reads_per_write: number;
  };
  readonly high: {
    readonly share_percent: number;
    readonly reads_per_write: number;
  };
  readonly asked_hit_percent: number | null;
  /** Largest saving first. */
  readonly models: readonly CachedModel[];
  readonly affected_usd: number;
  readonly low_usd: number;
  readonly high_usd: number;
  readonly skipped: readonly {
    readonly model: string;
    readonly reason: string;
  }[];
};

export const cacheSavings = defineTool({
  name: "cache_savings",
  description:
    "What prompt caching saved, its hit rate, and what a higher one could save, as a range with its break-even.",
  parameters: Parameters,
  version: usageVersion,
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const rows = yield* aggregate(context.user_id, {
      ...parameters,
      group_by: ["model", "provider"],
    });
    const prices = yield* PriceBook;
    const tierRows = yield* aggregate(context.user_id, {
      ...parameters,
      group_by: ["model", "tier"],
    });
    return describe(
      parameters,
      modelUsages(rows, prices, parameters.period.to),
      prices.price_date,
      {
        tiers: tiersByModel(tierRows),
        reuse: yield* knownReuse(context.user_id, parameters),
      },
    );
  }),
  summarize: (result: CacheSavings) => {
    const now =
      result.hit_percent === null
        ? "No input recorded"
        : `${formatPercent(result.hit_percent)} of input comes from the cache now`;
    return `${now}; more of it could save ${formatUsd(result.low_usd)} to ${formatUsd(result.high_usd)} a month.`;
  },
});

function describe(
  parameters: Parameters,
  usages: readonly ModelUsage[],
  price_date: string,
  known: {
    readonly tiers: ReadonlyMap<string | null, readonly TierUsage[]>;
    readonly reuse: ReadonlyMap<string, Reuse>;
  },
): CacheSavings {
  const days = daysOf(parameters.period, parameters.time_zone).length;
  const entries = usages.flatMap((usage) =>
    usage.price !== null && hasCacheDiscount(usage.price.usd_per_million)
      ? [{ usage, price: usage.price }]
      : [],
  );
  const exact = entries.map(({ usage, price }) =>
    cachedModel(usage, price, days, {
      asked: parameters.hit_percent,
      tiers: known.tiers.get(usage.model) ?? [],
      reuse: known.reuse.get(usage.model) ?? null,
    }),
  );
  const total = (amount: (model: CachedModel) => number) =>
    roundUsd(sumOf(exact, amount));
  return {
    period: parameters.period,
    days,
    month_days: assumptions.monthDays,
    filter: parameters.filter ?? {},
    price_date,
    hit_percent: percentOf(
      sumOf(usages, (usage) => usage.tokens.cache_read),
      sumOf(usages, inputTokens),
    ),
    paid_off_usd: total((model) => model.paid_off_usd),
    low: described(assumptions.cacheLow),
    high: described(assumptions.cacheHigh),
    asked_hit_percent: parameters.hit_percent,
    models: exact.toSorted((a, b) => b.high_usd - a.high_usd),
    affected_usd: total((model) => model.affected_usd),
    low_usd: total((model) => model.low_usd),
    high_usd: total((model) => model.high_usd),
    skipped: usages
      .filter((usage) => !entries.some((entry) => entry.usage === usage))
      .map((usage) => ({
        model: usage.model,
        reason:
          usage.price === null
            ? "no list price"
            : "no discount for cached input",
      })),
  };
}

function cachedModel(
  usage: ModelUsage,
  price: Price,
  days: number,
  {
    asked,
    tiers,
    reuse,
  }: {
    readonly asked: number | null;
    readonly tiers: readonly TierUsage[];
    readonly reuse: Reuse | null;
  },
): CachedModel {
  const list = price.usd_per_million;
  const uncached = sumOf(
    tiers.filter((tier) => !tier.batched),
    (tier) => tier.tokens.uncached_input,
  );
  const share = asked === null ? null : extraShare(usage, asked / 100);
  const replay = asked === null ? replayOf(usage, list, reuse, days) : null;
  const saving = (scenario: CacheScenario) =>
    replay === null
      ? roundUsd(
          perMonth(Math.max(0, cacheSaving(uncached, list, scenario)), days),
        )
      : Math.max(0, replay.saved_usd);
  return {
    model: usage.model,
    hit_percent: percentOf(usage.tokens.cache_read, inputTokens(usage)),
    paid_off_usd: roundUsd(sumOf(tiers, (tier) => cachePaidOff(tier, list))),
    affected_usd: roundUsd(
      perMonth((uncached * list.uncached_input) / 1e6, days),
    ),
    low_usd: saving({
      ...assumptions.cacheLow,
      hitShare: share ?? assumptions.cacheLow.hitShare,
    }),
    high_usd: saving({
      ...assumptions.cacheHigh,
      hitShare: share ?? assumptions.cacheHigh.hitShare,
    }),
    break_even_reads: Math.round(breakEvenReads(list) * 100) / 100,
    replay,
  };
}

/** The share of uncached input that must become reads for the asked hit rate; 0 where it is reached already. */
function extraShare(usage: ModelUsage, hitRate: number): number {
  const { uncached_input, cache_read } = usage.tokens;
  return uncached_input === 0
    ? 0
    : Math.min(
        1,
        Math.max(
          0,
          (hitRate * inputTokens(usage) - cache_read) / uncached_input,
        ),
      );
}

function described(scenario: CacheScenario): CacheSavings["low"] {
  return {
    share_percent: roundPercent(scenario.hitShare * 100),
    reads_per_write: scenario.readsPerWrite,
  };
}
