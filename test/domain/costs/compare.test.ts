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
  formatUsdUnit,
  percentOf,
  roundUsd,
  sumOf,
} from "../../../src/domain/costs/money.ts";

const groups = fc.uniqueArray(
  fc.record({
    key: fc.constantFrom("a", "b", "c", "d", null),
    usd: fc.double({ min: 0, max: 1e5, noNaN: true }),
    requests: fc.option(fc.integer({ min: 0, max: 1e6 })),
    tokens: fc.integer({ min: 1, max: 1e9 }),
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
              causes.volume_usd +
                (causes.length_usd ?? 0) +
                causes.mix_usd +
                causes.rate_usd -
                change,
            ),
          ).toBeLessThan(tolerance);
      }),
    );
  });

  const before = [
    { key: "a", usd: 10, requests: 10, tokens: 100 },
    { key: "b", usd: 100, requests: 10, tokens: 100 },
  ];
  const none = { volume_usd: 0, length_usd: 0, mix_usd: 0, rate_usd: 0 };

  test.each([
    [
      "twice the requests, all alike, are volume",
      before.map((it) => ({
        ...it,
        usd: it.usd * 2,
        requests: it.requests * 2,
        tokens: it.tokens * 2,
      })),
      { ...none, volume_usd: 110 },
    ],
    [
      "as many requests of twice the tokens are length",
      before.map((it) => ({ ...it, usd: it.usd * 2, tokens: it.tokens * 2 })),
      { ...none, length_usd: 110 },
    ],
    [
      "dearer tokens are rate",
      before.map((it) => ({ ...it, usd: it.usd * 2 })),
      { ...none, rate_usd: 110 },
    ],
    [
      "half of a's work at b is mix: 50 tokens at $1 instead of $0.10",
      [
        { key: "a", usd: 5, requests: 5, tokens: 50 },
        { key: "b", usd: 150, requests: 15, tokens: 150 },
      ],
      { ...none, mix_usd: 45 },
    ],
  ])("%s", (_, now, causes) => {
    const found = causesOfChange(before, now);
    for (const [name, usd] of Object.entries(causes))
      expect(found?.[name as keyof typeof causes]).toBeCloseTo(usd, 9);
  });

  test("where a group counts no requests, tokens are the volume and length cannot be told", () => {
    const uncounted = before.map((it) => ({ ...it, requests: null }));
    const now = uncounted.map((it) => ({
      ...it,
      usd: it.usd * 3,
      tokens: it.tokens * 3,
    }));
    const found = causesOfChange(uncounted, now);
    expect(found?.volume_usd).toBeCloseTo(220, 9);
    expect(found?.length_usd).toBeNull();
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
    expect(
      [0.075, 0.3125, 0.041244, 2.5, 18.75, 0.00021].map(formatUsdUnit),
    ).toEqual(["$0.075", "$0.3125", "$0.0412", "$2.50", "$18.75", "$0.00021"]);
    expect([
      formatPercent(12.34),
      formatPercent(428.2),
      formatCount(9_999),
      formatCount(1_234_567),
    ]).toEqual(["12.3%", "428%", "9,999", "1.23M"]);
    expect([percentOf(1, 0), percentOf(1, 3)]).toEqual([null, 33.33]);
  });
});
