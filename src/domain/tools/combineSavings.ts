/**
 * combine_savings: what all savings come to when they are taken one after another. Promises: the steps and their total are of the same work, each
 * from what the step before left; the total never exceeds the spend; what assumptions each end rests on is in the result.
 */
import { Effect, Schema } from "effect";
import { assumptions } from "../costs/assumptions.ts";
import { rangeOf } from "../costs/combined.ts";
import type { Steps, Work } from "../costs/combined.ts";
import {
  formatPercent,
  formatUsd,
  percentOf,
  roundPercent,
  roundUsd,
  sumOf,
  totalTokens,
} from "../costs/money.ts";
import { replayable } from "../costs/promptCache.ts";
import { perMonth, saysItCanWait } from "../costs/savings.ts";
import type { Period } from "../model.ts";
import { PriceBook } from "../ports.ts";
import type { Price, Reuse, UsageFilter, UsageRow } from "../ports.ts";
import { defineTool } from "./define.ts";
import { cheaperModel, modelUsages } from "./modelUsage.ts";
import type { ModelUsage } from "./modelUsage.ts";
import { scope } from "./parameters.ts";
import {
  aggregate,
  aggregateTiers,
  daysOf,
  knownReuse,
  usageVersion,
} from "./usage.ts";

const { period, time_zone, filter } = scope;
const Parameters = Schema.Struct({ period, time_zone, filter });
type Parameters = typeof Parameters.Type;

export type CombinedStep = {
  readonly kind: keyof Steps;
  /** US dollars per month of 30 days, of what the steps before left. */
  readonly low_usd: number;
  readonly high_usd: number;
};
export type CombinedSavings = {
  readonly period: Period;
  readonly days: number;
  readonly month_days: number;
  readonly filter: UsageFilter;
  readonly price_date: string;
  /** A month's priced spend. */
  readonly spend_usd: number;
  /** In the order in which they are taken. */
  readonly steps: readonly CombinedStep[];
  readonly low_usd: number;
  readonly high_usd: number;
  /** Of the month's priced spend. */
  readonly low_percent: number | null;
  readonly high_percent: number | null;
  /** What is taken to be able to wait, by its name, and is not batched yet. */
  readonly waiting: readonly string[];
  readonly moved_low_percent: number;
};

export const combineSavings = defineTool({
  name: "combine_savings",
  description:
    "What a cheaper model, prompt caching and the batch tier come to together: one after another, each on what the one before left.",
  parameters: Parameters,
  version: usageVersion,
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const grouped = (first: "feature" | "project") =>
      aggregateTiers(context.user_id, {
        ...parameters,
        group_by: [first, "model"],
      });
    const byModel = yield* aggregate(context.user_id, {
      ...parameters,
      group_by: ["model", "provider"],
    });
    const prices = yield* PriceBook;
    const at = parameters.period.to;
    const usages = modelUsages(byModel, prices, at);
    const reuse = yield* knownReuse(context.user_id, parameters);
    const models = new Map(
      usages.map((usage, place) => [
        usage.model,
        {
          price: usage.price,
          cheaper:
            place < assumptions.swapModelsMax
              ? cheaperModel(usage, prices, at)
              : null,
          reuse: reuseOf(usage, reuse.get(usage.model) ?? null),
        },
      ]),
    );
    const byFeature = yield* grouped("feature");
    const rows = byFeature.some(canWait)
      ? byFeature
      : yield* grouped("project");
    const days = daysOf(parameters.period, parameters.time_zone).length;
    const work = rows.flatMap((row) => workOf(row, models));
    return describe(parameters, work, {
      days,
      price_date: prices.price_date,
      waiting: [
        ...new Set(
          rows.flatMap((row) => (isToBeBatched(row) ? [row.keys[0]!] : [])),
        ),
      ],
    });
  }),
  summarize: (result: CombinedSavings) =>
    result.high_percent === null
      ? "No priced spend to save from."
      : `Taken one after another: ${formatUsd(result.low_usd)} to ${formatUsd(result.high_usd)} a month, up to ${formatPercent(result.high_percent)} of spend.`,
});

const canWait = (row: UsageRow): boolean =>
  row.keys[0] != null && saysItCanWait(row.keys[0]) !== null;

/** False of what is in the batch tier already. */
const isToBeBatched = (row: UsageRow): boolean =>
  canWait(row) && row.batch_tokens < totalTokens(row.tokens);

/** Null where records tell too little of a model's input, or a cache is at work on it already. */
function reuseOf({ tokens, price }: ModelUsage, known: Reuse | null) {
  if (price === null) return null;
  const replay = replayable(tokens, known, price.usd_per_million);
  return replay === null ? null : known;
}

type Known = Pick<Work, "cheaper" | "reuse"> & { readonly price: Price | null };

/** Empty for what has no list price. */
function workOf(
  row: UsageRow,
  models: ReadonlyMap<string, Known>,
): readonly Work[] {
  const priced = models.get(row.keys[1] ?? "");
  if (priced === undefined || priced.price === null) return [];
  const all = totalTokens(row.tokens);
  return [
    {
      tokens: row.tokens,
      usd: row.computed_usd,
      batch_share: all === 0 ? 0 : Math.min(1, row.batch_tokens / all),
      price: priced.price,
      cheaper: priced.cheaper,
      can_wait: canWait(row),
      reuse: priced.reuse,
    },
  ];
}

const ORDER = ["model_swap", "prompt_caching", "batch"] as const;

function describe(
  parameters: Parameters,
  work: readonly Work[],
  found: Pick<CombinedSavings, "days" | "price_date" | "waiting">,
): CombinedSavings {
  const month = (usd: number) => perMonth(usd, found.days);
  const ranges = work.map(rangeOf);
  const saved = (end: 0 | 1) =>
    ORDER.map((kind) =>
      roundUsd(month(sumOf(ranges, (range) => range[end][kind]))),
    );
  const [low, high] = [saved(0), saved(1)];
  const [lowTotal, highTotal] = [low, high].map((steps) =>
    roundUsd(sumOf(steps, (usd) => usd)),
  ) as [number, number];
  const spend = month(sumOf(work, (it) => it.usd));
  return {
    period: parameters.period,
    month_days: assumptions.monthDays,
    filter: parameters.filter ?? {},
    ...found,
    spend_usd: roundUsd(spend),
    steps: ORDER.map((kind, place) => ({
      kind,
      low_usd: low[place]!,
      high_usd: high[place]!,
    })),
    low_usd: lowTotal,
    high_usd: highTotal,
    low_percent: percentOf(lowTotal, spend),
    high_percent: percentOf(highTotal, spend),
    moved_low_percent: roundPercent(assumptions.movedShareLow * 100),
  };
}
