/**
 * Rows of usage as lines by one dimension and as points by day. Promises: what does not fit is folded into "other", never dropped, so
 * shares sum to one hundred; a day without records is a point at zero.
 */
import type { Day } from "../costs/days.ts";
import { percentOf, roundUsd, sumOf } from "../costs/money.ts";
import { limits } from "../limits.ts";
import type { UsageRow } from "../ports.ts";
import type { Basis } from "./parameters.ts";
import { rowsByKey, spendOf, totalsOf } from "./usage.ts";
import type { Totals } from "./usage.ts";

export type UsageLine = Totals & {
  readonly key: string | null;
  readonly share_percent: number | null;
};
export type DayPoint = {
  readonly day: Day;
  readonly cost_usd: number;
  readonly values: { readonly [series: string]: number };
};

export type DailyFacts = {
  readonly days: number;
  /** Days with any spend, and what such a day costs; null without one. */
  readonly spent_days: number;
  readonly spent_mean_usd: number | null;
  readonly mean_usd: number;
  readonly highest: { readonly day: Day; readonly cost_usd: number };
  readonly lowest: { readonly day: Day; readonly cost_usd: number };
};

export type Lines = {
  /** Dearest first. */
  readonly rows: readonly UsageLine[];
  /** The groups beyond limits.usageRowsShownMax, as one. */
  readonly other: (UsageLine & { readonly groups: number }) | null;
};
export type Days = {
  /** The dearest keys of the dimension that days are split by. */
  readonly series: readonly string[];
  readonly points: readonly DayPoint[];
  readonly daily: DailyFacts | null;
};

export const OTHER = "other";
export const UNNAMED = "(none named)";

/** One line for each key at a position, dearest first, the rest folded into one. */
export function linesOf(
  rows: readonly UsageRow[],
  position: number,
  basis: Basis,
): Lines {
  if (position === -1) return { rows: [], other: null };
  const whole = sumOf(rows, (row) => spendOf(row, basis));
  const groups = [...rowsByKey(rows, position)]
    .map(([key, group]) => ({
      key,
      group,
      usd: sumOf(group, (row) => spendOf(row, basis)),
    }))
    .toSorted(
      (a, b) =>
        b.usd - a.usd ||
        totalsOf(b.group, basis).total_tokens -
          totalsOf(a.group, basis).total_tokens,
    );
  const line = (
    key: string | null,
    group: readonly UsageRow[],
    usd: number,
  ): UsageLine => ({
    key,
    ...totalsOf(group, basis),
    share_percent: percentOf(usd, whole),
  });
  const shown = groups.slice(0, limits.usageRowsShownMax);
  const rest = groups.slice(limits.usageRowsShownMax);
  const restRows = rest.flatMap(({ group }) => group);
  return {
    rows: shown.map(({ key, group, usd }) => line(key, group, usd)),
    other:
      rest.length === 0
        ? null
        : {
            ...line(
              OTHER,
              restRows,
              sumOf(restRows, (row) => spendOf(row, basis)),
            ),
            groups: rest.length,
          },
  };
}
export type DaysAsked = {
  readonly position: number;
  readonly keyPosition: number;
  readonly days: readonly Day[];
  readonly basis: Basis;
};

/** One point a day, also for days without records. */
export function daysIn(rows: readonly UsageRow[], asked: DaysAsked): Days {
  const named = seriesNames(rows, asked);
  const nameOf = (row: UsageRow) => {
    const name =
      asked.keyPosition === -1
        ? "spend"
        : (row.keys[asked.keyPosition] ?? UNNAMED);
    return named.includes(name) ? name : OTHER;
  };
  const byDay = rowsByKey(rows, asked.position);
  const points = asked.days.map((day) => {
    const ofDay = byDay.get(day) ?? [];
    const byName = Map.groupBy(ofDay, nameOf);
    const values = [...byName].map(
      ([name, group]) =>
        [
          name,
          roundUsd(sumOf(group, (row) => spendOf(row, asked.basis))),
        ] as const,
    );
    return {
      day,
      cost_usd: roundUsd(sumOf(ofDay, (row) => spendOf(row, asked.basis))),
      values: Object.fromEntries(values),
    };
  });
  const folded =
    points.some((point) => OTHER in point.values) && !named.includes(OTHER);
  return {
    series: folded ? [...named, OTHER] : named,
    points,
    daily: dailyFacts(points),
  };
}

/** The dearest keys, as many as a chart can show. */
function seriesNames(
  rows: readonly UsageRow[],
  { keyPosition, basis }: DaysAsked,
): readonly string[] {
  if (keyPosition === -1) return ["spend"];
  return linesOf(rows, keyPosition, basis)
    .rows.slice(0, limits.usageSeriesShownMax)
    .map((line) => line.key ?? UNNAMED);
}

function dailyFacts(points: readonly DayPoint[]): DailyFacts | null {
  const sorted = points.toSorted(
    (a, b) => b.cost_usd - a.cost_usd || (a.day < b.day ? -1 : 1),
  );
  const [highest, lowest] = [sorted[0], sorted.at(-1)];
  if (highest === undefined || lowest === undefined) return null;
  const spent = points.filter((point) => point.cost_usd > 0);
  return {
    days: points.length,
    spent_days: spent.length,
    spent_mean_usd:
      spent.length === 0
        ? null
        : roundUsd(sumOf(spent, (point) => point.cost_usd) / spent.length),
    mean_usd: roundUsd(
      sumOf(points, (point) => point.cost_usd) / points.length,
    ),
    highest: { day: highest.day, cost_usd: highest.cost_usd },
    lowest: { day: lowest.day, cost_usd: lowest.cost_usd },
  };
}
