/** Anomalies, forecasts, comparisons and savings: found where they are planted, absent where they are not, and adding up. */
import { describe, expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import { detectAnomalies } from "../../../src/domain/costs/anomalies.ts";
import type { DaySpend } from "../../../src/domain/costs/anomalies.ts";
import {
  causesOfChange,
  changesByGroup,
} from "../../../src/domain/costs/compare.ts";
import { addDays, weekdayOf } from "../../../src/domain/costs/days.ts";
import { forecast } from "../../../src/domain/costs/forecast.ts";
import {
  formatCount,
  formatPercent,
  formatUsd,
  formatUsdChange,
  percentOf,
  roundUsd,
  sumOf,
} from "../../../src/domain/costs/money.ts";
import {
  breakEvenReads,
  cacheSaving,
  nextModelDown,
  priceOf,
  saysItCanWait,
  swapSavingShare,
} from "../../../src/domain/costs/savings.ts";
import type { Price } from "../../../src/domain/ports.ts";

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

const groups = fc.uniqueArray(
  fc.record({
    key: fc.constantFrom("a", "b", "c", "d", null),
    usd: fc.double({ min: 0, max: 1e5, noNaN: true }),
    volume: fc.integer({ min: 1, max: 1e6 }),
  }),
  { selector: (group) => group.key, minLength: 1 },
);

describe("comparison", () => {
  test("groups and causes each add up to the whole change", () => {
    fc.assert(
      fc.property(groups, groups, (before, now) => {
        const change =
          sumOf(now, (group) => group.usd) -
          sumOf(before, (group) => group.usd);
        const tolerance =
          1e-6 * (1 + Math.abs(change) + sumOf(before, (group) => group.usd));
        expect(
          Math.abs(
            sumOf(changesByGroup(before, now), (group) => group.change_usd) -
              change,
          ),
        ).toBeLessThan(tolerance);
        const causes = causesOfChange(before, now);
        expect(causes).not.toBeNull();
        if (causes !== null)
          expect(
            Math.abs(
              causes.volume_usd + causes.mix_usd + causes.rate_usd - change,
            ),
          ).toBeLessThan(tolerance);
      }),
    );
  });

  test("twice the requests at the same cost is volume; dearer requests are rate; a shift is mix", () => {
    const before = [
      { key: "a", usd: 10, volume: 10 },
      { key: "b", usd: 100, volume: 10 },
    ];
    expect(
      causesOfChange(
        before,
        before.map((group) => ({
          ...group,
          usd: group.usd * 2,
          volume: group.volume * 2,
        })),
      ),
    ).toEqual({ volume_usd: 110, mix_usd: 0, rate_usd: 0 });
    expect(
      causesOfChange(
        before,
        before.map((group) => ({ ...group, usd: group.usd * 2 })),
      ),
    ).toEqual({ volume_usd: 0, mix_usd: 0, rate_usd: 110 });
    expect(
      causesOfChange(before, [
        { key: "a", usd: 5, volume: 5 },
        { key: "b", usd: 150, volume: 15 },
      ]),
    ).toEqual({ volume_usd: 0, mix_usd: 45, rate_usd: 0 });
  });
});

const price = (model: string, input: number, output: number): Price => ({
  model,
  provider: "p",
  usd_per_million: {
    uncached_input: input,
    cache_read: input / 10,
    cache_write_5m: input * 1.25,
    cache_write_1h: input * 2,
    output,
  },
  batch_factor: 0.5,
});
const tokens = fc.record({
  uncached_input: fc.integer({ min: 0, max: 1e9 }),
  cache_read: fc.integer({ min: 0, max: 1e9 }),
  cache_write_5m: fc.integer({ min: 0, max: 1e9 }),
  cache_write_1h: fc.integer({ min: 0, max: 1e9 }),
  output: fc.integer({ min: 0, max: 1e9 }),
});

describe("savings", () => {
  test("no swap and no cache saves more than is spent", () => {
    fc.assert(
      fc.property(
        tokens,
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        (used, hitShare, readsPerWrite) => {
          const from = price("m-2", 3, 15).usd_per_million;
          const share = swapSavingShare(
            used,
            from,
            price("m-2-mini", 0.3, 1.2).usd_per_million,
          );
          if (share !== null) expect(share).toBeLessThan(1);
          const saved = cacheSaving(used.uncached_input, from, {
            hitShare,
            readsPerWrite,
          });
          expect(saved).toBeLessThanOrEqual(
            priceOf(
              {
                ...used,
                cache_read: 0,
                cache_write_5m: 0,
                cache_write_1h: 0,
                output: 0,
              },
              from,
            ),
          );
        },
      ),
    );
  });

  test("prices of a million of each add up, and caching breaks even where it costs nothing", () => {
    const list = price("m-2", 4, 20).usd_per_million;
    expect(
      priceOf(
        {
          uncached_input: 1e6,
          cache_read: 1e6,
          cache_write_5m: 1e6,
          cache_write_1h: 1e6,
          output: 1e6,
        },
        list,
      ),
    ).toBeCloseTo(4 + 0.4 + 5 + 8 + 20, 9);
    expect(
      cacheSaving(1e6, list, {
        hitShare: 1,
        readsPerWrite: breakEvenReads(list),
      }),
    ).toBeCloseTo(0, 9);
  });

  test("the next step down is the dearest of the same family and no older version that saves enough", () => {
    const used = {
      uncached_input: 1e6,
      cache_read: 0,
      cache_write_5m: 0,
      cache_write_1h: 0,
      output: 1e5,
    };
    const alternatives = [
      price("gpt-4.1-nano", 0.1, 0.4),
      price("gpt-4.1-mini", 0.4, 1.6),
      price("gpt-4.1", 2, 8),
      price("gpt-3.5-turbo", 0.5, 1.5),
      price("gpt-4o-audio-preview", 1, 4),
      price("o3", 0.9, 2),
    ];
    expect(
      nextModelDown(
        "gpt-4o-2024-08-06",
        used,
        price("gpt-4o", 2.5, 10),
        alternatives,
      )?.model,
    ).toBe("gpt-4.1-mini");
    expect(
      nextModelDown(
        "gpt-4.1-nano",
        used,
        price("gpt-4.1-nano", 0.1, 0.4),
        alternatives,
      ),
    ).toBeNull();
  });

  test("only names that say so can wait", () => {
    expect(
      ["nightly-summaries", "evalRunner", "weekly_report", "ETL pipeline"].map(
        saysItCanWait,
      ),
    ).toEqual(["nightly", "eval", "weekly", "etl"]);
    expect(
      ["support-chat", "evaluator-app", "checkout", "reporter"].map(
        saysItCanWait,
      ),
    ).toEqual([null, null, null, null]);
  });
});

describe("money", () => {
  test("is rounded to six decimals and shown as people write it", () => {
    expect([roundUsd(0.1 + 0.2), roundUsd(-1e-9)]).toEqual([0.3, 0]);
    expect([
      formatUsd(1234.5),
      formatUsd(0.00042),
      formatUsd(0),
      formatUsdChange(12),
      formatUsd(-3),
    ]).toEqual(["$1,234.50", "$0.00042", "$0.00", "+$12.00", "−$3.00"]);
    expect([
      formatPercent(12.34),
      formatPercent(428.2),
      formatCount(9_999),
      formatCount(1_234_567),
    ]).toEqual(["12.3%", "428%", "9,999", "1.23M"]);
    expect([percentOf(1, 0), percentOf(1, 3)]).toEqual([null, 33.33]);
  });
});
