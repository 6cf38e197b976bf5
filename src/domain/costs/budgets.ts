/**
 * Budgets held against what was spent: when data comes in, month by month. Promises: spend is of whole calendar months in the user's time zone; a budget
 * is told of from its threshold on, with what was spent and nothing that was forecast.
 */
import { Effect } from "effect";
import type { ServiceUnavailable } from "../errors.ts";
import { limits } from "../limits.ts";
import type {
  Budget,
  BudgetAlert,
  Period,
  UserId,
  Preferences,
} from "../model.ts";
import { UsageStore } from "../ports.ts";
import type { UsageFilter, UsageRow } from "../ports.ts";
import { assumptions } from "./assumptions.ts";
import { countsAsBilled } from "./basis.ts";
import { addMonths, dayOf, monthFirst, monthLast, toPeriod } from "./days.ts";
import type { Day } from "./days.ts";
import { percentOf, roundUsd, sumOf, totalTokens } from "./money.ts";

/** The filter for all that a budget is for. */
export const filterOf = ({ scope }: Pick<Budget, "scope">): UsageFilter =>
  scope === null ? {} : { [scope.dimension]: [scope.key] };

/** Whether what a filter lets through has anything in common with a budget. */
export function concerns(
  filter: UsageFilter,
  { scope }: Pick<Budget, "scope">,
): boolean {
  const wanted = scope === null ? undefined : filter[scope.dimension];
  return scope === null || wanted === undefined || wanted.includes(scope.key);
}

/** The share of a budget, in percent, from which on it is told of. */
export const warnPercent = (budget: Budget): number =>
  budget.warn_percent ?? assumptions.budgetWarnPercent;

/** The user's budgets that the months of a period have reached the threshold of, by month; the latest limits.budgetMonthsMax months are looked at. */
export function reachedBudgets(
  user: UserId,
  period: Period | null,
  { budgets, time_zone }: Pick<Preferences, "budgets" | "time_zone">,
): Effect.Effect<readonly BudgetAlert[], ServiceUnavailable, UsageStore> {
  return Effect.gen(function* () {
    if (period === null || budgets.length === 0) return [];
    const usage = yield* UsageStore;
    const months = monthsOf(period, time_zone);
    const alerts: BudgetAlert[] = [];
    for (const budget of budgets)
      for (const first of months) {
        const month = { first, last: monthLast(first) };
        const rows = yield* usage.aggregate(user, {
          period: toPeriod(month, time_zone),
          time_zone,
          group_by: [],
          filter: filterOf(budget),
        });
        alerts.push(...alertOf(budget, first, sumOf(rows, spentOf)));
      }
    return alerts;
  });
}

/** In the dollars that an answer would count in. */
const spentOf = (row: UsageRow): number =>
  countsAsBilled({ ...row, total_tokens: totalTokens(row.tokens) })
    ? (row.billed_usd ?? 0)
    : row.computed_usd;

function monthsOf(period: Period, zone: string): readonly Day[] {
  const last = monthFirst(dayOf(Date.parse(period.to) - 1, zone));
  const first = monthFirst(dayOf(period.from, zone));
  return Array.from({ length: limits.budgetMonthsMax }, (_, back) =>
    addMonths(last, -back),
  )
    .filter((month) => month >= first)
    .toReversed();
}

/** Empty below the threshold. */
function alertOf(
  budget: Budget,
  first: Day,
  spent: number,
): readonly BudgetAlert[] {
  const spent_percent = percentOf(spent, budget.monthly_usd) ?? 0;
  const warn_percent = warnPercent(budget);
  if (spent_percent < warn_percent) return [];
  return [
    {
      month: first.slice(0, 7),
      monthly_usd: budget.monthly_usd,
      scope: budget.scope,
      warn_percent,
      spent_usd: roundUsd(spent),
      spent_percent,
      exceeded: spent > budget.monthly_usd,
    },
  ];
}
