/**
 * The running calendar month: what it has cost so far plus a forecast of its rest, and what that does to a budget. Promises: spend that
 * happened is never estimated; a month that began before the data did says so.
 */
import {
  addDays,
  countDays,
  listDays,
  monthFirst,
  monthLast,
} from "../costs/days.ts";
import type { Day } from "../costs/days.ts";
import { warnPercent } from "../costs/budgets.ts";
import type { DaySpend } from "../costs/anomalies.ts";
import { forecast } from "../costs/forecast.ts";
import type { Forecast } from "../costs/forecast.ts";
import { percentOf, roundUsd, sumOf } from "../costs/money.ts";
import type { Budget } from "../model.ts";

export type ProjectedRange = {
  readonly expected_usd: number;
  readonly low_usd: number;
  readonly high_usd: number;
};
export type MonthProjection = ProjectedRange & {
  /** YYYY-MM. */
  readonly month: string;
  readonly spent_usd: number;
  readonly spent_through: Day | null;
  readonly days_left: number;
  /** False where the month began before the data did: what was spent then is not in it. */
  readonly whole: boolean;
};
export type BudgetOutlook = MonthProjection & {
  readonly monthly_usd: number;
  readonly scope: Budget["scope"];
  readonly expected_percent: number | null;
  /** Of the budget, so far. */
  readonly spent_percent: number | null;
  readonly warn_percent: number;
  readonly over_usd: number;
  /** The day on which the budget is used up; null where that does not happen in the month. */
  readonly hit_day: Day | null;
};
/** The month of the day after the last: what it has cost so far plus a forecast of its rest. */
export function projectMonth(
  series: readonly DaySpend[],
  outlook: Forecast,
  last: Day,
  dataFirst: Day,
): MonthProjection {
  const next = addDays(last, 1);
  const first = monthFirst(next);
  const spent = sumOf(
    series.filter((point) => point.day >= first),
    (point) => point.usd,
  );
  const days_left = countDays({ first: next, last: monthLast(next) });
  const rest = outlook.sumAhead(days_left);
  return {
    month: first.slice(0, 7),
    spent_usd: roundUsd(spent),
    spent_through: last >= first ? last : null,
    days_left,
    whole: dataFirst <= first,
    ...rounded({
      expected_usd: spent + rest.expected_usd,
      low_usd: spent + rest.low_usd,
      high_usd: spent + rest.high_usd,
    }),
  };
}

/** Empty where the scope has too few days to forecast from. */
export function budgetOutlook(
  budget: Budget,
  series: readonly DaySpend[],
  dataFirst: Day,
): readonly BudgetOutlook[] {
  const outlook = forecast(series);
  const last = series.at(-1)?.day;
  if (outlook === null || last === undefined) return [];
  const month = projectMonth(series, outlook, last, dataFirst);
  return [
    {
      ...month,
      monthly_usd: budget.monthly_usd,
      scope: budget.scope,
      expected_percent: percentOf(month.expected_usd, budget.monthly_usd),
      spent_percent: percentOf(month.spent_usd, budget.monthly_usd),
      warn_percent: warnPercent(budget),
      over_usd: roundUsd(Math.max(0, month.expected_usd - budget.monthly_usd)),
      hit_day: hitDay(budget.monthly_usd, series, outlook, last),
    },
  ];
}

/** The first day of the running month by whose end the budget is spent, as seen so far or as forecast. */
function hitDay(
  monthly: number,
  series: readonly DaySpend[],
  outlook: Forecast,
  last: Day,
): Day | null {
  const first = monthFirst(addDays(last, 1));
  const seen = new Map(series.map((point) => [point.day, point.usd]));
  let total = 0;
  for (const day of listDays({ first, last: monthLast(first) })) {
    total +=
      day <= last
        ? (seen.get(day) ?? 0)
        : outlook.dayAhead(countDays({ first: last, last: day }) - 1);
    if (total >= monthly) return day;
  }
  return null;
}

/** To six decimals. */
export function rounded(range: ProjectedRange): ProjectedRange {
  return {
    expected_usd: roundUsd(range.expected_usd),
    low_usd: roundUsd(range.low_usd),
    high_usd: roundUsd(range.high_usd),
  };
}
