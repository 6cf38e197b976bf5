/**
 * simulate_model_swap: what the same tokens would have cost at another model's list price. Promises: price only, and it says so; a
 * saving never exceeds the spend of the model it starts from; what has no price is listed as skipped with the reason.
 */
import { Effect, Schema } from "effect";
import { assumptions } from "../costs/assumptions.ts";
import { formatUsd, roundPercent, roundUsd } from "../costs/money.ts";
import { perMonth, swapSavingShareOf } from "../costs/savings.ts";
import type { Period } from "../model.ts";
import { PriceBook } from "../ports.ts";
import type { Price, UsageFilter } from "../ports.ts";
import { defineTool } from "./define.ts";
import { Percent, scope } from "./parameters.ts";
import { aggregate, daysOf, usageVersion } from "./usage.ts";
import { cheaperModel, modelUsages, tiersByModel } from "./modelUsage.ts";
import type { ModelUsage, TierUsage } from "./modelUsage.ts";

const { period, time_zone, filter } = scope;
const Parameters = Schema.Struct({
  period,
  time_zone,
  filter,
  /** The model to move to; without it, each model's next step down. */
  to_model: Schema.NullOr(Schema.String),
  /** The share of the work that moves; without it, a range. */
  moved_percent: Schema.NullOr(Percent),
});
type Parameters = typeof Parameters.Type;

export type Swap = {
  readonly from_model: string;
  readonly to_model: string;
  readonly from_price: Price["usd_per_million"];
  readonly to_price: Price["usd_per_million"];
  /** US dollars per month of 30 days; negative where the other model is dearer. */
  readonly affected_usd: number;
  readonly low_usd: number;
  readonly high_usd: number;
  readonly moved_low_percent: number;
  readonly moved_high_percent: number;
  /** What the moved work costs less, in percent. */
  readonly saving_percent: number;
  /** The cheaper model tried first, with so much of the work done again by the other one. */
  readonly cascade: {
    readonly escalated_percent: number;
    /** Of the spend; negative where doing it twice costs more. */
    readonly saving_percent: number;
  };
};
export type Swaps = {
  readonly period: Period;
  readonly days: number;
  readonly month_days: number;
  readonly filter: UsageFilter;
  readonly price_date: string;
  readonly swaps: readonly Swap[];
  readonly skipped: readonly {
    readonly model: string;
    readonly reason: string;
  }[];
  readonly unknown_model: string | null;
};

export const simulateModelSwap = defineTool({
  name: "simulate_model_swap",
  description:
    "Reprices the same tokens at another model's list price. Price only; quality is not tested.",
  parameters: Parameters,
  version: usageVersion,
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const rows = yield* aggregate(context.user_id, {
      ...parameters,
      group_by: ["model", "provider"],
    });
    const tiers = tiersByModel(
      yield* aggregate(context.user_id, {
        ...parameters,
        group_by: ["model", "tier"],
      }),
    );
    const prices = yield* PriceBook;
    const usages = modelUsages(rows, prices, parameters.period.to).slice(
      0,
      assumptions.swapModelsMax,
    );
    const target =
      parameters.to_model === null
        ? null
        : findTarget(parameters.to_model, usages, prices, parameters.period.to);
    const days = daysOf(parameters.period, parameters.time_zone).length;
    const outcomes = usages.map((usage) => ({
      usage,
      swap: swapFor(usage, tiers.get(usage.model) ?? [], {
        target,
        prices,
        parameters,
        days,
      }),
    }));
    return {
      period: parameters.period,
      days,
      month_days: assumptions.monthDays,
      filter: parameters.filter ?? {},
      price_date: prices.price_date,
      swaps: outcomes
        .flatMap(({ swap }) => (typeof swap === "string" ? [] : [swap]))
        .toSorted((a, b) => b.high_usd - a.high_usd),
      skipped: outcomes.flatMap(({ usage, swap }) =>
        typeof swap === "string" ? [{ model: usage.model, reason: swap }] : [],
      ),
      unknown_model:
        parameters.to_model !== null && target === null
          ? parameters.to_model
          : null,
    };
  }),
  summarize: (result: Swaps) => {
    if (result.unknown_model !== null)
      return `The price list knows no model "${result.unknown_model}".`;
    const best = result.swaps[0];
    if (best === undefined)
      return "No model in use has a cheaper step of the same family.";
    return `${best.from_model} to ${best.to_model}: ${formatUsd(best.low_usd)} to ${formatUsd(best.high_usd)} less a month, price only.`;
  },
});

/** The price list's entry for the named model, tried first with the providers in use. */
function findTarget(
  name: string,
  usages: readonly ModelUsage[],
  prices: PriceBook["Service"],
  at: string,
): Price | null {
  const providers = [
    ...new Set([...usages.map((usage) => usage.provider), null]),
  ];
  for (const provider of providers) {
    const price = prices.find(name, provider, at);
    if (price !== null) return price;
  }
  return null;
}

/** A swap, or why there is none. */
function swapFor(
  usage: ModelUsage,
  tiers: readonly TierUsage[],
  {
    target,
    prices,
    parameters,
    days,
  }: {
    readonly target: Price | null;
    readonly prices: PriceBook["Service"];
    readonly parameters: Parameters;
    readonly days: number;
  },
): Swap | string {
  if (usage.price === null) return "no list price";
  if (parameters.to_model !== null && target === null)
    return "the other model has no list price";
  const to = target ?? cheaperModel(usage, prices, parameters.period.to);
  if (to === null) return "no cheaper model of the same family";
  if (to.model === usage.price.model) return "it is the same model";
  const share = swapSavingShareOf(
    tiers,
    usage.price.usd_per_million,
    to.usd_per_million,
  );
  if (share === null) return "these tokens cost nothing";
  const affected = perMonth(usage.computed_usd, days);
  const moved =
    parameters.moved_percent === null ? null : parameters.moved_percent / 100;
  const [low, high] = [moved ?? assumptions.movedShareLow, moved ?? 1];
  return {
    from_model: usage.model,
    to_model: to.model,
    from_price: usage.price.usd_per_million,
    to_price: to.usd_per_million,
    affected_usd: roundUsd(affected),
    low_usd: roundUsd(affected * share * (share < 0 ? high : low)),
    high_usd: roundUsd(affected * share * (share < 0 ? low : high)),
    moved_low_percent: roundPercent(low * 100),
    moved_high_percent: roundPercent(high * 100),
    saving_percent: roundPercent(share * 100),
    // All of it is paid at the cheaper price, and what is passed on at the old one as well: 1 − ((1 − share) + escalated).
    cascade: {
      escalated_percent: roundPercent(assumptions.escalatedShare * 100),
      saving_percent: roundPercent((share - assumptions.escalatedShare) * 100),
    },
  };
}
