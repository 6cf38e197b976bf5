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

  test("its interval holds its middle, is never below zero, and widens with the horizon", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), {
          minLength: 3,
          maxLength: 60,
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
