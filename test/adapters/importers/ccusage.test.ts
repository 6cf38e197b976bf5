/** What ccusage prints of coding agents: days, months, sessions and blocks, each taken once, and no estimate called billed. */
import { describe, expect, it } from "vitest";
import { fixture, refusal, sumTokens, take } from "./support.ts";

describe("ccusage --json", () => {
  const HAIKU = "claude-haiku-4-5-20251001";
  const part = (modelName: string, inputTokens: number) => ({
    modelName,
    inputTokens,
    outputTokens: 1,
    cacheCreationTokens: 0,
    cacheReadTokens: 0,
    cost: 1,
  });

  it("takes the days and not the month again, split by model, and calls nothing billed", async () => {
    const { result, records } = await take(fixture("ccusage.json"));
    expect(result).toMatchObject({
      format: "ccusage_json",
      rows: { read: 3, kept: 3, skipped: 0, duplicate: 0 },
    });
    // Haiku 4.5: 10,000 × 1 + 6,000 × 1.25 + 30,000 × 0.1 + 2,000 × 5 = 0.0305; 5,000 × 1 + 1,000 × 5 = 0.01;
    // Sonnet 4.5: 1,000 × 3 + 20,000 × 3.75 + 50,000 × 0.3 + 1,000 × 15 = 0.108 (of a million)
    expect(records.map((it) => it.computed_usd?.toFixed(6))).toEqual([
      "0.030500",
      "0.108000",
      "0.010000",
    ]);
    expect(records.every((it) => it.billed_usd === null)).toBe(true);
    expect(sumTokens(records)).toEqual({
      uncached_input: 16_000,
      cache_read: 80_000,
      cache_write_5m: 26_000,
      cache_write_1h: 0,
      output: 4_000,
    });
  });

  it("reads months by their first day, and the v20 rows by period and agent", async () => {
    const month = {
      monthly: [{ month: "2026-10", modelBreakdowns: [part(HAIKU, 5)] }],
    };
    const { records } = await take(JSON.stringify(month));
    expect(records[0]?.at).toBe("2026-10-01T00:00:00.000Z");
    const agents = [
      { agent: "claude", modelBreakdowns: [part(HAIKU, 5)] },
      { agent: "codex", modelBreakdowns: [part("gpt-5.3-codex", 7)] },
    ];
    const row = { period: "2026-10-05", agent: "all", inputTokens: 12 };
    const whole = { ...row, modelBreakdowns: [part(HAIKU, 12)] };
    const split = await take(JSON.stringify({ daily: [{ ...whole, agents }] }));
    expect(
      split.records.map((it) => [it.feature, it.tokens.uncached_input]),
    ).toEqual([
      ["claude", 5],
      ["codex", 7],
    ]);
    const together = await take(JSON.stringify({ daily: [whole] }));
    expect(together.records[0]).toMatchObject({
      feature: "all",
      tokens: { uncached_input: 12 },
    });
  });

  it("knows a session that went on as the one it was", async () => {
    const session = (lastActivity: string) =>
      JSON.stringify({
        sessions: [
          {
            sessionId: "s-1",
            lastActivity,
            projectPath: "site",
            modelBreakdowns: [part(HAIKU, 5)],
          },
        ],
        totals: {},
      });
    const { shelf, records } = await take(session("2026-10-05"));
    expect(records[0]).toMatchObject({ project: "site" });
    const later = await take(session("2026-10-06"), {}, shelf);
    expect(later.result.rows).toMatchObject({ kept: 0, duplicate: 1 });
  });

  it("reads projects, the map of models that Codex has, and blocks of one model without their gaps", async () => {
    const projects = {
      projects: {
        site: [{ date: "2026-10-05", modelBreakdowns: [part(HAIKU, 5)] }],
      },
      totals: {},
    };
    expect((await take(JSON.stringify(projects))).records[0]).toMatchObject({
      project: "site",
      tokens: { uncached_input: 5 },
    });
    const models = {
      "gpt-5.3-codex": {
        inputTokens: 3,
        cachedInputTokens: 9,
        outputTokens: 1,
      },
    };
    const codex = { daily: [{ date: "2026-10-05", inputTokens: 3, models }] };
    expect((await take(JSON.stringify(codex))).records[0]).toMatchObject({
      model: "gpt-5.3-codex",
      tokens: { uncached_input: 3, cache_read: 9, output: 1 },
    });
    const block = {
      startTime: "2026-10-05T05:00:00.000Z",
      entries: 4,
      tokenCounts: {
        inputTokens: 3,
        outputTokens: 1,
        cacheCreationInputTokens: 2,
        cacheReadInputTokens: 6,
      },
      models: [HAIKU],
    };
    const blocks = await take(
      JSON.stringify({
        blocks: [block, { ...block, isGap: true, models: [] }],
      }),
    );
    expect(blocks.result.rows).toMatchObject({ read: 1, kept: 1 });
    expect(blocks.records[0]).toMatchObject({
      requests: 4,
      tokens: {
        uncached_input: 3,
        cache_write_5m: 2,
        cache_read: 6,
        output: 1,
      },
    });
  });

  it("guesses no split that is not told", async () => {
    const row = { date: "2026-10-05", inputTokens: 5, outputTokens: 5 };
    const rows = [
      { ...row, modelsUsed: ["a", "b"] },
      { ...row, modelBreakdowns: [{ modelName: "a", cost: 1 }] },
      { ...row, modelsUsed: [] },
      { ...row, models: {} },
    ];
    const { result } = await take(JSON.stringify({ daily: rows }));
    expect(result.skipped.map(({ reason }) => reason)).toEqual([
      "daily[0]: its usage is not split by model",
      "daily[1], model 1: inputTokens is empty",
      "daily[2], model 1: no model is named; give one with --model",
      "daily[3], model 1: no model is named; give one with --model",
    ]);
  });

  it("takes no other JSON with days for its own", async () => {
    await refusal(
      JSON.stringify({ daily: [{ date: "2026-10-05", steps: 5 }] }),
    );
    await refusal(JSON.stringify({ daily: [] }));
    await refusal(JSON.stringify({ blocks: [] }));
    const { result } = await take(`{"daily": [], "totals": {}}\n{"daily": 5}`);
    expect(result).toMatchObject({
      format: "ccusage_json",
      rows: { read: 1, kept: 0, skipped: 1 },
    });
    expect(result.skipped[0]).toMatchObject({ line: 2 });
  });
});
