/** Helicone, OpenRouter and ccusage on small files with totals reckoned by hand from the list prices of October 2026. */
import { describe, expect, it } from "vitest";
import { fixture, refusal, sumTokens, take } from "./support.ts";

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
