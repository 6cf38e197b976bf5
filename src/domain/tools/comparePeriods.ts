/**
 * compare_periods: what changed between two periods, by group and by cause. Promises: the groups' changes, and the causes where they
 * can be told, add up to the whole change; periods of different length are also compared by the day.
 */
import { Effect, Schema } from "effect";
import { causesOfChange, changesByGroup } from "../costs/compare.ts";
import type { Causes, GroupChange, GroupSpend } from "../costs/compare.ts";
import {
  changePercent,
  formatPercentChange,
  formatUsd,
  percentOf,
  roundUsd,
  sumOf,
} from "../costs/money.ts";
import { limits } from "../limits.ts";
import type { Period } from "../model.ts";
import { PriceBook } from "../ports.ts";
import type { UsageFilter, UsageRow } from "../ports.ts";
import { defineTool } from "./define.ts";
import { NamedDimension, PeriodOf, scope } from "./parameters.ts";
import type { Basis } from "./parameters.ts";
import { aggregate, daysOf, rowsByKey, spendOf, totalsOf } from "./usage.ts";
import type { Totals } from "./usage.ts";

const Parameters = Schema.Struct({
  ...scope,
  compared_with: PeriodOf,
  group_by: NamedDimension,
});
type Parameters = typeof Parameters.Type;

export type ComparedGroup = {
  readonly key: string | null;
  readonly now_usd: number;
  readonly before_usd: number;
  readonly change_usd: number;
  readonly change_percent: number | null;
  readonly share_percent: number | null;
  readonly requests: number;
  readonly total_tokens: number;
};

export type Comparison = {
  readonly period: Period;
  readonly compared_with: Period;
  readonly days: number;
  readonly days_before: number;
  readonly group_by: typeof NamedDimension.Type;
  readonly filter: UsageFilter;
  readonly basis: Basis;
  readonly price_date: string;
  readonly now: Totals;
  readonly before: Totals;
  readonly change_usd: number;
  readonly change_percent: number | null;
  /** By the day, for periods of different length. */
  readonly daily_change_percent: number | null;
  readonly causes: {
    readonly unit: "requests" | "tokens";
    readonly volume_usd: number;
    readonly length_usd: number | null;
    readonly mix_usd: number;
    readonly rate_usd: number;
  } | null;
  readonly volume_change_percent: number | null;
  /** Of the tokens of a request; null where requests are not counted everywhere. */
  readonly length_change_percent: number | null;
  /** Null where one of the two periods has no such cost. */
  readonly thousand_requests_change_percent: number | null;
  readonly million_tokens_change_percent: number | null;
  /** Largest change first. */
  readonly groups: readonly ComparedGroup[];
  readonly other: {
    readonly groups: number;
    readonly now_usd: number;
    readonly before_usd: number;
    readonly change_usd: number;
  } | null;
};

export const comparePeriods = defineTool({
  name: "compare_periods",
  description:
    "What changed in spend between two periods: in all, by group, and how much of it is volume, length of requests, mix and price.",
  parameters: Parameters,
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const query = { ...parameters, group_by: [parameters.group_by] };
    const now = yield* aggregate(context.user_id, query);
    const before = yield* aggregate(context.user_id, {
      ...query,
      period: parameters.compared_with,
    });
    const { price_date } = yield* PriceBook;
    return compare(parameters, now, before, price_date);
  }),
  summarize: (result: Comparison) => {
    const change =
      result.change_percent === null
        ? ""
        : ` (${formatPercentChange(result.change_percent)})`;
    return `${formatUsd(result.now.cost_usd)} against ${formatUsd(result.before.cost_usd)} before${change}.`;
  },
});

