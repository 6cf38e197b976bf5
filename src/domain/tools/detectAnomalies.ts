/**
 * detect_anomalies: days of a period that cost far more or less than such days do, and the models behind each. Promises: the period
 * is judged against itself and the days before it; too little history is said, not guessed around.
 */
import { Effect, Schema } from "effect";
import { detectAnomalies as detect } from "../costs/anomalies.ts";
import type { Anomaly } from "../costs/anomalies.ts";
import { assumptions } from "../costs/assumptions.ts";
import type { Day, DayRange } from "../costs/days.ts";
import { weekdayOf } from "../costs/days.ts";
import { formatUsd, formatUsdChange, roundUsd, sumOf } from "../costs/money.ts";
import { median } from "simple-statistics";
import { limits } from "../limits.ts";
import type { Period } from "../model.ts";
import type { UsageFilter, UsageRow } from "../ports.ts";
import { defineTool } from "./define.ts";
import { PeriodOf, scope } from "./parameters.ts";
import type { Basis } from "./parameters.ts";
import {
  aggregate,
  dailySpend,
  daysOf,
  plural,
  rowsByKey,
  spendOf,
} from "./usage.ts";

const Parameters = Schema.Struct({
  ...scope,
  /** What is usual is learned here: the period and, where there is data, days before it. */
  history: PeriodOf,
});
type Parameters = typeof Parameters.Type;

export type Driver = {
  readonly model: string | null;
  readonly cost_usd: number;
  readonly usual_usd: number;
  readonly excess_usd: number;
};
export type FoundAnomaly = {
  readonly day: Day;
  readonly direction: "spike" | "drop";
  readonly cost_usd: number;
  readonly expected_usd: number;
  readonly excess_usd: number;
  readonly score: number;
  readonly drivers: readonly Driver[];
};
export type Anomalies = {
  readonly period: Period;
  readonly history: DayRange | null;
  readonly history_days: number;
  readonly history_days_needed: number;
  readonly assessed: boolean;
  readonly method: string;
  readonly filter: UsageFilter;
  readonly basis: Basis;
  /** Largest difference in dollars first. */
  readonly anomalies: readonly FoundAnomaly[];
  readonly anomalies_found: number;
};

const METHOD =
  "log spend against the median of the same kind of day, robust z-score over the median absolute deviation, with a floor in dollars";

export const detectAnomalies = defineTool({
  name: "detect_anomalies",
  description:
    "Days whose spend is far from what such days usually cost, with the models that made the difference.",
  parameters: Parameters,
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const basis = parameters.basis ?? "computed";
    const rows = yield* aggregate(context.user_id, {
      ...parameters,
      period: parameters.history,
      group_by: ["day", "model"],
    });
    const days = daysOf(parameters.history, parameters.time_zone);
    const asked = new Set(daysOf(parameters.period, parameters.time_zone));
    const found = detect(dailySpend(rows, 0, days, basis))
      .filter((anomaly) => asked.has(anomaly.day))
      .toSorted(
        (a, b) =>
          Math.abs(b.usd - b.expected_usd) - Math.abs(a.usd - a.expected_usd),
      );
    const [first, last] = [days[0], days.at(-1)];
    return {
      period: parameters.period,
      history:
        first === undefined || last === undefined ? null : { first, last },
      history_days: days.length,
      history_days_needed: assumptions.anomalyHistoryDaysMin,
      assessed: days.length >= assumptions.anomalyHistoryDaysMin,
      method: METHOD,
      filter: parameters.filter ?? {},
      basis,
      anomalies: found
        .slice(0, assumptions.anomaliesReportedMax)
        .map((anomaly) => explain(anomaly, rows, days, basis)),
      anomalies_found: found.length,
    };
  }),
  summarize: (result: Anomalies) => {
    if (!result.assessed)
      return `${plural(result.history_days, "day")} of history is too little to say what is usual; it takes ${result.history_days_needed}.`;
    const worst = result.anomalies[0];
    if (worst === undefined) return "No day stands out.";
    return `${plural(result.anomalies_found, "unusual day")}; ${worst.day} cost ${formatUsd(worst.cost_usd)}, ${formatUsdChange(worst.excess_usd)} against usual.`;
  },
});

function explain(
  anomaly: Anomaly,
  rows: readonly UsageRow[],
  days: readonly Day[],
  basis: Basis,
): FoundAnomaly {
  const difference = anomaly.usd - anomaly.expected_usd;
  return {
    day: anomaly.day,
    direction: difference > 0 ? "spike" : "drop",
    cost_usd: roundUsd(anomaly.usd),
    expected_usd: roundUsd(anomaly.expected_usd),
    excess_usd: roundUsd(difference),
    score: Math.round(anomaly.score * 10) / 10,
    drivers: driversOf(anomaly, rows, days, basis)
      .filter(
        (driver) => Math.sign(driver.excess_usd) === Math.sign(difference),
      )
      .slice(0, limits.usageSeriesShownMax),
  };
}

/** Each model's spend of the day against its own median on the same weekday, largest difference first. */
function driversOf(
  anomaly: Anomaly,
  rows: readonly UsageRow[],
  days: readonly Day[],
  basis: Basis,
): readonly Driver[] {
  const comparable = days.filter(
    (day) => day !== anomaly.day && weekdayOf(day) === weekdayOf(anomaly.day),
  );
  return [...rowsByKey(rows, 1)]
    .map(([model, group]) => {
      const byDay = rowsByKey(group, 0);
      const spend = (day: Day) =>
        sumOf(byDay.get(day) ?? [], (row) => spendOf(row, basis));
      const usual = comparable.length === 0 ? 0 : median(comparable.map(spend));
      const cost = spend(anomaly.day);
      return {
        model,
        cost_usd: roundUsd(cost),
        usual_usd: roundUsd(usual),
        excess_usd: roundUsd(cost - usual),
      };
    })
    .toSorted((a, b) => Math.abs(b.excess_usd) - Math.abs(a.excess_usd));
}
