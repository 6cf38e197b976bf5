/** LiteLLM's log of requests and its daily tables, with totals reckoned by hand from the list prices of October 2026. */
import { describe, expect, it } from "vitest";
import { fixture, refusal, sumTokens, take } from "./support.ts";

const LOGS = fixture("litellm_spend_logs.csv");
const DAILY = fixture("litellm_daily_user_spend.csv");

/** One log row in JSON with what a case is about. */
function log(fields: object): string {
  return JSON.stringify({
    request_id: "r",
    startTime: "2026-10-05 08:00:00",
    model: "gpt-4.1",
    custom_llm_provider: "openai",
    spend: 0,
    prompt_tokens: 100,
    completion_tokens: 1,
    ...fields,
  });
}
async function one(fields: object) {
  const { records, result } = await take(log(fields));
  return { record: records[0], skipped: result.skipped };
}

describe("LiteLLM SpendLogs", () => {
  it("takes cached tokens from the metadata and out of the prompt", async () => {
    const { result, records } = await take(LOGS);
    expect(result).toMatchObject({
      format: "litellm_logs_csv",
      rows: { read: 7, kept: 6, skipped: 1, duplicate: 0 },
      skipped: [{ line: 8, reason: "metadata is not a JSON object" }],
      unpriced_models: [],
    });
    // gpt-4.1: 60,000 × 2 + 40,000 × 0.5 + 20,000 × 8 = 0.30 (of a million);
    // Haiku 4.5: 10,000 × 1 + 30,000 × 0.1 + 6,000 × 1.25 + 4,000 × 2 + 2,000 × 5 = 0.0385; two that bought nothing;
    // gpt-4o on Azure: 20,000 × 2.5 + 1,000 × 10 = 0.06; Haiku passed through: 31 × 1 + 1,253 × 1.25 + 467 × 5 = 0.00393225.
    const usd = ["0.30000000", "0.03850000", "0.00000000", "0.00000000"];
    expect(records.map((it) => it.computed_usd?.toFixed(8))).toEqual([
      ...usd,
      "0.06000000",
      "0.00393225",
    ]);
    expect(records.map((it) => it.billed_usd)).toEqual([
      0.3, 0.0385, 0, 0, 0.06, 0.003_932_25,
    ]);
    expect(sumTokens(records)).toEqual({
      uncached_input: 60_000 + 10_000 + 20_000 + 31,
      cache_read: 40_000 + 30_000,
      cache_write_5m: 6_000 + 1_253,
      cache_write_1h: 4_000,
      output: 20_000 + 2_000 + 1_000 + 467,
    });
  });

  it("tells who, for what and under which labels", async () => {
    const { records } = await take(LOGS);
    expect(records[0]).toMatchObject({
      at: "2026-10-05T08:00:00.250Z",
      project: "team-search",
      user: "customer-1",
      api_key: "search-key",
      tags: ["env:prod", "search, long"],
      failed_requests: 0,
      requests: 1,
      source_id: { kind: "request", id: "chatcmpl-1" },
    });
    // Without a customer it is the key's user, without an alias the key's hash.
    expect(records[1]).toMatchObject({ user: "emp-2", api_key: "hash-2" });
    expect(records[4]).toMatchObject({
      model: "gpt-4o",
      provider: "azure",
      feature: "agent-7",
    });
  });

  it("counts an answer from LiteLLM's own cache as a request that bought nothing", async () => {
    const { records } = await take(LOGS);
    expect(records[2]).toMatchObject({
      requests: 1,
      billed_usd: 0,
      computed_usd: 0,
      tags: ["env:prod", "cache_hit"],
    });
    expect(sumTokens(records.slice(2, 3))).toMatchObject({
      uncached_input: 0,
      cache_read: 0,
      output: 0,
    });
  });

  it("counts a failure, under the name that was asked for, and knows nothing where no status was logged", async () => {
    const { records } = await take(LOGS);
    expect(records[3]).toMatchObject({ model: "gpt-4.1", failed_requests: 1 });
    expect((await one({})).record?.failed_requests).toBeNull();
  });

  it("reads JSON Lines, a list and a page of rows as it reads CSV", async () => {
    const csv = await take(LOGS);
    const lines = fixture("litellm_spend_logs.jsonl").toString();
    const rows = lines.trim().split("\n").join(",");
    for (const text of [lines, `[${rows}]`, `{"data": [${rows}], "page": 1}`]) {
      const { result, records } = await take(text);
      expect(result.format).toBe("litellm_logs_json");
      expect(records).toEqual(csv.records);
    }
    const { result } = await take(LOGS, {}, (await take(lines)).shelf);
    expect(result.rows).toMatchObject({ kept: 0, duplicate: 6 });
  });

  it("knows the batch and the tiers that have prices of their own", async () => {
    const tierOf = async (fields: object) => (await one(fields)).record?.tier;
    const served = (service_tier: string) => ({
      metadata: { usage_object: { service_tier } },
    });
    expect(await tierOf({ call_type: "aretrieve_batch" })).toBe("batch");
    expect(await tierOf(served("flex"))).toBe("flex");
    expect(await tierOf(served("on_demand"))).toBe("standard");
  });

  it("names the field that is wrong, deep as it may be, and never its value", async () => {
    const details = { cached_tokens: "secret" };
    const { skipped } = await one({
      metadata: { usage_object: { prompt_tokens_details: details } },
    });
    expect(skipped).toEqual([
      {
        line: 1,
        reason:
          "metadata.usage_object.prompt_tokens_details.cached_tokens is not a whole number of at least 0",
      },
    ]);
    const labels = Array.from({ length: 65 }, (_, index) => `label-${index}`);
    expect((await one({ request_tags: labels })).skipped[0]?.reason).toBe(
      "request_tags holds more than 64 labels",
    );
    expect((await one({ request_id: "" })).skipped[0]?.reason).toBe(
      "request_id is empty",
    );
  });

  it("reads metadata that was written into its column as text twice", async () => {
    const usage_object = { prompt_tokens_details: { cached_tokens: 40 } };
    const twice = JSON.stringify(JSON.stringify({ usage_object }));
    expect((await one({ metadata: twice })).record?.tokens.cache_read).toBe(40);
  });
});