function compare(
  parameters: Parameters,
  nowRows: readonly UsageRow[],
  beforeRows: readonly UsageRow[],
  price_date: string,
): Comparison {
  const basis = parameters.basis ?? "computed";
  const now = totalsOf(nowRows, basis);
  const before = totalsOf(beforeRows, basis);
  const days = daysOf(parameters.period, parameters.time_zone).length;
  const days_before = daysOf(
    parameters.compared_with,
    parameters.time_zone,
  ).length;
  const causes = causesOfChange(
    groupSpends(beforeRows, basis),
    groupSpends(nowRows, basis),
  );
  const areCounted = causes !== null && causes.length_usd !== null;
  const volume = areCounted ? "requests" : "total_tokens";
  return {
    period: parameters.period,
    compared_with: parameters.compared_with,
    days,
    days_before,
    group_by: parameters.group_by,
    filter: parameters.filter ?? {},
    basis,
    price_date,
    now,
    before,
    change_usd: roundUsd(now.cost_usd - before.cost_usd),
    change_percent: changePercent(before.cost_usd, now.cost_usd),
    daily_change_percent: changePercent(
      before.cost_usd / days_before,
      now.cost_usd / days,
    ),
    causes: causes === null ? null : roundedCauses(causes),
    volume_change_percent: changePercent(before[volume], now[volume]),
    length_change_percent: areCounted
      ? changePercent(
          before.total_tokens / before.requests,
          now.total_tokens / now.requests,
        )
      : null,
    thousand_requests_change_percent: unitChange(
      before.cost_per_thousand_requests_usd,
      now.cost_per_thousand_requests_usd,
    ),
    million_tokens_change_percent: unitChange(
      before.cost_per_million_tokens_usd,
      now.cost_per_million_tokens_usd,
    ),
    ...comparedGroups(nowRows, beforeRows, basis),
  };
}

const unitChange = (before: number | null, now: number | null) =>
  before === null || now === null ? null : changePercent(before, now);

function roundedCauses(causes: Causes): NonNullable<Comparison["causes"]> {
  const { length_usd: length } = causes;
  return {
    unit: length === null ? "tokens" : "requests",
    volume_usd: roundUsd(causes.volume_usd),
    length_usd: length === null ? null : roundUsd(length),
    mix_usd: roundUsd(causes.mix_usd),
    rate_usd: roundUsd(causes.rate_usd),
  };
}

/** Some sources count no requests (Anthropic's usage report); then tokens are the only volume there is. */
function groupSpends(
  rows: readonly UsageRow[],
  basis: Basis,
): readonly GroupSpend[] {
  return [...rowsByKey(rows, 0)].map(([key, group]) => {
    const { requests, total_tokens: tokens } = totalsOf(group, basis);
    return {
      key,
      usd: sumOf(group, (row) => spendOf(row, basis)),
      requests: group.every((row) => row.requests > 0) ? requests : null,
      tokens,
    };
  });
}

function comparedGroups(
  nowRows: readonly UsageRow[],
  beforeRows: readonly UsageRow[],
  basis: Basis,
): Pick<Comparison, "groups" | "other"> {
  const byKey = rowsByKey(nowRows, 0);
  const whole = sumOf(nowRows, (row) => spendOf(row, basis));
  const changes = changesByGroup(
    groupSpends(beforeRows, basis),
    groupSpends(nowRows, basis),
  );
  const bySize = changes.toSorted((a, b) => largerUsd(b) - largerUsd(a));
  const shown = new Set(bySize.slice(0, limits.usageRowsShownMax));
  const rest = changes.filter((change) => !shown.has(change));
  const groups = changes
    .filter((change) => shown.has(change))
    .map((change) => {
      const total = totalsOf(byKey.get(change.key) ?? [], basis);
      return {
        key: change.key,
        now_usd: roundUsd(change.now_usd),
        before_usd: roundUsd(change.before_usd),
        change_usd: roundUsd(change.change_usd),
        change_percent: changePercent(change.before_usd, change.now_usd),
        share_percent: percentOf(change.now_usd, whole),
        requests: total.requests,
        total_tokens: total.total_tokens,
      };
    });
  const other = {
    groups: rest.length,
    now_usd: roundUsd(sumOf(rest, (change) => change.now_usd)),
    before_usd: roundUsd(sumOf(rest, (change) => change.before_usd)),
    change_usd: roundUsd(sumOf(rest, (change) => change.change_usd)),
  };
  return { groups, other: rest.length === 0 ? null : other };
}

function largerUsd(change: GroupChange): number {
  return Math.max(change.now_usd, change.before_usd);
}
