/**
 * Exponential smoothing of daily spend with a weekly season and a damped trend. Promises: a function of its days alone; no day ahead is below
 * zero; the weights are those of a fixed grid that explain the days best one step ahead.
 */
import { mean } from "simple-statistics";

const WEEK_DAYS = 7;
/** Weights of the newest day, of the newest slope, and of the newest weekday; a trend halves within about two weeks. */
const ALPHAS = [0.05, 0.1, 0.2, 0.35, 0.5];
const BETAS = [0, 0.02, 0.05, 0.1];
const GAMMAS = [0.05, 0.15, 0.3];
const DAMPING = 0.95;

interface Weights {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
}

/** Level, slope and what each weekday adds, after the last day; the season begins with the day after it. */
interface State {
  readonly level: number;
  readonly slope: number;
  readonly season: readonly number[];
  /** Sum of squared one-step errors on the way. */
  readonly squares: number;
}

const GRID: readonly Weights[] = ALPHAS.flatMap((alpha) =>
  BETAS.flatMap((beta) => GAMMAS.map((gamma) => ({ alpha, beta, gamma }))),
);

/**
 * Holt-Winters' additive method with damped trend: ŷ(t+h) = ℓ + (φ + … + φʰ)·b + s(t+h−7), with ℓ, b and s updated by the error e of each day as
 * ℓ += φb + αe, b = φb + βαe, s += γ(1−α)e (Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 8.2, 8.3 and 8.5, in
 * error-correction form). US dollars a day; two weeks at least, in order, none missing. Answers the day so many days ahead, from 1.
 */
export function holtWinters(
  days: readonly number[],
): (ahead: number) => number {
  const state = GRID.map((weights) => smooth(days, weights)).reduce(
    (best, it) => (it.squares < best.squares ? it : best),
  );
  return (ahead) => {
    const reach = (DAMPING * (1 - DAMPING ** ahead)) / (1 - DAMPING);
    const season = state.season[(ahead - 1) % WEEK_DAYS] ?? 0;
    return Math.max(0, state.level + reach * state.slope + season);
  };
}

function smooth(
  days: readonly number[],
  { alpha, beta, gamma }: Weights,
): State {
  const [first, second] = [0, 1].map((week) =>
    mean(days.slice(week * WEEK_DAYS, (week + 1) * WEEK_DAYS)),
  ) as [number, number];
  let level = first;
  let slope = (second - first) / WEEK_DAYS;
  let squares = 0;
  const season = Array.from(
    { length: WEEK_DAYS },
    (_, day) =>
      ((days[day] ?? 0) - first + (days[day + WEEK_DAYS] ?? 0) - second) / 2,
  );
  days.forEach((usd, place) => {
    const weekday = place % WEEK_DAYS;
    const error = usd - (level + DAMPING * slope + season[weekday]!);
    level += DAMPING * slope + alpha * error;
    slope = DAMPING * slope + alpha * beta * error;
    season[weekday]! += gamma * (1 - alpha) * error;
    squares += error * error;
  });
  const next = days.length % WEEK_DAYS;
  return {
    level,
    slope,
    season: [...season.slice(next), ...season.slice(0, next)],
    squares,
  };
}
