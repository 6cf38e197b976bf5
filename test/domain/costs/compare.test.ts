/** What changed adds up, by group and by cause; money is rounded and written as people do. */
import { describe, expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import {
  causesOfChange,
  changesByGroup,
} from "../../../src/domain/costs/compare.ts";
import {
  formatCount,
  formatPercent,
  formatUsd,
  formatUsdChange,
  percentOf,
  roundUsd,
  sumOf,
} from "../../../src/domain/costs/money.ts";

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
