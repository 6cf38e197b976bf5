/** Each provider's export on a small file with totals reckoned by hand from the prices of the table at the date of the rows. */
import { describe, expect, it } from "vitest";
import { fixture, refusal, sumTokens, sumUsd, take } from "./support.ts";

describe("OpenAI usage CSV", () => {
  it("takes cached tokens out of the input and prices tiers", async () => {
    const { result, records } = await take(fixture("openai_usage.csv"));
    expect(result).toMatchObject({
      format: "openai_usage_csv",
      sample: false,
      rows: { read: 5, kept: 4, skipped: 1, duplicate: 0 },
      skipped: [
        {
          line: 5,
          reason: "cached and cache-write tokens are more than input_tokens",
        },
      ],
      period: {
        from: "2026-10-01T00:00:00.000Z",
        to: "2026-10-02T00:00:00.001Z",
      },
      models: ["gpt-4.1-2025-04-14", "gpt-5-mini-2025-08-07", "house-model-7"],
      unpriced_models: ["house-model-7"],
    });
    expect(sumTokens(records)).toEqual({
      uncached_input: 3_101_000,
      cache_read: 400_000,
      cache_write_5m: 0,
      cache_write_1h: 0,
      output: 350_005,
    });
    // gpt-4.1: 0.6M × 2 + 0.4M × 0.5 + 0.2M × 8 = 3.00; in a batch (0.5M × 2 + 0.1M × 8) / 2 = 0.90;
    // gpt-5-mini under flex: (2M × 0.25 + 0.05M × 2) / 2 = 0.30. The house model has no price.
    expect(records.map(({ computed_usd }) => computed_usd)).toEqual([
      3,
      0.9,
      0.3,
      null,
    ]);
    expect(records[2]).toMatchObject({
      tier: "flex",
      requests: 10,
      project: "proj_b",
      user: "user-2",
      api_key: "key_2",
      provider: "openai",
    });
  });

  it.each([
    ["days without use", fixture("openai_usage_empty.csv").toString()],
    ["no day at all", "start_time,end_time,start_time_iso,end_time_iso\n"],
  ])("takes an export of %s", async (_name, text) => {
    const { result } = await take(text);
    expect(result).toMatchObject({
      format: "openai_usage_csv",
      rows: { read: 0, kept: 0, skipped: 0 },
      skipped: [],
      period: null,
      models: [],
    });
  });

  it("reads over the days without use among others", async () => {
    const [header = "", ...rows] = fixture("openai_usage.csv")
      .toString()
      .trim()
      .split("\n");
    const idle = `1790726400,1790812800,2026-09-30T00:00:00+00:00,2026-10-01T00:00:00+00:00${",".repeat(header.split(",").length - 4)}`;
    const { result, shelf } = await take([header, idle, ...rows].join("\n"));
    expect(result.rows).toEqual({ read: 5, kept: 4, skipped: 1, duplicate: 0 });
    expect(result.skipped[0]?.line).toBe(6);
    expect(
      (await take(fixture("openai_usage.csv"), {}, shelf)).result.rows,
    ).toMatchObject({ kept: 0, duplicate: 4 });
  });

  it("counts audio, images and text as parts of the totals, and traffic shared for training apart", async () => {
    const header =
      "start_time,end_time,start_time_iso,end_time_iso,model,service_tier,input_tokens,output_tokens,input_cached_tokens,input_uncached_tokens,input_text_tokens,output_text_tokens,input_audio_tokens,output_audio_tokens,input_image_tokens,num_model_requests";
    const row = (tier: string) =>
      `1790812800,1790899200,,,gpt-4o-mini,${tier},1000000,100000,400000,600000,700000,90000,200000,10000,100000,3.0`;
    const { records } = await take(
      [header, row("default"), row("incentivized-tier")].join("\n"),
    );
    expect(sumTokens(records)).toEqual({
      uncached_input: 2 * 600_000,
      cache_read: 2 * 400_000,
      cache_write_5m: 0,
      cache_write_1h: 0,
      output: 2 * 100_000,
    });
    expect(records.map(({ tier, requests }) => [tier, requests])).toEqual([
      ["standard", 3],
      ["standard", 3],
    ]);
    // gpt-4o-mini: 0.6M × 0.15 + 0.4M × 0.075 + 0.1M × 0.6 = 0.18, twice.
    expect(sumUsd(records)).toBeCloseTo(2 * 0.18, 10);
  });

  it("needs a model from somewhere", async () => {
    const ungrouped =
      "start_time,end_time,start_time_iso,end_time_iso,model,input_tokens,output_tokens\n1790812800,1790899200,,,,5,6\n";
    const without = await take(ungrouped);
    expect(without.result.skipped).toEqual([
      { line: 2, reason: "no model is named; give one with --model" },
    ]);
    const { records } = await take(ungrouped, { model: "gpt-4.1" });
    expect(records[0]).toMatchObject({
      model: "gpt-4.1",
      at: "2026-10-01T00:00:00.000Z",
    });
  });
});

