/**
 * Days that cost far more or less than such a day usually does. Promises: nothing is called an anomaly on less than two weeks of
 * data, for cents, or in a series without variation; the same series always gives the same answer.
 */
import { mean, median } from "simple-statistics";
import { assumptions } from "./assumptions.ts";
import { weekdayOf } from "./days.ts";
import type { Day } from "./days.ts";

export type DaySpend = { readonly day: Day; readonly usd: number };

export type Anomaly = {
  readonly day: Day;
  readonly usd: number;
  /** What such a day usually costs. */
  readonly expected_usd: number;
  /** Modified z-score of the log residual. */
  readonly score: number;
};

/**
 * Weekday-adjusted log residuals scored against their own spread: r = ln(y + c) − median of the same kind of day, score = 0.6745 r / MAD
 * (modified z-score, Iglewicz & Hoaglin 1993, section 3.3; where more than half of the residuals are equal, MAD is 0 and their
 * alternative 1.253314 × mean absolute deviation stands in). Kinds of day: each weekday from four weeks on, before that working
 * days and weekends. c is 1 % of the median day and keeps a day without spend finite. US dollars; days in order, none missing.
 */
export function detectAnomalies(
  series: readonly DaySpend[],
): readonly Anomaly[] {
  if (series.length < assumptions.anomalyHistoryDaysMin) return [];
  const usual = median(series.map((point) => point.usd));
  if (usual <= 0) return [];
  const offset = usual / 100;
  const expected = expectedByKind(series, offset);
  const residuals = series.map(
    (point) =>
      Math.log(point.usd + offset) -
      (expected.get(kindOf(point.day, series.length)) ?? 0),
  );
  const spread = spreadOf(residuals);
  if (spread === 0) return [];
  const floor = Math.max(
    assumptions.anomalyFloorUsd,
    usual * assumptions.anomalyFloorShareOfUsualDay,
  );
  return series
    .map((point, index) => ({
      day: point.day,
      usd: point.usd,
      expected_usd: Math.max(
        0,
        Math.exp(expected.get(kindOf(point.day, series.length)) ?? 0) - offset,
      ),
      score: (residuals[index] ?? 0) / spread,
    }))
    .filter(
      (day) =>
        Math.abs(day.score) > assumptions.anomalyScoreMin &&
        Math.abs(day.usd - day.expected_usd) >= floor,
    );
}

/** Which days are comparable with this one, given how many days of history there are. */
function kindOf(day: Day, historyDays: number): number {
  const weekday = weekdayOf(day);
  if (historyDays >= assumptions.weekdayHistoryDaysMin) return weekday;
  return weekday === 0 || weekday === 6 ? 0 : 1;
}

function expectedByKind(
  series: readonly DaySpend[],
  offset: number,
): ReadonlyMap<number, number> {
  const kinds = Map.groupBy(series, (point) =>
    kindOf(point.day, series.length),
  );
  return new Map(
    [...kinds].map(([kind, points]) => [
      kind,
      median(points.map((point) => Math.log(point.usd + offset))),
    ]),
  );
}

/** The scale of residuals whose centre is 0, such that normal noise has scale 1. */
function spreadOf(residuals: readonly number[]): number {
  const sizes = residuals.map(Math.abs);
  const mad = median(sizes);
  return mad > 0 ? mad / 0.6745 : 1.253314 * mean(sizes);
}
