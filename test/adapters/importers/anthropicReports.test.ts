/** Anthropic's usage report, cost report and Console cost export, on small files with totals reckoned by hand. */
import { describe, expect, it } from "vitest";
import { billedUsd, fixture, sumTokens, sumUsd, take } from "./support.ts";

type Pages = { data: object[] };
const pages = (name: string) => JSON.parse(fixture(name).toString()) as Pages;
const lines = (buckets: readonly object[]) =>
  buckets.map((bucket) => JSON.stringify(bucket)).join("\n");
const NOTHING = {
  uncached_input: 0,
  cache_read: 0,
  cache_write_5m: 0,
  cache_write_1h: 0,
  output: 0,
};

describe("Anthropic usage report JSON", () => {
  it("takes the buckets as they are, and counts no requests", async () => {
    const { result, records } = await take(fixture("anthropic_usage.json"));
    expect(result).toMatchObject({
      format: "anthropic_usage_json",
      rows: { read: 4, kept: 3, skipped: 1, duplicate: 0 },
      skipped: [
        {
          line: 1,
          reason:
            "data[1].results[3]: cache_creation.ephemeral_5m_input_tokens is not a whole number of at least 0",
        },
      ],
      unpriced_models: ["claude-opus-5"],
    });
    expect(sumTokens(records)).toEqual({
      uncached_input: 100_000 + 1_000_000 + 1_000,
      cache_read: 500_000,
      cache_write_5m: 40_000,
      cache_write_1h: 20_000,
      output: 10_000 + 200_000 + 500,
    });
    // Sonnet 5: 0.1M × 2 + 0.04M × 2.5 + 0.02M × 4 + 0.5M × 0.2 + 0.01M × 10 = 0.58; Haiku 4.5 in a batch: (1M × 1 + 0.2M × 5) / 2 = 1;
    // priority has no list price.
    expect(records.map(({ computed_usd }) => computed_usd?.toFixed(6))).toEqual(
      ["0.580000", "1.000000", undefined],
    );
    expect(records).toMatchObject([
      {
        at: "2026-10-01T00:00:00.000Z",
        provider: "anthropic",
        project: "wrkspc_01Research",
        user: "user_01Ana",
        api_key: null,
        tier: "standard",
        requests: 0,
      },
      { tier: "batch", user: null, api_key: "apikey_01Docs", requests: 0 },
      { tier: "priority", user: "svac_01Night", requests: 0 },
    ]);
  });

  it("tells buckets apart by tier, context window, place and speed, and knows each again", async () => {
    const result = {
      model: "claude-opus-5",
      uncached_input_tokens: 10,
      output_tokens: 1,
    };
    const results = [
      { ...result, service_tier: "flex" },
      { ...result, service_tier: "flex_discount" },
      { ...result, service_tier: "standard" },
      { ...result, service_tier: "standard", context_window: "200k-1M" },
      { ...result, service_tier: "standard", inference_geo: "us" },
      { ...result, service_tier: "standard", speed: "fast" },
      { ...result, service_tier: "priority" },
      { ...result, service_tier: "priority", speed: "fast" },
    ];
    const text = (of: readonly object[]) =>
      JSON.stringify({
        starting_at: "2026-10-01T00:00:00Z",
        ending_at: "2026-10-02T00:00:00Z",
        results: of,
      });
    const { records } = await take(text(results));
    const alone = await Promise.all(results.map((one) => take(text([one]))));
    const identities = alone.map((it) => it.records[0]?.identity);
    expect(new Set(identities).size).toBe(results.length);
    expect(records.map(({ identity }) => identity)).toEqual(identities);
    expect(records.map(({ tier }) => tier)).toEqual([
      "flex",
      "flex",
      "standard",
      "standard",
      "standard",
      "priority",
      "priority",
      "priority",
    ]);
  });

  it("reads lists of pages and JSON Lines of pages and buckets alike", async () => {
    const page = pages("anthropic_usage.json");
    const whole = await take(JSON.stringify(page));
    for (const text of [
      JSON.stringify([page, { data: [], has_more: false, next_page: null }]),
      lines(page.data),
      lines([{ data: [], has_more: true, next_page: "page_2" }, page]),
    ])
      expect((await take(text)).records).toEqual(whole.records);
  });

  it("needs a model from somewhere", async () => {
    const text = fixture("anthropic_usage.json")
      .toString()
      .replaceAll(/"model": "[^"]*"/g, '"model": null');
    expect((await take(text)).result.skipped[0]?.reason).toContain("--model");
    expect(
      (await take(text, { model: "claude-opus-5" })).result.rows.kept,
    ).toBe(3);
  });
});