describe("OpenAI usage API JSON", () => {
  it("reads a page and names what it cannot read by its place", async () => {
    const { result, records } = await take(fixture("openai_usage.json"));
    expect(result).toMatchObject({
      format: "openai_usage_json",
      rows: { read: 2, kept: 1, skipped: 1, duplicate: 0 },
      skipped: [
        {
          line: 1,
          reason:
            "data[0].results[1]: input_tokens is not a whole number of at least 0",
        },
      ],
    });
    expect(records[0]).toMatchObject({
      at: "2026-10-01T00:00:00.000Z",
      requests: 25,
      tokens: {
        uncached_input: 500_000,
        cache_read: 300_000,
        cache_write_5m: 200_000,
        cache_write_1h: 0,
        output: 50_000,
      },
    });
    // gpt-5.6-terra: 0.5M × 2 + 0.3M × 0.2 + 0.2M × 2.5 + 0.05M × 12 = 2.16
    expect(sumUsd(records)).toBeCloseTo(2.16, 10);
  });

  it("reads lists of pages and JSON Lines of pages and buckets alike", async () => {
    const page = JSON.parse(fixture("openai_usage.json").toString()) as {
      data: object[];
    };
    const whole = await take(JSON.stringify(page));
    for (const text of [
      JSON.stringify([page]),
      JSON.stringify(page.data, null, 2),
      page.data.map((bucket) => JSON.stringify(bucket)).join("\n"),
      `\ufeff\n  ${JSON.stringify(page, null, 1)}`,
    ]) {
      const { result, records } = await take(text);
      expect(result.rows).toEqual(whole.result.rows);
      expect(records).toEqual(whole.records);
    }
  });

  it("skips a broken line of JSON Lines and counts lines in the file", async () => {
    const bucket = {
      start_time: 1_790_812_800,
      results: [{ model: "gpt-4.1", input_tokens: 1, output_tokens: 1 }],
    };
    const { result } = await take(
      `${JSON.stringify(bucket)}\n\n{"start_time":\n${JSON.stringify({ data: 5 })}\n`,
    );
    expect(result.rows).toMatchObject({ read: 3, kept: 1 });
    expect(result.skipped).toEqual([
      { line: 3, reason: "the line is not JSON" },
      { line: 4, reason: "results is not a list" },
    ]);
  });

  it("refuses another report of the same API", async () => {
    const images = {
      start_time: 1_790_812_800,
      results: [{ images: 3, num_model_requests: 1, model: "gpt-image-1" }],
    };
    expect((await refusal(JSON.stringify(images))).expected).toContain(
      "OpenAI's usage API",
    );
  });

  it("survives deep nesting", async () => {
    await refusal("[".repeat(100_000) + "]".repeat(100_000));
    const deep = JSON.parse(
      `${"[".repeat(1_000)}${"]".repeat(1_000)}`,
    ) as unknown;
    const bucket = {
      start_time: 1_790_812_800,
      results: [{ model: deep, input_tokens: 1, output_tokens: 1 }, deep],
    };
    expect(
      (await take(JSON.stringify(bucket))).result.skipped.map(
        ({ reason }) => reason,
      ),
    ).toEqual([
      "results[0]: model is not a single value",
      "results[1]: is not an object",
    ]);
  });
});

describe("Anthropic usage CSV", () => {
  it("takes the buckets as they are", async () => {
    const { result, records } = await take(fixture("anthropic_usage.csv"));
    expect(result).toMatchObject({
      format: "anthropic_usage_csv",
      rows: { read: 4, kept: 4, skipped: 0 },
      unpriced_models: ["claude-opus-5"],
    });
    expect(sumTokens(records)).toEqual({
      uncached_input: 1_210_911,
      cache_read: 500_000,
      cache_write_5m: 42_528,
      cache_write_1h: 20_000,
      output: 245_488,
    });
    // Opus 5: 109,911 × 5 + 2,528 × 6.25 + 34,988 × 25 = 1.440055 a million; Haiku 4.5 in a batch: (1M × 1 + 0.2M × 5) / 2 = 1;
    // Sonnet 5: 0.1M × 2 + 0.04M × 2.5 + 0.02M × 4 + 0.5M × 0.2 + 0.01M × 10 = 0.58; fast mode has no list price.
    expect(records.map(({ computed_usd }) => computed_usd?.toFixed(6))).toEqual(
      ["1.440055", "1.000000", "0.580000", undefined],
    );
    expect(records[2]).toMatchObject({
      api_key: "Key, the second",
      project: "Research",
      at: "2026-10-02T00:00:00.000Z",
      requests: 0,
    });
  });
});
