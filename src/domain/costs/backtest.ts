/**
 * How well a way of forecasting would have done on the days that are known: it is made anew at every past day and held against what came. Promises:
 * a forecast sees only days before its start; errors are of sums, since sums are what is told.
 */
import { mean, rootMeanSquare } from "simple-statistics";
import { assumptions } from "./assumptions.ts";

/** From the days so far: what the day so many days ahead will cost. */
export type Method = (days: readonly number[]) => (ahead: number) => number;

export type Backtest = {
  readonly starts: number;
  /** Mean absolute error of a week's sum, over the mean of those sums; null where nothing was spent. */
  readonly week_error_share: number | null;
  /** The root mean square error of the sum of so many days ahead, in US dollars; never falls with the horizon. */
  readonly errorOfSum: (days: number) => number;
};

const WEEK_DAYS = 7;

/**
 * Rolling forecasting origin (Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.8 and 5.10): a start at every day from
 * assumptions.backtestHistoryDaysMin on. A horizon that fewer than assumptions.backtestStartsMin starts reach takes the error of the
 * longest that they do, grown in proportion to the days: as if all errors had one sign.
 */
export function backtest(days: readonly number[], method: Method): Backtest {
  const first = assumptions.backtestHistoryDaysMin;
  const runs = days
    .slice(first)
    .map((_, place) => errorsFrom(days, first + place, method));
  const reached = Math.max(
    1,
    (runs[0]?.length ?? 0) - assumptions.backtestStartsMin + 1,
  );
  const spread = Array.from({ length: reached }, (_, ahead) =>
    rootMeanSquare(
      runs.flatMap((errors) =>
        errors[ahead] === undefined ? [] : [errors[ahead]],
      ),
    ),
  ).reduce<number[]>(
    (rising, it) => [...rising, Math.max(it, rising.at(-1) ?? 0)],
    [],
  );
  return {
    starts: runs.length,
    week_error_share: weekError(days, runs, first),
    errorOfSum: (ahead) =>
      ahead <= reached
        ? (spread[ahead - 1] ?? 0)
        : ((spread.at(-1) ?? 0) * ahead) / reached,
  };
}

/** The errors of the sums of one, two, … days from a start, as far as the days go. */
function errorsFrom(
  days: readonly number[],
  start: number,
  method: Method,
): readonly number[] {
  const dayAhead = method(days.slice(0, start));
  let sum = 0;
  return days
    .slice(start)
    .map((usd, place) => (sum += usd - dayAhead(place + 1)));
}

function weekError(
  days: readonly number[],
  runs: readonly (readonly number[])[],
  first: number,
): number | null {
  const errors = runs.flatMap((run) => {
    const error = run[WEEK_DAYS - 1];
    return error === undefined ? [] : [Math.abs(error)];
  });
  if (errors.length === 0) return null;
  const sums = errors.map((_, place) => {
    const week = days.slice(first + place, first + place + WEEK_DAYS);
    return week.reduce((a, b) => a + b, 0);
  });
  const usual = mean(sums);
  return usual === 0 ? null : mean(errors) / usual;
}