describe("LiteLLM daily spend", () => {
  it("keeps a day's buckets apart, with their failures", async () => {
    const { result, records } = await take(DAILY);
    expect(result).toMatchObject({
      format: "litellm_daily_csv",
      rows: { read: 4, kept: 3, skipped: 1, duplicate: 0 },
      skipped: [
        { line: 5, reason: "failed_requests are more than api_requests" },
      ],
    });
    // gpt-4.1: 0.6M × 2 + 0.4M × 0.5 + 0.2M × 8 = 3.00; 10,000 × 2 + 1,000 × 8 = 0.028 (of a million);
    // Haiku 4.5: 0.1M × 1 + 0.3M × 0.1 + 0.1M × 1.25 + 0.02M × 5 = 0.355.
    expect(records.map((it) => it.computed_usd?.toFixed(6))).toEqual([
      "3.000000",
      "0.028000",
      "0.355000",
    ]);
    expect(records.map((it) => it.billed_usd)).toEqual([3, 0.028, 0.355]);
    expect(records[0]).toMatchObject({
      at: "2026-10-05T00:00:00.000Z",
      user: "emp-1",
      requests: 40,
      failed_requests: 2,
    });
    expect(records[2]).toMatchObject({ model: "claude-haiku-4-5-20251001" });
  });

  it("knows a bucket of a later export, however far it has come", async () => {
    const { shelf } = await take(DAILY);
    const later = DAILY.toString().replaceAll(",3.0,40,38,2,", ",3.1,41,39,2,");
    expect(later).not.toBe(DAILY.toString());
    const { result } = await take(later, {}, shelf);
    expect(result.rows).toMatchObject({ kept: 0, duplicate: 3 });
  });

  it("tells two endpoints' buckets of one day apart, though they come in files of their own", async () => {
    const [header, chat, responses] = DAILY.toString().split("\n");
    const { shelf } = await take(`${header}\n${chat}\n`);
    const { result } = await take(`${header}\n${responses}\n`, {}, shelf);
    expect(result.rows).toMatchObject({ kept: 1, duplicate: 0 });
  });

  it("reads the team table in JSON", async () => {
    const { result, records } = await take(
      JSON.stringify([
        {
          team_id: "team-a",
          date: "2026-10-05",
          model: "gpt-4.1",
          custom_llm_provider: "openai",
          prompt_tokens: 10,
          completion_tokens: 2,
          spend: 0.000_036,
          api_requests: 1,
        },
      ]),
    );
    expect(result.format).toBe("litellm_daily_json");
    expect(records[0]).toMatchObject({
      project: "team-a",
      failed_requests: null,
    });
  });

  it("refuses the table by tag, which counts a request once for each tag", async () => {
    const byTag = DAILY.toString().replace("user_id", "tag");
    expect((await refusal(byTag)).problem).toContain("for each of its tags");
    const row = { date: "2026-10-05", tag: "a", model: "m", spend: 0 };
    const counts = { prompt_tokens: 1, completion_tokens: 1, api_requests: 1 };
    const { problem, shelf } = await refusal(
      JSON.stringify([{ ...row, ...counts }]),
    );
    expect(problem).toContain("for each of its tags");
    expect(shelf.begun).toBe(0);
  });
});
