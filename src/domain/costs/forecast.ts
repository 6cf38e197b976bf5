/**
 * What the days to come will cost, from the days that were. Promises: an interval always holds its own middle, nothing falls below
 * zero, and a forecast made from too few days is not made at all.
 */
import {
  mean,
  rootMeanSquare,
  sampleStandardDeviation,
} from "simple-statistics";
import { detectAnomalies } from "./anomalies.ts";
import type { DaySpend } from "./anomalies.ts";
import { assumptions } from "./assumptions.ts";
import { backtest } from "./backtest.ts";
import { holtWinters } from "./holtWinters.ts";

export type Projection = {
  readonly expected_usd: number;
  readonly low_usd: number;
  readonly high_usd: number;
};

export type Forecast = {
  readonly method: "run_rate" | "seasonal_naive" | "holt_winters";
  readonly daily_mean_usd: number;
  /** The expected spend of the day so many days after the last one, from 1. */
  readonly dayAhead: (ahead: number) => number;
  /** The sum of the next so many days. */
  readonly sumAhead: (days: number) => Projection;
  /** How it would have done on the days that are known; null where there are too few. */
  readonly tested: Tested | null;
};

export type Tested = {
  readonly starts: number;
  /** The usual error of a week's sum, in parts of it; null where nothing was spent. */
  readonly week_error_share: number | null;
  /** The same of the way that was not taken. */
  readonly other_error_share: number | null;
};

const WEEK_DAYS = 7;

/**
 * Null under three days. Days are whole, in order, none missing; US dollars. An anomalous day counts as the usual day of its kind, so
 * that last week's accident is not expected again.
 */
export function forecast(series: readonly DaySpend[]): Forecast | null {
  if (series.length < assumptions.forecastHistoryDaysMin) return null;
  const usual = new Map(
    detectAnomalies(series).map((anomaly) => [
      anomaly.day,
      anomaly.expected_usd,
    ]),
  );
  const days = series.map((point) => usual.get(point.day) ?? point.usd);
  if (days.length < assumptions.seasonalHistoryDaysMin) return runRate(days);
  return days.length < assumptions.backtestedHistoryDaysMin
    ? seasonalNaive(days)
    : tried(days);
}

/**
 * The better of two ways in a rolling backtest of weeks: Holt-Winters where it beats the last week repeated. Its interval is that of the
 * backtest's own errors.
 */
function tried(days: readonly number[]): Forecast {
  const naive = backtest(days, lastWeekRepeated);
  const smoothed = backtest(days, holtWinters);
  const isBetter =
    (smoothed.week_error_share ?? 0) < (naive.week_error_share ?? 0);
  const [taken, other] = isBetter ? [smoothed, naive] : [naive, smoothed];
  const dayAhead = (isBetter ? holtWinters : lastWeekRepeated)(days);
  return {
    method: isBetter ? "holt_winters" : "seasonal_naive",
    daily_mean_usd: mean([...days]),
    dayAhead,
    sumAhead: (count) =>
      interval(sumOfDays(dayAhead, count), taken.errorOfSum(count)),
    tested: {
      starts: taken.starts,
      week_error_share: taken.week_error_share,
      other_error_share: other.week_error_share,
    },
  };
}

/**
 * Mean method: every day to come costs the mean day. The sum of h days has standard error s·√(h + h²/n): the days' own noise and the
 * mean's (Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2 and 5.5).
 */
function runRate(days: readonly number[]): Forecast {
  const level = mean([...days]);
  const noise = sampleStandardDeviation([...days]);
  return {
    method: "run_rate",
    daily_mean_usd: level,
    dayAhead: () => level,
    sumAhead: (count) =>
      interval(
        level * count,
        noise * Math.sqrt(count + (count * count) / days.length),
      ),
    tested: null,
  };
}

/**
 * Seasonal naive method, period one week: a day to come costs what the same weekday of the last week cost (ibid. 5.2). With one-step
 * residuals e = y(t) − y(t−7) of root mean square s, the error k weeks ahead is a sum of k of them; the errors of one weekday's n
 * occurrences in the horizon add up to a variance of s²·Σ k² for k = 1…n, and weekdays are taken as independent.
 */
function seasonalNaive(days: readonly number[]): Forecast {
  const residuals = days
    .slice(WEEK_DAYS)
    .map((value, index) => value - (days[index] ?? 0));
  const noise = rootMeanSquare(residuals);
  const dayAhead = lastWeekRepeated(days);
  return {
    method: "seasonal_naive",
    daily_mean_usd: mean([...days]),
    dayAhead,
    sumAhead: (count) =>
      interval(
        sumOfDays(dayAhead, count),
        noise * Math.sqrt(squaresAhead(count)),
      ),
    tested: null,
  };
}

/** A day ahead costs what the same weekday of the last week did. */
function lastWeekRepeated(days: readonly number[]): (ahead: number) => number {
  const lastWeek = days.slice(-WEEK_DAYS);
  return (ahead) => lastWeek[(ahead - 1) % WEEK_DAYS] ?? 0;
}

function sumOfDays(dayAhead: (ahead: number) => number, count: number): number {
  return Array.from({ length: count }, (_, place) =>
    dayAhead(place + 1),
  ).reduce((a, b) => a + b, 0);
}

/** Σ over weekdays of Σ k² for k = 1 … occurrences of that weekday in the horizon. */
function squaresAhead(count: number): number {
  const squares = (n: number) => (n * (n + 1) * (2 * n + 1)) / 6;
  const fullWeeks = Math.floor(count / WEEK_DAYS);
  const extraDays = count % WEEK_DAYS;
  return (
    (WEEK_DAYS - extraDays) * squares(fullWeeks) +
    extraDays * squares(fullWeeks + 1)
  );
}

function interval(expected: number, standardError: number): Projection {
  const margin = assumptions.intervalZ * standardError;
  return {
    expected_usd: expected,
    low_usd: Math.max(0, expected - margin),
    high_usd: expected + margin,
  };
}
