/**
 * The parts of an answer about spend to come: the projection and the budgets. Promises: a projection is never shown without its
 * interval, its method and the day up to which spend is real.
 */
import { formatPercent, formatUsd } from "../../costs/money.ts";
import type { Figure, ReportTable } from "../../model.ts";
import type { SpendForecast } from "../../tools/forecastSpend.ts";
import type { Material } from "./material.ts";
import { code, dayWords, monthWords, plain } from "./words.ts";

const METHODS: Readonly<Record<NonNullable<SpendForecast["method"]>, string>> =
  {
    run_rate: "mean day so far (under two weeks of history)",
    seasonal_naive:
      "last week's days repeated, unusual days replaced by usual ones",
    holt_winters:
      "exponential smoothing with a weekly season and a damped trend (Holt-Winters), unusual days replaced by usual ones",
  };

/** "November 2026 is heading for about $Z ($a to $b …)." */
export function monthSentence(material: Material): string | null {
  const result = material.forecast?.result;
  if (result === undefined) return null;
  if (result.month === null)
    return `A projection takes ${result.days_needed} whole days; the data has ${result.history_days}.`;
  const { month } = result;
  const range = `${formatUsd(month.low_usd)} to ${formatUsd(month.high_usd)}, ${result.interval_percent}% interval`;
  const real =
    month.spent_through === null
      ? "nothing of it is in the data yet"
      : `${formatUsd(month.spent_usd)} of it is real, through ${dayWords(month.spent_through)}`;
  const part = month.whole
    ? ""
    : "; the data begins after the month did, so its first days are not in it";
  return `${monthWords(month.month)} is heading for about **${formatUsd(month.expected_usd)}** (${range}; ${real}${part}).`;
}

export function methodSentence(material: Material): string | null {
  const result = material.forecast?.result;
  if (
    result === undefined ||
    result.method === null ||
    result.next_days === null ||
    result.daily_mean_usd === null
  )
    return null;
  const next = result.next_days;
  return `The next ${next.days} days come to about **${formatUsd(next.expected_usd)}** (${formatUsd(next.low_usd)} to ${formatUsd(next.high_usd)}). Method: ${METHODS[result.method]}, from ${result.history_days} whole days.${testedWords(result)}`;
}

/** What the backtest found, in percent of a week. */
function testedWords({ tested, method }: SpendForecast): string {
  if (tested === null || tested.week_error_percent === null) return "";
  const other =
    tested.other_error_percent === null
      ? ""
      : ` (${method === "holt_winters" ? "repeating the last week" : "Holt-Winters"}: ${formatPercent(tested.other_error_percent)})`;
  return ` Tried on ${tested.starts} past days, it missed a week's sum by ${formatPercent(tested.week_error_percent)} on average${other}; the interval is that of these misses.`;
}

export function outlookFigures(material: Material): readonly Figure[] {
  const found = material.forecast;
  const month = found?.result.month ?? null;
  if (found === null || month === null) return [];
  return [
    {
      id: "projected_month",
      label: `Projected ${monthWords(month.month)}`,
      value: month.expected_usd,
      unit: "usd",
      source: found.id,
      note: `${formatUsd(month.low_usd)} to ${formatUsd(month.high_usd)}, ${found.result.interval_percent}% interval`,
    },
  ];
}

/** One sentence a budget: over, when, or within. */
export function budgetSentences(material: Material): readonly string[] {
  const budgets = material.forecast?.result.budgets ?? [];
  return budgets.map((budget) => {
    const name =
      budget.scope === null
        ? "The budget"
        : `The budget for ${budget.scope.dimension} ${code(budget.scope.key)}`;
    const used =
      budget.expected_percent === null
        ? ""
        : `, ${formatPercent(budget.expected_percent)} of it`;
    const reached =
      budget.spent_percent !== null &&
      budget.spent_percent >= budget.warn_percent
        ? `, **${formatPercent(budget.spent_percent)} spent already** (your threshold: ${formatPercent(budget.warn_percent)})`
        : "";
    const outlook = `${name} of ${formatUsd(budget.monthly_usd)} for ${monthWords(budget.month)}: projected ${formatUsd(budget.expected_usd)}${used}${reached}`;
    if (budget.hit_day !== null)
      return `${outlook} — **used up on ${dayWords(budget.hit_day)}**, ${formatUsd(budget.over_usd)} over by the month's end.`;
    const risk =
      budget.high_usd > budget.monthly_usd
        ? `; at the interval's high end (${formatUsd(budget.high_usd)}) it would not hold`
        : "";
    return `${outlook} — within budget${risk}.`;
  });
}

/** Worth a table from two budgets on; one is said in its sentence. */
export function budgetTable(material: Material): ReportTable | null {
  const found = material.forecast;
  if (found === null || found.result.budgets.length < 2) return null;
  return {
    title: "Budgets",
    columns: [
      { key: "name", label: "Scope", unit: "text" },
      { key: "budget", label: "Budget", unit: "usd" },
      { key: "spent", label: "Spent", unit: "usd" },
      { key: "projected", label: "Projected", unit: "usd" },
      { key: "percent", label: "Of budget", unit: "percent" },
      { key: "hit", label: "Used up on", unit: "date" },
    ],
    rows: found.result.budgets.map((budget) => ({
      name:
        budget.scope === null
          ? "all spend"
          : `${budget.scope.dimension} ${plain(budget.scope.key)}`,
      budget: budget.monthly_usd,
      spent: budget.spent_usd,
      projected: budget.expected_usd,
      percent: budget.expected_percent,
      hit: budget.hit_day,
    })),
    source: found.id,
  };
}
