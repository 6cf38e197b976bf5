/** Helicone, OpenRouter and ccusage on small files with totals reckoned by hand from the list prices of October 2026. */
import { describe, expect, it } from "vitest";
import { fixture, sumTokens, take } from "./support.ts";

describe("Helicone CSV", () => {
  it("reads requests with their cost, state and properties", async () => {
    const { result, records } = await take(fixture("helicone.csv"));
    expect(result).toMatchObject({
      format: "helicone_csv",
      rows: { read: 4, kept: 4, skipped: 0, duplicate: 0 },
    });
    // gpt-4.1: 100,000 × 2 + 20,000 × 8 = 0.36; Haiku 4.5: 10,000 × 1 + 2,000 × 5 = 0.02 (of a million)
    expect(records.map((it) => it.computed_usd?.toFixed(6))).toEqual([
      "0.360000",
      "0.000000",
      "0.000000",
      "0.020000",
    ]);
    expect(records.map((it) => it.billed_usd)).toEqual([
      0.36,
      null,
      null,
      0.02,
    ]);
    expect(records.map((it) => it.failed_requests)).toEqual([0, 1, 1, 0]);
    expect(records[0]).toMatchObject({
      user: "customer-1",
      tags: ["feature=search"],
      source_id: { kind: "request", id: "res-1" },
    });
    expect(records[2]?.source_id).toEqual({ kind: "row" });
  });
});

describe("OpenRouter activity CSV", () => {
  it("takes cached tokens out of the prompt and adds no part of the cost to it", async () => {
    const { result, records } = await take(fixture("openrouter_activity.csv"));
    expect(result).toMatchObject({
      format: "openrouter_csv",
      rows: { read: 5, kept: 4, skipped: 1, duplicate: 0 },
      skipped: [
        {
          line: 6,
          reason:
            "tokens_cached are more than tokens_prompt, which includes them",
        },
      ],
      unpriced_models: ["deepseek/deepseek-chat-v3-0324:free"],
    });
    // gpt-4.1: 60,000 × 2 + 40,000 × 0.5 + 20,000 × 8 = 0.30; Sonnet 4.5: 10,000 × 3 + 1,000 × 15 = 0.045 (of a million);
    // the free variant has no price and not the usual one; a failure.
    expect(records.map((it) => it.computed_usd?.toFixed(6))).toEqual([
      "0.300000",
      "0.045000",
      undefined,
      "0.000000",
    ]);
    expect(records.map((it) => it.billed_usd)).toEqual([0.3, 0.002_25, 0, 0]);
    expect(sumTokens(records)).toMatchObject({
      uncached_input: 60_000 + 10_000 + 5_000,
      cache_read: 40_000,
      output: 20_000 + 1_000 + 500,
    });
  });

  it("labels what a key of one's own paid elsewhere, and what its caller broke off", async () => {
    const { records } = await take(fixture("openrouter_activity.csv"));
    expect(records.map((it) => it.tags)).toEqual([
      [],
      ["byok"],
      ["cancelled"],
      [],
    ]);
    expect(records.map((it) => it.failed_requests)).toEqual([0, 0, null, 1]);
    expect(records[0]).toMatchObject({
      at: "2026-10-05T08:00:00.713Z",
      provider: "openrouter",
      feature: "Search",
      api_key: "search-key",
      user: "customer-1",
    });
  });
});

describe("OpenRouter GET /activity", () => {
  it("reads a day's buckets by endpoint", async () => {
    const { result, records } = await take(fixture("openrouter_activity.json"));
    expect(result).toMatchObject({
      format: "openrouter_json",
      rows: { read: 3, kept: 3, skipped: 0, duplicate: 0 },
    });
    // gpt-4.1: 100,000 × 2 + 20,000 × 8 = 0.36; 10,000 × 2 + 1,000 × 8 = 0.028; Sonnet 4.5: 10,000 × 3 + 1,000 × 15 = 0.045
    expect(records.map((it) => it.computed_usd?.toFixed(6))).toEqual([
      "0.360000",
      "0.028000",
      "0.045000",
    ]);
    expect(records.map((it) => it.billed_usd)).toEqual([0.36, 0.028, 0.002_25]);
    expect(records.map((it) => it.requests)).toEqual([5, 1, 2]);
    expect(records[2]?.tags).toEqual(["byok"]);
  });

  it("tells two endpoints' buckets of one day apart, though they come in files of their own", async () => {
    const { data } = JSON.parse(
      fixture("openrouter_activity.json").toString(),
    ) as { data: object[] };
    const page = (rows: object[]) => JSON.stringify({ data: rows });
    const { shelf } = await take(page(data.slice(0, 1)));
    const { result } = await take(page(data.slice(1, 2)), {}, shelf);
    expect(result.rows).toMatchObject({ kept: 1, duplicate: 0 });
  });

  it("reads the names of OpenRouter's TypeScript client alike", async () => {
    const text = fixture("openrouter_activity.json").toString();
    const camel = text.replaceAll(/"(\w+)":/g, (_, name: string) =>
      JSON.stringify(
        name.replaceAll(/_(\w)/g, (__, letter: string) => letter.toUpperCase()),
      ).concat(":"),
    );
    expect(camel).toContain('"promptTokens"');
    const snake = await take(text);
    expect((await take(camel)).records).toEqual(snake.records);
    expect((await take(camel, {}, snake.shelf)).result.rows.kept).toBe(0);
  });
});
