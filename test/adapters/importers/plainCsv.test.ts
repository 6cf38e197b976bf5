/** Plain CSV: names, mappings and the many ways of writing it, with totals reckoned by hand from the price table. */
import { describe, expect, it } from "vitest";
import { fixture, refusal, sumTokens, sumUsd, take } from "./support.ts";

describe("plain CSV", () => {
  it("reads marks, quotes, delimiters and times of all kinds, and drops prompts", async () => {
    const { result, records } = await take(fixture("plain.csv"));
    expect(result.rows).toEqual({ read: 7, kept: 3, skipped: 4, duplicate: 0 });
    expect(result.skipped).toEqual([
      { line: 6, reason: "prompt_tokens is not a whole number of at least 0" },
      { line: 7, reason: "created_at is not a time" },
      {
        line: 8,
        reason:
          "cached tokens are more than prompt_tokens, which includes them",
      },
      { line: 9, reason: "the row has 3 cells where the header has 10" },
    ]);
    expect(records.map(({ at }) => at)).toEqual([
      "2026-10-05T06:00:00.000Z",
      "2026-10-05T08:00:01.123Z",
      "2026-10-05T08:00:02.000Z",
    ]);
    // gpt-4.1: 600 × 2 + 400 × 0.5 + 200 × 8 = 3,000; 1,000 × 2 + 200 × 8 = 3,600; 12 × 2 + 3 × 8 = 48 millionths of a dollar.
    expect(records.map(({ computed_usd }) => computed_usd?.toFixed(6))).toEqual(
      ["0.003000", "0.003600", "0.000048"],
    );
    expect(records.map(({ billed_usd }) => billed_usd)).toEqual([
      0.003,
      null,
      0.01,
    ]);
    expect(JSON.stringify([result, records])).not.toContain("Write about");
  });

  it("reads the Azure trace with --model", async () => {
    const { result, records } = await take(
      fixture("azure_llm_2023_conv_200.csv"),
      { model: "gpt-4" },
    );
    expect(result).toMatchObject({
      format: "csv",
      rows: { read: 200, kept: 200, skipped: 0, duplicate: 0 },
      models: ["gpt-4"],
    });
    // Sums by: awk -F, 'NR>1{n++;i+=$2;o+=$3}END{print n,i,o}' on the fixture → 200 180695 47050. gpt-4: $30 in, $60 out a million.
    expect(sumTokens(records)).toMatchObject({
      uncached_input: 180_695,
      output: 47_050,
    });
    expect(sumUsd(records)).toBeCloseTo((180_695 * 30 + 47_050 * 60) / 1e6, 8);
    expect(result.period).toEqual({
      from: "2023-11-16T18:15:46.680Z",
      to: "2023-11-16T18:16:47.945Z",
    });
  });

  it("refuses the Azure trace without a model before it stores anything", async () => {
    const { problem, expected, shelf } = await refusal(
      fixture("azure_llm_2023_conv_200.csv"),
    );
    expect(problem).toBe("The file names no model");
    expect(expected).toContain("--model");
    expect(shelf.begun).toBe(0);
  });

  it("maps columns that go by other names", async () => {
    const text = "wann;welches;rein;raus\n2026-10-05;gpt-4.1;10;20\n";
    const columnMap = {
      timestamp: "wann",
      model: "welches",
      input_tokens: "rein",
      output_tokens: "raus",
    };
    expect((await take(text, { columnMap })).records[0]).toMatchObject({
      model: "gpt-4.1",
      tokens: { uncached_input: 10, output: 20 },
    });
    expect(
      (await refusal(text, { columnMap: { ...columnMap, model: "welche" } }))
        .problem,
    ).toContain("no column for model");
    expect(
      (await refusal(text, { columnMap: { tokens: "rein" } })).problem,
    ).toContain("does not exist here");
  });

  it("reads Anthropic's own names as disjoint, anyone else's as included", async () => {
    const read = async (input: string) =>
      (
        await take(
          `date,model,${input},cache_read_input_tokens,output_tokens\n2026-10-05,claude-opus-5,10,4,1\n`,
        )
      ).records[0]?.tokens;
    expect(await read("input_tokens")).toMatchObject({
      uncached_input: 10,
      cache_read: 4,
    });
    expect(await read("prompt_tokens")).toMatchObject({
      uncached_input: 6,
      cache_read: 4,
    });
  });

  it("takes no cost in another currency, tier or flag that it does not know", async () => {
    const text =
      "time,model,input_tokens,output_tokens,cost,currency,tier,batch,requests\n";
    const rows = [
      "1,EUR,,,",
      "1,usd,,TRUE,7",
      "1,,scale,,",
      "1,,,maybe,",
      "-1,,,,",
      "1,,,,1.5",
      "1,,priority,0,",
    ];
    const { result, records } = await take(
      text + rows.map((row) => `2026-10-05,gpt-4.1,1,1,${row}\n`).join(""),
    );
    expect(
      result.skipped.map(({ line, reason }) => `${line}: ${reason}`),
    ).toEqual([
      "2: the cost is not in US dollars",
      "4: tier is not a known service tier",
      "5: batch is neither true nor false",
      "6: cost is not an amount of at least 0",
      "7: requests is not a whole number of at least 0",
    ]);
    expect(records.map(({ tier, requests }) => [tier, requests])).toEqual([
      ["batch", 7],
      ["priority", 1],
    ]);
  });

  it("names the column that is missing", async () => {
    const { problem } = await refusal(
      "timestamp,model,input_tokens\n2026-10-05,gpt-4.1,1\n",
    );
    expect(problem).toBe("The file has no column for output_tokens");
  });

  it("never stores a long or unstorable text", async () => {
    const row = (user: string) => `2026-10-05,gpt-4.1,1,1,${user}\n`;
    const text = `date,model,input_tokens,output_tokens,user\n${row("x".repeat(257))}${row("a\0b")}${row("x".repeat(256))}`;
    const { result } = await take(text);
    expect(result.skipped).toEqual([
      { line: 2, reason: "user is longer than 256 characters" },
      { line: 3, reason: "user holds a NUL character" },
    ]);
  });
});