describe("Anthropic cost report JSON", () => {
  it("makes charges of cents written as text", async () => {
    const { result, records } = await take(fixture("anthropic_costs.json"));
    expect(result).toMatchObject({
      format: "anthropic_costs_json",
      rows: { read: 6, kept: 5, skipped: 1, duplicate: 0 },
      skipped: [{ reason: "data[0].results[4]: currency is not USD" }],
      models: ["all models", "claude-haiku-4-5-20251001", "web_search"],
      unpriced_models: [],
    });
    // In cents: 110.1 + 50.05 + 123.78912 + 3, and 4200 the day after.
    expect(records.map(({ billed_usd }) => billed_usd)).toEqual([
      1.101, 0.5005, 1.2378912, 0.03, 42,
    ]);
    expect(billedUsd(records).toFixed(2)).toBe("44.87");
    expect(sumTokens(records)).toEqual(NOTHING);
    expect(sumUsd(records)).toBe(0);
    expect(records.map(({ tier }) => tier).slice(0, 2)).toEqual([
      "standard",
      "batch",
    ]);
    expect(
      records.every(
        ({ measures, requests }) => measures === "charge" && requests === 0,
      ),
    ).toBe(true);
  });

  it("knows a line again, whatever came to it since", async () => {
    const { shelf } = await take(fixture("anthropic_costs.json"));
    const later = fixture("anthropic_costs.json")
      .toString()
      .replace('"110.1"', '"220.2"');
    expect((await take(later, {}, shelf)).result.rows).toMatchObject({
      kept: 0,
      duplicate: 5,
    });
  });

  it("is read to its end when it opens with days without costs", async () => {
    const idle = {
      starting_at: "2026-09-30T00:00:00Z",
      ending_at: "2026-10-01T00:00:00Z",
      results: [],
    };
    const { data } = pages("anthropic_costs.json");
    const { records } = await take(lines([idle, ...data]));
    expect(billedUsd(records).toFixed(2)).toBe("44.87");
    expect((await take(JSON.stringify([idle, ...data]))).result.format).toBe(
      "anthropic_costs_json",
    );
  });

  it("says what a broken line lacks", async () => {
    const text = (amount: unknown) =>
      JSON.stringify({
        starting_at: "2026-10-01T00:00:00Z",
        results: [{ amount, currency: "USD" }],
      });
    for (const [amount, reason] of [
      [null, "results[0]: amount is empty"],
      ["-5", "results[0]: amount is not an amount of at least 0"],
      ["12,50", "results[0]: amount is not an amount of at least 0"],
      [{ value: 5 }, "results[0]: amount is not a single value"],
    ])
      expect((await take(text(amount))).result.skipped).toEqual([
        { line: 1, reason },
      ]);
    expect((await take(text(5e-7))).records[0]?.billed_usd).toBe(5e-9);
  });
});

describe("Anthropic cost CSV", () => {
  it("makes charges of what was billed, not of the list price", async () => {
    const { result, records } = await take(fixture("anthropic_costs.csv"));
    expect(result).toMatchObject({
      format: "anthropic_costs_csv",
      rows: { read: 7, kept: 6, skipped: 1, duplicate: 0 },
      skipped: [{ line: 8, reason: "cost_usd is not an amount of at least 0" }],
      models: ["Claude Haiku 4.5", "Claude Opus 5"],
      unpriced_models: [],
    });
    // 1.10 + 0.07 + 0.83 on 1 October, 2.50 + 6.00 + 0 on the 2nd
    expect(billedUsd(records).toFixed(2)).toBe("10.50");
    expect(sumTokens(records)).toEqual(NOTHING);
    expect(records[3]).toMatchObject({
      at: "2026-10-02T00:00:00.000Z",
      project: "Research",
      api_key: "Key, the second",
      measures: "charge",
      requests: 0,
    });
  });

  it("knows the rows of an elder export, which has fewer columns", async () => {
    const elder = [
      "usage_date_utc,model,workspace,api_key,usage_type,token_type,cost_usd",
      "2026-10-01,Claude Haiku 4.5,Default,Docs Bot,message,input_no_cache,1.10",
      "2026-10-01,Claude Haiku 4.5,Default,Docs Bot,message,output,0.83",
      "2026-10-01,Claude 3.5 Sonnet 2024-10-22,,Stéphane,message,output,0.40",
    ].join("\n");
    const { shelf, result } = await take(elder);
    expect(result).toMatchObject({
      format: "anthropic_costs_csv",
      rows: { kept: 3, skipped: 0 },
    });
    const again = await take(fixture("anthropic_costs.csv"), {}, shelf);
    expect(again.result.rows).toMatchObject({ kept: 4, duplicate: 2 });
    // 10.50, and 0.40 that only the elder export has
    expect(billedUsd(again.records).toFixed(2)).toBe("10.90");
  });
});

describe("Anthropic usage CSV", () => {
  it("knows the rows of an elder export, which has fewer columns", async () => {
    const elder = [
      "usage_date_utc,model_version,api_key,workspace,usage_type,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count",
      "2026-10-01,claude-opus-5,Docs Bot,Default,standard,109911,2528,0,0,34988,0",
    ].join("\n");
    const { shelf } = await take(elder);
    expect(
      (await take(fixture("anthropic_usage.csv"), {}, shelf)).result.rows,
    ).toMatchObject({ kept: 3, duplicate: 1 });
  });
});
