/** Savings never exceed the spend they affect, and only what can is said to be able to wait. */
import { describe, expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import {
  breakEvenReads,
  cacheSaving,
  nextModelDown,
  priceOf,
  saysItCanWait,
  swapSavingShare,
} from "../../../src/domain/costs/savings.ts";
import type { Price } from "../../../src/domain/ports.ts";

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
  long_context_above: null,
  contract: null,
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
