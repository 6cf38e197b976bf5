/**
 * batch_savings: what the batch tier would save on work that can wait. Promises: only what a project's or feature's name says can
 * wait is called a saving; everything else is a what-if and labelled so; tokens that are batched already are left out.
 */
import { Effect, Schema } from "effect";
import { assumptions } from "../costs/assumptions.ts";
import {
  formatUsd,
  percentOf,
  roundPercent,
  roundUsd,
  sumOf,
  totalTokens,
} from "../costs/money.ts";
import { perMonth, saysItCanWait } from "../costs/savings.ts";
import type { Period } from "../model.ts";
import { PriceBook } from "../ports.ts";
import type { UsageFilter, UsageRow } from "../ports.ts";
import { defineTool } from "./define.ts";
import { Percent, scope } from "./parameters.ts";
import { aggregateTiers, daysOf, rowsByKey, usageVersion } from "./usage.ts";

const { period, time_zone, filter } = scope;
const Parameters = Schema.Struct({
  period,
  time_zone,
  filter,
  /** What if this share of all work could wait; without it, the share of assumptions.ts. */
  waiting_percent: Schema.NullOr(Percent),
});
type Parameters = typeof Parameters.Type;

export type Batchable = {
  readonly dimension: "feature" | "project";
  readonly key: string;
  /** The word in its name that says so. */
  readonly word: string;
  readonly models: readonly string[];
  /** US dollars per month of 30 days that are not batched yet and whose model has a batch price. */
  readonly affected_usd: number;
  readonly low_usd: number;
  readonly high_usd: number;
};
export type BatchSavings = {
  readonly period: Period;
  readonly days: number;
  readonly month_days: number;
  readonly filter: UsageFilter;
  readonly price_date: string;
  readonly batched_percent: number | null;
  /** Largest saving first. Features and projects overlap: never add them. */
  readonly candidates: readonly Batchable[];
  readonly moved_low_percent: number;
  readonly what_if: {
    readonly waiting_percent: number;
    readonly affected_usd: number;
    readonly saving_usd: number;
  };
};

export const batchSavings = defineTool({
  name: "batch_savings",
  description:
    "What the batch tier would save on features and projects whose name says they can wait, and a what-if for the rest.",
  parameters: Parameters,
  version: usageVersion,
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const byFeature = yield* aggregateTiers(context.user_id, {
      ...parameters,
      group_by: ["feature", "model"],
    });
    const byProject = yield* aggregateTiers(context.user_id, {
      ...parameters,
      group_by: ["project", "model"],
    });
    const prices = yield* PriceBook;
    const days = daysOf(parameters.period, parameters.time_zone).length;
    const factor = (model: string | null) =>
      model === null
        ? null
        : (prices.find(model, null, parameters.period.to)?.batch_factor ??
          null);
    const all = batchable(byFeature, factor, days);
    const waiting =
      (parameters.waiting_percent ?? assumptions.batchWhatIfShare * 100) / 100;
    return {
      period: parameters.period,
      days,
      month_days: assumptions.monthDays,
      filter: parameters.filter ?? {},
      price_date: prices.price_date,
      batched_percent: percentOf(
        sumOf(byFeature, (row) => row.batch_tokens),
        sumOf(byFeature, (row) => totalTokens(row.tokens)),
      ),
      candidates: [
        ...candidatesOf("feature", byFeature, factor, days),
        ...candidatesOf("project", byProject, factor, days),
      ].toSorted((a, b) => b.high_usd - a.high_usd),
      moved_low_percent: roundPercent(assumptions.movedShareLow * 100),
      what_if: {
        waiting_percent: roundPercent(waiting * 100),
        affected_usd: roundUsd(all.affected),
        saving_usd: roundUsd(all.saving * waiting),
      },
    };
  }),
  summarize: (result: BatchSavings) => {
    const best = result.candidates[0];
    return best === undefined
      ? `No project or feature says by its name that it can wait; if ${result.what_if.waiting_percent}% of the work could, it would save ${formatUsd(result.what_if.saving_usd)} a month.`
      : `"${best.key}" can probably wait: the batch tier would save ${formatUsd(best.low_usd)} to ${formatUsd(best.high_usd)} a month.`;
  },
});

type BatchFactor = (model: string | null) => number | null;

function candidatesOf(
  dimension: "feature" | "project",
  rows: readonly UsageRow[],
  factor: BatchFactor,
  days: number,
): readonly Batchable[] {
  return [...rowsByKey(rows, 0)].flatMap(([key, group]) => {
    const word = key === null ? null : saysItCanWait(key);
    const { affected, saving } = batchable(group, factor, days);
    if (key === null || word === null || saving <= 0) return [];
    return [
      {
        dimension,
        key,
        word,
        models: [
          ...new Set(
            group.flatMap((row) =>
              factor(row.keys[1] ?? null) === null ? [] : [row.keys[1] ?? ""],
            ),
          ),
        ],
        affected_usd: roundUsd(affected),
        low_usd: roundUsd(saving * assumptions.movedShareLow),
        high_usd: roundUsd(saving),
      },
    ];
  });
}

/**
 * Spend per month that the batch tier would change, and by how much: cost of what is not batched × (1 − batch factor), for models that have one.
 * Rows are of the batch tier or of none of it. Source of the tier: the providers' batch price lists, by way of PriceBook.
 */
function batchable(
  rows: readonly UsageRow[],
  factor: BatchFactor,
  days: number,
): { readonly affected: number; readonly saving: number } {
  const parts = rows.map((row) => {
    const f = factor(row.keys[1] ?? null);
    if (f === null || row.batch_tokens > 0) return { affected: 0, saving: 0 };
    const affected = row.computed_usd;
    return {
      affected: perMonth(affected, days),
      saving: perMonth(affected * (1 - f), days),
    };
  });
  return {
    affected: sumOf(parts, (part) => part.affected),
    saving: sumOf(parts, (part) => part.saving),
  };
}
