/** Holt-Winters on series whose future is known, and the backtest that judges it, against a reckoning by hand. */
import { describe, expect, test } from "vitest";
import { backtest } from "../../../src/domain/costs/backtest.ts";
import { holtWinters } from "../../../src/domain/costs/holtWinters.ts";

const series = (count: number, usd: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => usd(index));

describe("holtWinters", () => {
  test("a weekly pattern goes on as it is, from whatever weekday", () => {
    const week = [10, 12, 14, 12, 10, 2, 3];
    for (const count of [56, 59, 62]) {
      const dayAhead = holtWinters(series(count, (it) => week[it % 7]!));
      for (let ahead = 1; ahead <= 14; ahead += 1)
        expect(dayAhead(ahead)).toBeCloseTo(week[(count + ahead - 1) % 7]!, 6);
    }
  });

  test("a trend is followed and levels off, and nothing falls below zero", () => {
    const rising = holtWinters(series(70, (it) => 100 + 2 * it));
    expect(rising(1)).toBeGreaterThan(236);
    expect(rising(30) - rising(29)).toBeLessThan(rising(2) - rising(1));
    const falling = holtWinters(series(70, (it) => Math.max(0, 69 - it)));
    expect(falling(30)).toBe(0);
  });
});

describe("backtest", () => {
  const always = (usd: number) => () => () => usd;

  test("errors of sums, reckoned by hand", () => {
    // 28 days to learn from, then 16 days of $3 that were forecast at $2: each start misses a dollar a day.
    const days = series(44, (it) => (it < 28 ? 2 : 3));
    const found = backtest(days, always(2));
    expect(found.starts).toBe(16);
    expect(found.errorOfSum(1)).toBeCloseTo(1, 9);
    expect(found.errorOfSum(9)).toBeCloseTo(9, 9);
    // Eight starts reach nine days; beyond, the error grows with the days.
    expect(found.errorOfSum(18)).toBeCloseTo(18, 9);
    expect(found.week_error_share).toBeCloseTo(7 / 21, 9);
  });

  test("a forecast sees only the days before its start", () => {
    const seen: number[] = [];
    backtest(
      series(35, (it) => it),
      (days) => {
        seen.push(days.length, days.at(-1)!);
        return () => 0;
      },
    );
    expect(seen).toEqual(
      series(7, (it) => 28 + it).flatMap((count) => [count, count - 1]),
    );
  });

  test("where nothing was spent no share can be told", () => {
    expect(
      backtest(
        series(60, () => 0),
        always(0),
      ).week_error_share,
    ).toBeNull();
  });
});
