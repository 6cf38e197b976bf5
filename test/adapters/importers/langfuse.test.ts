/** Langfuse's exports: what counts, what repeats, and how a map of any library's keys becomes disjoint buckets. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { fixture, sumTokens, take } from "./support.ts";

const OBSERVATIONS = fixture("langfuse_observations.json");

function generation(fields: object): object {
  return {
    id: "a",
    traceId: "t",
    type: "GENERATION",
    startTime: "2026-10-05T08:00:00.000Z",
    model: "gpt-4.1",
    usageDetails: {},
    ...fields,
  };
}
async function tokensOf(usageDetails: object) {
  const { records, result } = await take(
    JSON.stringify(generation({ usageDetails })),
  );
  expect(result.skipped).toEqual([]);
  return records[0]?.tokens;
}

describe("Langfuse observations", () => {
  it("counts generations and embeddings, and what two instrumentations saw once", async () => {
    const { result, records } = await take(OBSERVATIONS);
    expect(result).toMatchObject({
      format: "langfuse_json",
      rows: { read: 4, kept: 4, skipped: 0, duplicate: 0 },
      unpriced_models: ["house-embed-1"],
    });
    // The agent and the generation within it repeat the first one: 60,000 + 40,000 in, 20,000 out, once.
    expect(sumTokens(records)).toEqual({
      uncached_input: 60_000 + 10_000 + 1_000,
      cache_read: 40_000 + 30_000,
      cache_write_5m: 6_000,
      cache_write_1h: 4_000,
      output: 20_000 + 2_000,
    });
    // gpt-4.1: 60,000 × 2 + 40,000 × 0.5 + 20,000 × 8 = 0.30; Haiku 4.5: 10,000 × 1 + 30,000 × 0.1 + 6,000 × 1.25 + 4,000 × 2
    // + 2,000 × 5 = 0.0385 (of a million); a failure without usage; a model without a price, for which Langfuse's 0 is no bill.
    expect(records.map((it) => it.computed_usd?.toFixed(6))).toEqual([
      "0.300000",
      "0.038500",
      "0.000000",
      undefined,
    ]);
    expect(records.map((it) => it.billed_usd?.toFixed(6))).toEqual([
      "0.300000",
      "0.038500",
      undefined,
      undefined,
    ]);
    expect(records[0]).toMatchObject({
      project: "proj-1",
      feature: "answer",
      user: "customer-1",
      tags: ["beta"],
      failed_requests: 0,
      source_id: { kind: "request", id: "obs-9" },
    });
    expect(records[2]).toMatchObject({ failed_requests: 1, requests: 1 });
  });

  it("reads CSV as it reads JSON", async () => {
    const json = await take(OBSERVATIONS);
    const csv = await take(fixture("langfuse_observations.csv"));
    expect(csv.result.format).toBe("langfuse_csv");
    expect(csv.records).toEqual(json.records);
  });

  it("sees a repeated call in either order, and only within its trace", async () => {
    const usageDetails = { input: 5, output: 2, total: 7 };
    const outer = generation({ id: "outer", usageDetails });
    const inner = (traceId: string) =>
      generation({
        id: "inner",
        traceId,
        parentObservationId: "outer",
        usageDetails,
      });
    for (const rows of [
      [outer, inner("t")],
      [inner("t"), outer],
    ])
      expect((await take(JSON.stringify(rows))).records).toHaveLength(1);
    const elsewhere = [outer, inner("t2")];
    expect((await take(JSON.stringify(elsewhere))).records).toHaveLength(2);
  });

  it("counts a call within a call that used other tokens", async () => {
    const rows = [
      generation({ id: "outer", usageDetails: { input: 5, output: 2 } }),
      generation({
        id: "inner",
        parentObservationId: "outer",
        usageDetails: { input: 5, output: 1 },
      }),
    ];
    expect((await take(JSON.stringify(rows))).records).toHaveLength(2);
  });

  it("says what is wrong and where", async () => {
    const bad = [
      generation({ usageDetails: { input: "secret" } }),
      generation({ usageDetails: "secret" }),
      generation({ usageDetails: { total: 5 } }),
      generation({ id: "" }),
      generation({ model: null }),
      "secret",
    ];
    const { result } = await take(JSON.stringify(bad));
    expect(result.skipped.map(({ reason }) => reason)).toEqual([
      "[0]: usageDetails.input is not a whole number of at least 0",
      "[1]: usageDetails is not a JSON object",
      "[2]: usageDetails tells a total, but not what of it is input",
      "[3]: id is empty",
      "[4]: no model is named; give one with --model",
      "[5]: is not an object",
    ]);
  });
});

describe("Langfuse v4 events", () => {
  it("reads OpenTelemetry's names, where input includes the cached tokens", async () => {
    const { result, records } = await take(fixture("langfuse_events.jsonl"));
    expect(result).toMatchObject({
      format: "langfuse_json",
      rows: { read: 1, kept: 1, skipped: 0 },
    });
    // gpt-4.1: 6,000 × 2 + 4,000 × 0.5 + 1,000 × 8 = 0.022 (of a million)
    expect(records[0]?.computed_usd).toBeCloseTo(0.022, 10);
    expect(records[0]).toMatchObject({
      model: "gpt-4.1",
      billed_usd: 0.022,
      tags: ["nightly"],
      feature: "summary",
      tokens: { uncached_input: 6_000, cache_read: 4_000, output: 1_000 },
    });
  });
});

describe("usageDetails", () => {
  it("is disjoint by Langfuse's convention, and otherwise as its total tells", async () => {
    const parts = { input: 100, cache_read_input_tokens: 40, output: 10 };
    expect(await tokensOf(parts)).toMatchObject({ uncached_input: 100 });
    expect(await tokensOf({ ...parts, total: 150 })).toMatchObject({
      uncached_input: 100,
      cache_read: 40,
    });
    expect(await tokensOf({ ...parts, total: 110 })).toMatchObject({
      uncached_input: 60,
      cache_read: 40,
    });
  });

  it("adds audio and reasoning where they are apart, and not where they are within", async () => {
    const map = {
      input: 100,
      input_audio_tokens: 20,
      output: 10,
      output_reasoning_tokens: 6,
    };
    expect(await tokensOf({ ...map, total: 136 })).toMatchObject({
      uncached_input: 120,
      output: 16,
    });
    expect(await tokensOf({ ...map, total: 110 })).toMatchObject({
      uncached_input: 100,
      output: 10,
    });
  });

  it("counts cache writes once where both their sum and their lifetimes are told", async () => {
    const lifetimes = {
      input_cache_creation_5m: 6,
      input_cache_creation_1h: 4,
      input: 1,
      output: 1,
    };
    const written = { cache_write_5m: 6, cache_write_1h: 4 };
    for (const input_cache_creation of [0, 10])
      expect(
        await tokensOf({ ...lifetimes, input_cache_creation }),
      ).toMatchObject(written);
    expect(
      await tokensOf({ ...lifetimes, input_cache_creation: 3 }),
    ).toMatchObject({ cache_write_5m: 9, cache_write_1h: 4 });
  });

  it("leaves out what is no token, and falls back on the sums beside it", async () => {
    expect(
      await tokensOf({ input: 7, output: 1, web_search_requests: 3 }),
    ).toMatchObject({ uncached_input: 7, output: 1 });
    const { records } = await take(
      JSON.stringify(generation({ inputUsage: 9, outputUsage: 2 })),
    );
    expect(records[0]?.tokens).toMatchObject({ uncached_input: 9, output: 2 });
  });

  const count = fc.nat({ max: 1_000 });
  test.prop([count, count, count, count, count, fc.boolean()])(
    "no token is lost or counted twice, whichever way the source counts",
    async (input, read, written, output, reasoning, included) => {
      const total = input + read + written + output + reasoning;
      fc.pre(total > 0);
      const tokens = await tokensOf({
        input: included ? input + read + written : input,
        input_cached_tokens: read,
        input_cache_creation: written,
        output: included ? output + reasoning : output,
        output_reasoning_tokens: reasoning,
        total,
      });
      expect(tokens).toEqual({
        uncached_input: input,
        cache_read: read,
        cache_write_5m: written,
        cache_write_1h: 0,
        output: output + reasoning,
      });
    },
  );
});
