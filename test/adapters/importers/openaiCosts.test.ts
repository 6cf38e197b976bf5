/** OpenAI's costs, by API and by export, on small files with totals reckoned by hand. */
import { describe, expect, it } from "vitest";
import {
  billedUsd,
  fixture,
  refusal,
  sumTokens,
  sumUsd,
  take,
} from "./support.ts";

const NOTHING = {
  uncached_input: 0,
  cache_read: 0,
  cache_write_5m: 0,
  cache_write_1h: 0,
  output: 0,
};
const page = () =>
  JSON.parse(fixture("openai_costs.json").toString()) as {
    data: { results: object[] }[];
  };

describe("OpenAI costs API JSON", () => {
  it("makes charges of what was billed in US dollars, and none of anything else", async () => {
    const { result, records } = await take(fixture("openai_costs.json"));
    expect(result).toMatchObject({
      format: "openai_costs_json",
      rows: { read: 8, kept: 6, skipped: 2, duplicate: 0 },
      skipped: [
        { reason: "data[2].results[1]: amount.currency is not USD" },
        { reason: "data[2].results[2]: amount.value is empty" },
      ],
      models: [
        "all models",
        "gpt-4.1-2025-04-14",
        "gpt-5-mini-2025-08-07",
        "web search tool calls",
      ],
      unpriced_models: [],
    });
    // 1.20 + 0.20 + 1.60 + 0.35 on 1 October, 0 + 0.06 on the 2nd
    expect(billedUsd(records)).toBeCloseTo(3.41, 10);
    expect(sumTokens(records)).toEqual(NOTHING);
    expect(sumUsd(records)).toBe(0);
    expect(
      records.every(
        ({ measures, requests }) => measures === "charge" && requests === 0,
      ),
    ).toBe(true);
    expect(records[0]).toMatchObject({
      at: "2026-10-01T00:00:00.000Z",
      provider: "openai",
      project: "proj_a",
      api_key: "key_1",
      billed_usd: 1.2,
    });
  });

  it("names what the report does not split by model as told, else in its own words", async () => {
    const whole = await take(fixture("openai_costs.json"), {
      model: "the house",
    });
    expect(whole.result.models).toContain("the house");
    expect(whole.result.models).not.toContain("all models");
  });

  it("tells two lines of a day and a model apart", async () => {
    const { records } = await take(fixture("openai_costs.json"));
    const [, day] = page().data;
    const output = { ...day, results: day?.results.slice(2, 3) };
    const alone = await take(JSON.stringify(output));
    expect(alone.records[0]).toMatchObject({ billed_usd: 1.6 });
    expect(alone.records[0]?.identity).toBe(records[2]?.identity);
  });

  it("knows a line again, whatever came to it since", async () => {
    const { shelf } = await take(fixture("openai_costs.json"));
    const later = fixture("openai_costs.json")
      .toString()
      .replace('"value": 1.6', '"value": 1.9');
    expect((await take(later, {}, shelf)).result.rows).toMatchObject({
      kept: 0,
      duplicate: 6,
    });
  });

  it("is recognised past buckets without results, in a page and in JSON Lines", async () => {
    const [idle, ...others] = page().data;
    const lines = [idle, ...others].map((bucket) => JSON.stringify(bucket));
    const { result, records } = await take(lines.join("\n"));
    expect(result.rows).toMatchObject({ read: 8, kept: 6 });
    expect(billedUsd(records)).toBeCloseTo(3.41, 10);
    const later = await take(others.map((it) => JSON.stringify(it)).join("\n"));
    expect(later.result.format).toBe("openai_costs_json");
  });

  it("is no usage, and usage is no cost", async () => {
    await refusal(fixture("openai_costs.json"), {
      format: "openai_usage_json",
    });
    await refusal(fixture("openai_usage.json"), {
      format: "openai_costs_json",
    });
  });
});

describe("OpenAI costs CSV", () => {
  it("makes the same charges as the API, without the days that cost nothing", async () => {
    const { result, records, shelf } = await take(fixture("openai_costs.csv"));
    expect(result).toMatchObject({
      format: "openai_costs_csv",
      rows: { read: 4, kept: 4, skipped: 0 },
    });
    // 1.20 + 0.20 + 1.60 + 0.07
    expect(billedUsd(records)).toBeCloseTo(3.07, 10);
    expect(JSON.stringify(records)).not.toContain("ana@example.com");
    // The API's report of the same days adds the search calls and the mini model's output, and knows the other four again.
    expect(
      (await take(fixture("openai_costs.json"), {}, shelf)).result.rows,
    ).toMatchObject({ kept: 2, duplicate: 4 });
  });

  it("is no usage export", async () => {
    await refusal(fixture("openai_costs.csv"), { format: "openai_usage_csv" });
  });
});
