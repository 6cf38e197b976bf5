/**
 * What inspect_data finds out: the shape of its result and the judgement whether data suffices. Promises: sufficiency follows
 * limits.ts alone; the same rows always get the same judgement.
 */
import { countsAsBilled } from "../costs/basis.ts";
import { countDays, toPeriod } from "../costs/days.ts";
import type { DayRange } from "../costs/days.ts";
import { percentOf } from "../costs/money.ts";
import { limits } from "../limits.ts";
import type { NamedDimension, Period } from "../model.ts";
import type { Coverage, UsageFilter, UsageRow } from "../ports.ts";
import type { Unmatched } from "./mentions.ts";
import type { Basis } from "./parameters.ts";
import type { Pricing } from "./pricing.ts";
import { rowsByKey, totalsOf } from "./usage.ts";
import type { Totals } from "./usage.ts";

export type Shortage =
  | "no_records"
  | "no_records_in_period"
  | "unknown_name"
  | "few_days"
  | "unpriced"
  | "no_dimension";

export type Inspection = {
  readonly sufficiency: "none" | "partial" | "sufficient";
  readonly shortages: readonly Shortage[];
  readonly records: number;
  /** First and last day of all the data. */
  readonly data: DayRange | null;
  readonly asked: DayRange;
  /** The asked days that the data covers, and the comparable ones before. */
  readonly days: DayRange | null;
  readonly days_before: DayRange | null;
  readonly period: Period | null;
  readonly compared_with: Period | null;
  readonly day_count: number;
  readonly days_with_data: number;
  readonly time_zone: string;
  readonly filter: UsageFilter;
  readonly unmatched: readonly Unmatched[];
  readonly basis: Basis;
  readonly total: Totals;
  readonly priced_percent: number | null;
  readonly billed_difference_percent: number | null;
  readonly dimension: NamedDimension | null;
  readonly dimension_named_percent: number | null;
  readonly models: readonly string[];
  readonly unpriced: readonly {
    readonly model: string;
    readonly tokens: number;
  }[];
  readonly pricing: Pricing;
  readonly sample: boolean;
  readonly data_version: number;
  readonly price_date: string;
};

/** What of the question is settled before any usage is looked at. */
export type Frame = {
  readonly coverage: Coverage;
  readonly data: DayRange | null;
  readonly asked: DayRange;
  readonly days: DayRange | null;
  readonly daysBefore: DayRange | null;
};

export type Findings = {
  readonly filter: UsageFilter;
  readonly unmatched: readonly Unmatched[];
  readonly rows: readonly UsageRow[];
  readonly named: number | null;
  readonly pricing: Pricing;
  readonly price_date: string;
};

/** The result for a question's frame and what the queries found. */
export function inspect(
  parameters: {
    readonly time_zone: string;
    readonly dimension: NamedDimension | null;
  },
  frame: Frame,
  findings: Findings,
): Inspection {
  const { rows } = findings;
  const basis: Basis = countsAsBilled(totalsOf(rows, "computed"))
    ? "billed"
    : "computed";
  const total = totalsOf(rows, basis);
  const zone = parameters.time_zone;
  const found = {
    days_with_data: rowsByKey(rows, 0).size,
    priced_percent: percentOf(
      total.total_tokens - total.unpriced_tokens,
      total.total_tokens,
    ),
    dimension_named_percent: findings.named,
  };
  const shortages = shortagesOf(frame, findings, found);
  return {
    sufficiency: sufficiencyOf(shortages),
    shortages,
    records: frame.coverage.records,
    data: frame.data,
    asked: frame.asked,
    days: frame.days,
    days_before: frame.daysBefore,
    period: frame.days === null ? null : toPeriod(frame.days, zone),
    compared_with:
      frame.daysBefore === null ? null : toPeriod(frame.daysBefore, zone),
    day_count: frame.days === null ? 0 : countDays(frame.days),
    ...found,
    time_zone: zone,
    filter: findings.filter,
    unmatched: findings.unmatched,
    basis,
    total,
    billed_difference_percent:
      total.billed_usd === null
        ? null
        : percentOf(total.billed_usd - total.computed_usd, total.computed_usd),
    dimension: parameters.dimension,
    models: frame.coverage.models,
    unpriced: unpricedModels(rows),
    pricing: findings.pricing,
    sample: frame.coverage.sample,
    data_version: frame.coverage.data_version,
    price_date: findings.price_date,
  };
}

/** Few days are a shortage only where more were asked for: a question about yesterday has all it needs. */
function shortagesOf(
  frame: Frame,
  findings: Findings,
  found: Pick<
    Inspection,
    "days_with_data" | "priced_percent" | "dimension_named_percent"
  >,
): readonly Shortage[] {
  if (frame.data === null) return ["no_records"];
  if (findings.unmatched.length > 0) return ["unknown_name"];
  if (found.days_with_data === 0) return ["no_records_in_period"];
  const shortages: readonly (Shortage | false)[] = [
    found.days_with_data <
      Math.min(limits.sufficientDays, countDays(frame.asked)) && "few_days",
    (found.priced_percent ?? 100) < limits.sufficientPricedShare * 100 &&
      "unpriced",
    found.dimension_named_percent === 0 && "no_dimension",
  ];
  return shortages.filter((shortage) => shortage !== false);
}

function sufficiencyOf(
  shortages: readonly Shortage[],
): Inspection["sufficiency"] {
  if (shortages.length === 0) return "sufficient";
  const nothing: readonly Shortage[] = [
    "no_records",
    "no_records_in_period",
    "unknown_name",
  ];
  return shortages.some((shortage) => nothing.includes(shortage))
    ? "none"
    : "partial";
}

/** The share of tokens whose record names a value, for rows of one dimension. */
export function namedPercent(rows: readonly UsageRow[]): number | null {
  const named = rows.filter((row) => row.keys[0] !== null);
  return percentOf(
    totalsOf(named, "computed").total_tokens,
    totalsOf(rows, "computed").total_tokens,
  );
}

function unpricedModels(rows: readonly UsageRow[]): Inspection["unpriced"] {
  return [...rowsByKey(rows, 1)]
    .map(([model, group]) => ({
      model: model ?? "",
      tokens: totalsOf(group, "computed").unpriced_tokens,
    }))
    .filter(({ tokens }) => tokens > 0)
    .toSorted((a, b) => b.tokens - a.tokens);
}
