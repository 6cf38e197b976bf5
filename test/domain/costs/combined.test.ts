/** Savings taken one after another: a total that never counts a dollar twice, reckoned by hand once and held to its bounds always. */
import { fc } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  HIGH,
  LOW,
  rangeOf,
  stepsOf,
  totalOf,
} from "../../../src/domain/costs/combined.ts";
import type { Scenario, Work } from "../../../src/domain/costs/combined.ts";
import { priceOf } from "../../../src/domain/costs/savings.ts";
import type { Price } from "../../../src/domain/ports.ts";
import { NO_TOKENS } from "../../../src/domain/costs/money.ts";

const price = (
  input: number,
  output: number,
  batch_factor: number | null = 0.5,
): Price => ({
  model: `m-${input}`,
  provider: "p",
  usd_per_million: {
    uncached_input: input,
    cache_read: input / 10,
    cache_write_5m: input * 1.25,
    cache_write_1h: input * 2,
    output,
  },
  batch_factor,
  long_context_above: null,
  contract: null,
});

const MILLION = 1e6;
/** 4M input at $10 and 1M output at $40: $80. */
const work: Work = {
  tokens: { ...NO_TOKENS, uncached_input: 4 * MILLION, output: MILLION },
  usd: 80,
  batch_share: 0,
  price: price(10, 40),
  cheaper: price(1, 4),
  can_wait: true,
  reuse: null,
};
const total = (it: Work, scenario: Scenario) => totalOf(stepsOf(it, scenario));
const reused = (share: number) => ({
  read: share * MILLION,
  written: (1 - share) * MILLION * 0.5,
});

describe("combined savings", () => {
  test("each step saves from what the one before left, reckoned by hand", () => {
    const cache = { hitShare: 0.5, readsPerWrite: 5 };
    const all = stepsOf(work, { moved_share: 1, cache });
    // All of it at a tenth of the price: $80 become $8.
    expect(all.model_swap).toBeCloseTo(72, 9);
    // 2M of its input at $1: read at $0.1, a fifth of it written at $0.25 more.
    expect(all.prompt_caching).toBeCloseTo(2 * (1 - 0.1 - 0.25 / 5), 9);
    // Half of the $6.30 that are left.
    expect(all.batch).toBeCloseTo((8 - 1.7) / 2, 9);
    const part = stepsOf(work, { moved_share: 0.25, cache });
    expect(part.model_swap).toBeCloseTo(18, 9);
    // A quarter of the input is at $1 now, the rest at $10.
    expect(part.prompt_caching).toBeCloseTo(0.5 * 0.85 * (3 * 10 + 1 * 1), 9);
    expect(part.batch).toBeCloseTo((62 - 13.175) * 0.25 * 0.5, 9);
  });

  test("what is batched already is neither cached nor batched again", () => {
    const batched = { ...work, usd: 40, batch_share: 1, cheaper: null };
    expect(stepsOf(batched, HIGH)).toEqual({
      model_swap: 0,
      prompt_caching: 0,
      batch: 0,
    });
  });

  const amount = fc.integer({ min: 0, max: 1e9 });
  const anyWork = fc
    .record({
      tokens: fc.record({
        uncached_input: amount,
        cache_read: amount,
        cache_write_5m: amount,
        cache_write_1h: amount,
        output: amount,
      }),
      batch_share: fc.double({ min: 0, max: 1, noNaN: true }),
      factor: fc.constantFrom(null, 0.5, 0.25),
      repeats: fc.option(fc.double({ min: 0, max: 0.5, noNaN: true })),
      down: fc.constantFrom(null, 0.1, 0.5, 0.7),
      can_wait: fc.boolean(),
    })
    .map(({ tokens, batch_share, factor, down, can_wait, repeats }): Work => {
      const list = price(3, 15, factor);
      const weight = 1 - batch_share + batch_share * (factor ?? 1);
      return {
        tokens,
        usd: priceOf(tokens, list.usd_per_million) * weight,
        batch_share,
        price: list,
        cheaper: down === null ? null : price(3 * down, 15 * down, factor),
        can_wait,
        reuse:
          repeats === null
            ? null
            : {
                input_tokens: MILLION,
                reusable: {
                  five_minutes: reused(repeats),
                  one_hour: reused(repeats * 1.5),
                },
              },
      };
    });

  test("no step is negative, and the total is never more than the spend", () => {
    fc.assert(
      fc.property(anyWork, fc.constantFrom(LOW, HIGH), (it, scenario) => {
        for (const usd of Object.values(stepsOf(it, scenario)))
          expect(usd).toBeGreaterThanOrEqual(0);
        expect(total(it, scenario)).toBeLessThanOrEqual(it.usd * (1 + 1e-9));
      }),
    );
  });

  test("the low end is never above the high end", () => {
    fc.assert(
      fc.property(anyWork, (it) => {
        const [low, high] = rangeOf(it);
        expect(totalOf(low)).toBeLessThanOrEqual(totalOf(high));
      }),
    );
  });

  test("where it is known what repeats, the cache saves what its replay says, at the price of the model", () => {
    const known: Work = {
      ...work,
      can_wait: false,
      reuse: {
        input_tokens: 8 * MILLION,
        reusable: {
          five_minutes: { read: 4 * MILLION, written: MILLION },
          one_hour: { read: 4 * MILLION, written: 4 * MILLION },
        },
      },
    };
    // Half of its 4M input is read at a tenth, an eighth written at 1.25: at $1 a million after the swap.
    expect(stepsOf(known, HIGH).prompt_caching).toBeCloseTo(
      4 * (0.5 * 0.9 - 0.125 * 0.25),
      9,
    );
    expect(
      stepsOf({ ...known, cheaper: null }, LOW).prompt_caching,
    ).toBeCloseTo(40 * (0.5 * 0.9 - 0.125 * 0.25), 9);
  });

  test("the total is never more than the steps taken alone come to", () => {
    const alone = (it: Work): number =>
      stepsOf(it, HIGH).model_swap +
      stepsOf({ ...it, cheaper: null, can_wait: false }, HIGH).prompt_caching +
      stepsOf(
        {
          ...it,
          cheaper: null,
          price: {
            ...it.price,
            usd_per_million: {
              ...it.price.usd_per_million,
              cache_read: it.price.usd_per_million.uncached_input,
            },
          },
        },
        HIGH,
      ).batch;
    fc.assert(
      fc.property(anyWork, (it) => {
        expect(total(it, HIGH)).toBeLessThanOrEqual(alone(it) + it.usd * 1e-9);
      }),
    );
  });
});
