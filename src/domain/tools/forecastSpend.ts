/**
 * forecast_spend: what the next thirty days and the running month will cost, and what that means for the budgets. Promises: only whole
 * days are learned from; the month's spend so far is real and only its rest is forecast; every forecast comes with an interval. A budget is
 * held against all that it is for, however narrow the question; one that the question does not touch is left out.
 */
import { Effect, Schema } from "effect";
import { concerns, filterOf } from "../costs/budgets.ts";
import { assumptions } from "../costs/assumptions.ts";
import { addDays, dayOf, listDays, toRange } from "../costs/days.ts";
import type { Day, DayRange } from "../costs/days.ts";
import { forecast } from "../costs/forecast.ts";
import type { Forecast } from "../costs/forecast.ts";
import type { DaySpend } from "../costs/anomalies.ts";
import { formatUsd, roundPercent, roundUsd } from "../costs/money.ts";
import { limits } from "../limits.ts";
import type { UsageFilter } from "../ports.ts";
import { defineTool } from "./define.ts";
import { DayText, Percent, PeriodOf, scope } from "./parameters.ts";
import type { Basis } from "./parameters.ts";
import { budgetOutlook, projectMonth, rounded } from "./monthProjection.ts";
import type {
  BudgetOutlook,
  MonthProjection,
  ProjectedRange,
} from "./monthProjection.ts";
import { aggregate, dailySpend, usageVersion } from "./usage.ts";

const BudgetLine = Schema.Struct({
  monthly_usd: Schema.Finite,
  scope: Schema.NullOr(
    Schema.Struct({
      dimension: Schema.Literals(["project", "user", "model"]),
      key: Schema.String,
    }),
  ),
  warn_percent: Schema.optionalKey(Percent),
});
const { time_zone, filter, basis } = scope;
const Parameters = Schema.Struct({
  /** All days to learn from, up to the end of the data. */
  history: PeriodOf,
  /** The first day of all data: a month that begins before it is not wholly known. */
  data_first: DayText,
  time_zone,
  filter,
  basis,
  budgets: Schema.Array(BudgetLine).check(
    Schema.isMaxLength(limits.preferencesBudgetsMax),
  ),
});
type Parameters = typeof Parameters.Type;

export type SpendForecast = {
  readonly possible: boolean;
  readonly days_needed: number;
  readonly history: DayRange;
  readonly history_days: number;
  readonly method: Forecast["method"] | null;
  /** How the method did on the weeks that are known, and how the other one would have; null under eight weeks. */
  readonly tested: {
    readonly starts: number;
    readonly week_error_percent: number | null;
    readonly other_error_percent: number | null;
  } | null;
  readonly interval_percent: number;
  readonly daily_mean_usd: number | null;
  readonly next_days:
    (ProjectedRange & DayRange & { readonly days: number }) | null;
  readonly month: MonthProjection | null;
  readonly budgets: readonly BudgetOutlook[];
  readonly filter: UsageFilter;
  readonly basis: Basis;
};

export const forecastSpend = defineTool({
  name: "forecast_spend",
  description:
    "Projects the next thirty days and the running calendar month from daily spend, with an interval, and compares with budgets.",
  parameters: Parameters,
  // A day that is over is learned from, so a result holds for its day.
  version: (parameters, context) =>
    usageVersion(parameters, context).pipe(
      Effect.map((it) => `${it} ${dayOf(context.now, parameters.time_zone)}`),
    ),
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const days = wholeDays(parameters, context.now);
    const used = parameters.basis ?? "computed";
    const query = { ...parameters, period: parameters.history };
    const rows = yield* aggregate(context.user_id, {
      ...query,
      group_by: ["day"],
    });
    const series = dailySpend(rows, 0, days, used);
    const budgets: BudgetOutlook[] = [];
    for (const budget of parameters.budgets) {
      if (!concerns(parameters.filter ?? {}, budget)) continue;
      const spent = yield* aggregate(context.user_id, {
        ...query,
        filter: filterOf(budget),
        group_by: ["day"],
      });
      budgets.push(
        ...budgetOutlook(
          budget,
          dailySpend(spent, 0, days, used),
          parameters.data_first,
        ),
      );
    }
    return describe(parameters, series, budgets, used);
  }),
  summarize: (result: SpendForecast) => {
    if (result.month === null)
      return `Too few whole days to forecast from: ${result.history_days} of ${result.days_needed}.`;
    const over = result.budgets.filter((budget) => budget.over_usd > 0).length;
    const budgets =
      over === 0
        ? ""
        : ` ${over} of ${result.budgets.length} budgets would be exceeded.`;
    return `${result.month.month} comes to about ${formatUsd(result.month.expected_usd)} (${formatUsd(result.month.low_usd)} to ${formatUsd(result.month.high_usd)}).${budgets}`;
  },
});

function testedOf({ tested }: Forecast): SpendForecast["tested"] {
  if (tested === null) return null;
  const percent = (share: number | null) =>
    share === null ? null : roundPercent(share * 100);
  return {
    starts: tested.starts,
    week_error_percent: percent(tested.week_error_share),
    other_error_percent: percent(tested.other_error_share),
  };
}

/** The history's days without today, which is not over yet. */
function wholeDays(parameters: Parameters, now: number): readonly Day[] {
  const range = toRange(parameters.history, parameters.time_zone);
  const today = dayOf(now, parameters.time_zone);
  return listDays(range)
    .filter((day) => day < today)
    .slice(-assumptions.forecastHistoryDaysMax);
}

function describe(
  parameters: Parameters,
  series: readonly DaySpend[],
  budgets: readonly BudgetOutlook[],
  used: Basis,
): SpendForecast {
  const outlook = forecast(series);
  const last = series.at(-1)?.day;
  const common = {
    days_needed: assumptions.forecastHistoryDaysMin,
    history: toRange(parameters.history, parameters.time_zone),
    history_days: series.length,
    interval_percent: assumptions.intervalPercent,
    filter: parameters.filter ?? {},
    basis: used,
  };
  if (outlook === null || last === undefined) {
    return {
      ...common,
      possible: false,
      method: null,
      tested: null,
      daily_mean_usd: null,
      next_days: null,
      month: null,
      budgets: [],
    };
  }
  const days = assumptions.forecastHorizonDays;
  return {
    ...common,
    possible: true,
    method: outlook.method,
    tested: testedOf(outlook),
    daily_mean_usd: roundUsd(outlook.daily_mean_usd),
    next_days: {
      days,
      first: addDays(last, 1),
      last: addDays(last, days),
      ...rounded(outlook.sumAhead(days)),
    },
    month: projectMonth(series, outlook, last, parameters.data_first),
    budgets,
  };
}
