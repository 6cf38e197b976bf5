/** Unusual days are found where they are planted and nowhere else. */
import { describe, expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import { detectAnomalies } from "../../../src/domain/costs/anomalies.ts";
import type { DaySpend } from "../../../src/domain/costs/anomalies.ts";
import { addDays, weekdayOf } from "../../../src/domain/costs/days.ts";

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

describe("anomalies", () => {
  test("a planted spike and a planted drop are found, and nothing else", () => {
    const series = days(
      60,
      (index, day) =>
        office(index, day) * (index === 40 ? 3 : index === 50 ? 0.2 : 1),
    );
    expect(detectAnomalies(series).map((anomaly) => anomaly.day)).toEqual([
      addDays("2026-09-01", 40),
      addDays("2026-09-01", 50),
    ]);
  });

  test("weekends are no drops, and a flat series has no anomaly", () => {
    expect(detectAnomalies(days(60, office))).toEqual([]);
    expect(detectAnomalies(days(30, () => 5))).toEqual([]);
  });

  test("one odd day in an otherwise constant series is found though its median deviation is 0", () => {
    const found = detectAnomalies(days(30, (index) => (index === 12 ? 50 : 5)));
    expect(found.map((anomaly) => anomaly.usd)).toEqual([50]);
    expect(found[0]?.expected_usd).toBeCloseTo(5, 6);
  });

  test("cents and short histories are left alone", () => {
    expect(
      detectAnomalies(days(60, (index) => (index === 40 ? 0.9 : 0.01))),
    ).toEqual([]);
    expect(
      detectAnomalies(days(13, (index) => (index === 6 ? 500 : 5))),
    ).toEqual([]);
  });

  test("what is found is far from usual, whatever the series", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), {
          minLength: 14,
          maxLength: 90,
        }),
        (values) => {
          for (const anomaly of detectAnomalies(
            days(values.length, (index) => values[index] ?? 0),
          )) {
            expect(
              Math.abs(anomaly.usd - anomaly.expected_usd),
            ).toBeGreaterThanOrEqual(1);
            expect(Math.sign(anomaly.score)).toBe(
              Math.sign(anomaly.usd - anomaly.expected_usd),
            );
          }
        },
      ),
    );
  });
});
