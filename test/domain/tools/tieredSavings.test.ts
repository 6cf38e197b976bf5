/** Savings of a model whose work is in two tiers: each tier has its own tokens and its own discount. */
import { describe, expect, test } from "vitest";
import { toPeriod } from "../../../src/domain/costs/days.ts";
import { NO_TOKENS } from "../../../src/domain/costs/money.ts";
import { daily, usage } from "../../support/usageData.ts";
import { use } from "../../support/tools.ts";

const scope = {
  period: toPeriod({ first: "2026-11-01", last: "2026-11-20" }, "UTC"),
  time_zone: "UTC",
};

describe("a model in the standard and in the batch tier", () => {
  // A day: $12.50 of standard work without a cache, and $5 of batched work whose input is cached, at half the list.
  const mixed = [
    ...daily("2026-11-20", 20, (day) =>
      usage(day, {
        tokens: { ...NO_TOKENS, uncached_input: 1e6, output: 1e6 },
      }),
    ),
    ...daily("2026-11-20", 20, (day) =>
      usage(day, {
        tier: "batch",
        tokens: { ...NO_TOKENS, uncached_input: 2e6, cache_read: 4e6 },
      }),
    ),
  ];

  test("what a cache could save is of the standard tier's own input", async () => {
    const [model] = (
      await use("cache_savings", { ...scope, hit_percent: null }, mixed)
    ).models;
    // 30M a month at $2.50; 20 % and 60 % of it read back at half the price.
    expect(model).toMatchObject({
      affected_usd: 75,
      low_usd: 7.5,
      high_usd: 22.5,
    });
  });

  test("what a cache has saved in a batch is half of it", async () => {
    const found = await use(
      "cache_savings",
      { ...scope, hit_percent: null },
      mixed,
    );
    // 20 days × 4M × $1.25 / 2.
    expect(found.paid_off_usd).toBe(50);
  });

  test("the batch tier saves half of what is not batched, whatever the mix", async () => {
    const found = await use(
      "batch_savings",
      { ...scope, waiting_percent: 100 },
      mixed,
    );
    // 30 × $12.50.
    expect(found.what_if).toMatchObject({
      affected_usd: 375,
      saving_usd: 187.5,
    });
  });

  test("all together caches the standard tier's own input", async () => {
    const found = await use("combine_savings", scope, mixed);
    const cached = found.steps.find((it) => it.kind === "prompt_caching");
    // gpt-5.4-mini halves no more than its own price: 22.5M × 0.2 × $1.25 + 7.5M × 0.2 × $0.675, and 30M × 0.6 × $0.675.
    expect(cached).toMatchObject({ low_usd: 6.6375, high_usd: 12.15 });
  });

  test("a swap reprices each tier by itself", async () => {
    const { swaps } = await use(
      "simulate_model_swap",
      { ...scope, to_model: "gpt-5.4-mini", moved_percent: 100 },
      mixed,
    );
    // A month: 30 × ($12.50 + $5), and 30 × ($0.75 + $4.50 + ($1.50 + $0.30) / 2).
    expect(swaps).toMatchObject([
      { affected_usd: 525, high_usd: 340.5, low_usd: 340.5 },
    ]);
  });
});
