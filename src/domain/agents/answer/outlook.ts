/**
 * The parts of an answer about spend to come: the projection and the budgets. Promises: a projection is never shown without its
 * interval, its method and the day up to which spend is real.
 */
import { formatPercent, formatUsd } from "../../costs/money.ts";
import type { Figure, ReportTable } from "../../model.ts";
import type { SpendForecast } from "../../tools/forecastSpend.ts";
import type { BudgetOutlook } from "../../tools/monthProjection.ts";
import type { Material } from "./material.ts";
import { scopeWords } from "./spend.ts";
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
  return `${monthWords(month.month)} is heading for about **${formatUsd(month.expected_usd)}**${scopeWords(material)} (${range}; ${real}${part}).`;
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
  return `The next ${next.days} days come to about **${formatUsd(next.expected_usd)}**${scopeWords(material)} (${formatUsd(next.low_usd)} to ${formatUsd(next.high_usd)}). Method: ${METHODS[result.method]}, from ${result.history_days} whole days.${testedWords(result)}`;
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

/** One sentence a budget: when it is used up, or that it holds; those first that are for what the question narrows to. */
export function budgetSentences(material: Material): readonly string[] {
  const result = material.forecast?.result;
  if (result === undefined) return [];
  if (result.budgets.length === 0)
    return result.possible && /\bbudgets?\b/i.test(material.question)
      ? [
          "**No budget is set for this.** Set one in your preferences; the projection is then held against it.",
        ]
      : [];
  const isNarrowed = Object.keys(result.filter).length > 0;
  const asked = ({ scope }: BudgetOutlook) =>
    scope !== null && result.filter[scope.dimension] !== undefined;
  const sentences = result.budgets
    .toSorted((a, b) => Number(asked(b)) - Number(asked(a)))
    .map((budget) => budgetSentence(budget, isNarrowed));
  return isNarrowed
    ? [
        ...sentences,
        "A budget is held against all that it is for, not only against what you asked about.",
      ]
    : sentences;
}

function budgetSentence(budget: BudgetOutlook, isNarrowed: boolean): string {
  const { scope, hit_day: hit, spent_through: through } = budget;
  const of =
    scope === null
      ? isNarrowed
        ? " for all spend"
        : ""
      : ` for ${scope.dimension} ${code(scope.key)}`;
  const name = `The budget${of} of ${formatUsd(budget.monthly_usd)} for ${monthWords(budget.month)}`;
  if (hit === null && budget.expected_usd === 0)
    return `${name} has **no spend at all** to be held against: is that what the data calls it?`;
  if (hit === null) return `${name}: ${withinWords(budget)}`;
  const verb = through !== null && hit <= through ? "was" : "will be";
  return `${name} ${verb} **used up on ${dayWords(hit)}**: ${spentWords(budget)}; the month is heading for ${formatUsd(budget.expected_usd)}, ${formatUsd(budget.over_usd)} over.`;
}

function withinWords(budget: BudgetOutlook): string {
  const used =
    budget.expected_percent === null
      ? ""
      : `, ${formatPercent(budget.expected_percent)} of it`;
  const reached = isReached(budget) ? `, **${spentWords(budget)}**` : "";
  const risk =
    budget.high_usd > budget.monthly_usd
      ? `; at the interval's high end (${formatUsd(budget.high_usd)}) it would not hold`
      : "";
  return `projected ${formatUsd(budget.expected_usd)}${used}${reached} — within budget${risk}.`;
}

const isReached = ({ spent_percent: spent, warn_percent }: BudgetOutlook) =>
  spent !== null && spent >= warn_percent;

/** "$2,049.17 (102%) spent through 23 Nov 2026 (your threshold: 80%)". */
function spentWords(budget: BudgetOutlook): string {
  const { spent_percent: share, spent_through: through } = budget;
  if (through === null) return "nothing of it is spent yet";
  const percent = share === null ? "" : ` (${formatPercent(share)})`;
  const threshold = isReached(budget)
    ? ` (your threshold: ${formatPercent(budget.warn_percent)})`
    : "";
  return `${formatUsd(budget.spent_usd)}${percent} spent through ${dayWords(through)}${threshold}`;
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
