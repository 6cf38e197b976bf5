/** Tools for spend to save: swaps, caches, batches, and all of them together. */
import { describe, expect, test } from "vitest";
import { toPeriod } from "../../../src/domain/costs/days.ts";
import { NO_TOKENS } from "../../../src/domain/costs/money.ts";
import { daily, usage } from "../../support/usageData.ts";
import { use } from "../../support/tools.ts";

const november = toPeriod({ first: "2026-11-01", last: "2026-11-20" }, "UTC");

const scope = { period: november, time_zone: "UTC" };

describe("savings", () => {
  const records = daily("2026-11-20", 20, (day) =>
    usage(day, {
      feature: "nightly-digest",
      tokens: {
        ...NO_TOKENS,
        uncached_input: 1e6,
        cache_read: 1e6,
        output: 1e5,
      },
    }),
  );

  test("a swap reprices the same tokens: gpt-4o at gpt-4o-mini's price", async () => {
    const found = await use(
      "simulate_model_swap",
      { ...scope, to_model: "gpt-4o-mini", moved_percent: 50 },
      daily("2026-11-20", 20),
    );
    expect(found.swaps).toMatchObject([
      {
        from_model: "gpt-4o",
        to_model: "gpt-4o-mini",
        affected_usd: 105,
        saving_percent: 94,
        cascade: { escalated_percent: 25, saving_percent: 69 },
        low_usd: 49.35,
        high_usd: 49.35,
      },
    ]);
  });

  test("a dearer model is a loss, an unknown one is said to be unknown", async () => {
    const dearer = await use(
      "simulate_model_swap",
      { ...scope, to_model: "gpt-4", moved_percent: null },
      daily("2026-11-20", 20),
    );
    expect(dearer.swaps[0]?.high_usd).toBeLessThan(0);
    expect(
      await use(
        "simulate_model_swap",
        { ...scope, to_model: "nonsense-9", moved_percent: null },
        records,
      ),
    ).toMatchObject({ unknown_model: "nonsense-9", swaps: [] });
  });

  test("caching: reads of gpt-4o save half of the input price; no saving exceeds its spend", async () => {
    const found = await use(
      "cache_savings",
      { ...scope, hit_percent: null },
      records,
    );
    expect(found).toMatchObject({ hit_percent: 50, paid_off_usd: 25 });
    for (const model of found.models) {
      expect(model.low_usd).toBeLessThanOrEqual(model.high_usd);
      expect(model.high_usd).toBeLessThanOrEqual(model.affected_usd);
    }
  });

  const repeating = (read: number, written: number) =>
    daily("2026-11-20", 20, (day) =>
      usage(day, {
        model: "claude-sonnet-4-5",
        provider: "anthropic",
        reusable: {
          five_minutes: { read, written },
          one_hour: { read, written },
        },
      }),
    );

  test("where records tell what repeats, caching is what a replay of them comes to, not a scenario", async () => {
    const found = await use(
      "cache_savings",
      { ...scope, hit_percent: null },
      repeating(600_000, 200_000),
    );
    // Of 30M input at $3 a month: 18M × 2.70 − 6M × 0.75.
    expect(found.models).toMatchObject([
      {
        low_usd: 44.1,
        high_usd: 44.1,
        replay: {
          lifetime: "five_minutes",
          read_percent: 60,
          written_percent: 20,
          saved_usd: 44.1,
          saved_percent: 49,
        },
      },
    ]);
    const asked = await use(
      "cache_savings",
      { ...scope, hit_percent: 50 },
      repeating(600_000, 200_000),
    );
    expect(asked.models[0]!.replay).toBeNull();
  });

  test("a replay that loses saves nothing and says what it would cost", async () => {
    const found = await use(
      "cache_savings",
      { ...scope, hit_percent: null },
      repeating(100_000, 900_000),
    );
    // 3M × 2.70 − 27M × 0.75.
    expect(found.models).toMatchObject([
      { low_usd: 0, high_usd: 0, replay: { saved_usd: -12.15 } },
    ]);
  });

  test("a hit rate that is reached already saves nothing more", async () => {
    expect(
      (await use("cache_savings", { ...scope, hit_percent: 40 }, records))
        .high_usd,
    ).toBe(0);
  });

  test("batch: half the price on what says it can wait, nothing on what is batched already", async () => {
    const [candidate] = (
      await use("batch_savings", { ...scope, waiting_percent: null }, records)
    ).candidates;
    expect(candidate).toMatchObject({
      dimension: "feature",
      key: "nightly-digest",
      word: "nightly",
    });
    expect(candidate?.high_usd).toBeCloseTo(
      (candidate?.affected_usd ?? 0) / 2,
      5,
    );
    const batched = records.map((record) => ({
      ...record,
      tier: "batch" as const,
    }));
    expect(
      await use("batch_savings", { ...scope, waiting_percent: null }, batched),
    ).toMatchObject({ batched_percent: 100, candidates: [] });
  });

  test("what is batched already is not named as what could be", async () => {
    const found = await use("combine_savings", scope, [
      ...records,
      ...daily("2026-11-20", 20, (day) =>
        usage(day, { feature: "weekly-report", tier: "batch" }),
      ),
    ]);
    expect(found.waiting).toEqual(["nightly-digest"]);
  });

  test("taken one after another, each step starts from what the one before left", async () => {
    const { swaps } = await use(
      "simulate_model_swap",
      { ...scope, to_model: null, moved_percent: null },
      records,
    );
    // $142.50 a month, at 30% less: input at $1.75, cached at $0.175.
    expect(swaps).toMatchObject([
      { affected_usd: 142.5, high_usd: 42.75, saving_percent: 30 },
    ]);
    expect(await use("combine_savings", scope, records)).toMatchObject({
      spend_usd: 142.5,
      waiting: ["nightly-digest"],
      steps: [
        { kind: "model_swap", low_usd: 10.6875, high_usd: 42.75 },
        // Of 30M input: 22.5M × 0.2 × $1.25 + 7.5M × 0.2 × $1.575, and 30M × 0.6 × $1.575.
        { kind: "prompt_caching", low_usd: 7.9875, high_usd: 28.35 },
        // (142.5 − 10.6875 − 7.9875) × 0.25 / 2, and (142.5 − 42.75 − 28.35) / 2.
        { kind: "batch", low_usd: 15.478125, high_usd: 35.7 },
      ],
      low_usd: 34.153125,
      high_usd: 106.8,
    });
  });
});
