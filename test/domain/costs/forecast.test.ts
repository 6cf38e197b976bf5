/** Forecasts repeat what is regular, doubt what is not, and refuse what is too little. */
import { describe, expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import type { DaySpend } from "../../../src/domain/costs/anomalies.ts";
import { addDays, weekdayOf } from "../../../src/domain/costs/days.ts";
import { forecast } from "../../../src/domain/costs/forecast.ts";

const days = (
  count: number,
  usd: (index: number, day: string) => number,
): readonly DaySpend[] =>
  Array.from({ length: count }, (_, index) => {
    const day = addDays("2026-09-01", index);
    return { day, usd: usd(index, day) };
  });

const isWeekend = (day: string) => [0, 6].includes(weekdayOf(day));

/** Repeatable noise of a few percent around 1. */
const wobble = (index: number) => 1 + 0.04 * Math.sin(index * 12.9898);

/** Repeatable noise of about a quarter around 1, without a pattern. */
const noise = (seed: number) => {
  const part = Math.sin(seed * 12.9898) * 43_758.5453;
  return 0.6 + 0.8 * (part - Math.floor(part));
};

const office = (index: number, day: string) =>
  (isWeekend(day) ? 20 : 100) * wobble(index);

describe("forecast", () => {
  test("repeats a perfectly weekly series exactly, with no doubt", () => {
    const series = days(28, (_index, day) => (isWeekend(day) ? 2 : 10));
    expect(forecast(series)?.method).toBe("seasonal_naive");
    expect(forecast(series)?.sumAhead(7)).toEqual({
      expected_usd: 54,
      low_usd: 54,
      high_usd: 54,
    });
  });

  test("under two weeks it is the mean day; under three days there is none", () => {
    const found = forecast(days(6, (index) => (index % 2 === 0 ? 8 : 12)));
    expect(found?.method).toBe("run_rate");
    expect(found?.sumAhead(10).expected_usd).toBeCloseTo(100, 9);
    expect(forecast(days(2, () => 5))).toBeNull();
  });

  test("last week's accident is not expected again", () => {
    const found = forecast(
      days(56, (index, day) => office(index, day) * (index === 52 ? 10 : 1)),
    );
    expect(found?.sumAhead(7).expected_usd).toBeLessThan(650);
  });

  test("from eight weeks on a trend is followed where that would have been better, and last week repeated where not", () => {
    const growing = days(
      84,
      (index, day) => office(index, day) * (1 + index / 40),
    );
    const found = forecast(growing);
    expect(found?.method).toBe("holt_winters");
    expect(found!.tested!.starts).toBe(56);
    expect(found!.tested!.week_error_share).toBeLessThan(
      found!.tested!.other_error_share!,
    );
    const next = days(91, (index, day) => office(index, day) * (1 + index / 40))
      .slice(84)
      .reduce((sum, it) => sum + it.usd, 0);
    const week = found!.sumAhead(7);
    expect(Math.abs(week.expected_usd / next - 1)).toBeLessThan(0.05);
    expect(week.low_usd).toBeLessThan(next);
    expect(week.high_usd).toBeGreaterThan(next);
    const steady = forecast(
      days(84, (_index, day) => (isWeekend(day) ? 2 : 10)),
    );
    expect(steady?.method).toBe("seasonal_naive");
    expect(steady?.sumAhead(7).high_usd).toBeCloseTo(54, 9);
  });

  test("an 80% interval from the backtest holds about four of five months", () => {
    const months = Array.from({ length: 60 }, (_, start) => {
      const all = days(
        84 + 30,
        (index, day) =>
          (isWeekend(day) ? 20 : 100) * noise(start * 1_000 + index),
      );
      const sum = all.slice(84).reduce((a, it) => a + it.usd, 0);
      const found = forecast(all.slice(0, 84))!.sumAhead(30);
      return found.low_usd <= sum && sum <= found.high_usd;
    });
    const held = months.filter(Boolean).length / months.length;
    expect(held).toBeGreaterThan(0.65);
    expect(held).toBeLessThanOrEqual(1);
  });

  test("its interval holds its middle, is never below zero, and widens with the horizon", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), {
          minLength: 3,
          maxLength: 90,
        }),
        (values) => {
          const found = forecast(
            days(values.length, (index) => values[index] ?? 0),
          );
          const [near, far] = [found?.sumAhead(5), found?.sumAhead(30)];
          if (near === undefined || far === undefined)
            throw new Error("three days make a forecast");
          expect(near.low_usd).toBeGreaterThanOrEqual(0);
          expect(near.low_usd).toBeLessThanOrEqual(near.expected_usd);
          expect(near.expected_usd).toBeLessThanOrEqual(near.high_usd);
          expect(far.high_usd - far.expected_usd).toBeGreaterThanOrEqual(
            near.high_usd - near.expected_usd - 1e-9,
          );
        },
      ),
    );
  });
});
