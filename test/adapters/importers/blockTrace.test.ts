/** Traces with block hashes: an excerpt of a real one against an independent replay, its dates, and what is refused. */
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/domain/limits.ts";
import { fixture, refusal, sumTokens, sumUsd, take } from "./support.ts";

const EXCERPT = fixture("mooncake_conversation_excerpt.jsonl");
const MODEL = { model: "gpt-4o" };
const row = (timestamp: number, input: number, hashIds: readonly unknown[]) =>
  JSON.stringify({
    timestamp,
    input_length: input,
    output_length: 1,
    hash_ids: hashIds,
  });

describe("Mooncake's conversation trace", () => {
  it("brings every request with what a prompt cache would have read and written", async () => {
    const { result, records } = await take(EXCERPT, MODEL);
    expect(result).toMatchObject({
      format: "block_trace",
      rows: { read: 113, kept: 113, skipped: 0, duplicate: 0 },
      models: ["gpt-4o"],
      unpriced_models: [],
    });
    expect(sumTokens(records)).toEqual({
      uncached_input: 532_346,
      cache_read: 0,
      cache_write_5m: 0,
      cache_write_1h: 0,
      output: 35_308,
    });
    // gpt-4o: 0.532346M × 2.5 + 0.035308M × 10 = 1.330865 + 0.35308
    expect(sumUsd(records)).toBeCloseTo(1.683945, 9);
    const sum = (of: (typeof records)[number]["reusable"][]) =>
      of.reduce(
        (total, it) => ({
          five: total.five + (it?.five_minutes.read ?? 0),
          fiveWritten: total.fiveWritten + (it?.five_minutes.written ?? 0),
          hour: total.hour + (it?.one_hour.read ?? 0),
          hourWritten: total.hourWritten + (it?.one_hour.written ?? 0),
        }),
        { five: 0, fiveWritten: 0, hour: 0, hourWritten: 0 },
      );
    // Counted by a replay in another language: 520 and 619 of the 981 whole blocks are read.
    expect(sum(records.map(({ reusable }) => reusable))).toEqual({
      five: 520 * 512,
      fiveWritten: (981 - 520) * 512,
      hour: 619 * 512,
      hourWritten: (981 - 619) * 512,
    });
  });

  it("has the same dates whenever it is read, or those that are asked for", async () => {
    const first = await take(EXCERPT, MODEL);
    expect(first.records[0]?.at).toBe("2025-01-01T00:00:00.000Z");
    const again = await take(EXCERPT, MODEL, first.shelf);
    expect(again.result.rows).toMatchObject({ kept: 0, duplicate: 113 });
    const { records } = await take(row(90_061, 1, [7]), {
      ...MODEL,
      start: "2026-10-01T00:00:00.000Z",
    });
    expect(records[0]?.at).toBe("2026-10-01T00:01:30.061Z");
  });

  it("needs a model, and blocks of 512 tokens", async () => {
    expect(await refusal(EXCERPT)).toMatchObject({
      problem: "The trace names no model",
    });
    // As in traces whose blocks are of 16 tokens and whose time stamps are seconds.
    expect((await refusal(row(61, 64, [1, 2, 3, 4]), MODEL)).problem).toContain(
      "512",
    );
  });
});

describe("rows of a trace", () => {
  it("that are wrong are skipped and neither read nor write", async () => {
    const { result, records } = await take(
      [
        row(0, 1_024, [1, 2]),
        row(1, 1_024, [3]),
        row(2, 1_024, [3, { prompt: "secret" }]),
        row(3, 1_024, [3, "x".repeat(limits.identifierCharactersMax + 1)]),
        '{"timestamp": 4, "input_length": -1, "output_length": 1}',
        row(9e15, 1_024, [3, 4]),
        "[1]",
        row(5, 1_024, [3, 4]),
      ].join("\n"),
      MODEL,
    );
    expect(result.skipped).toEqual([
      {
        line: 2,
        reason: "hash_ids has not one name for every 512 tokens of input",
      },
      { line: 3, reason: "hash_ids is not a list of names" },
      { line: 4, reason: "hash_ids is not a list of names" },
      { line: 5, reason: "input_length is not a whole number of at least 0" },
      { line: 6, reason: "timestamp is too large" },
      { line: 7, reason: "[0]: is not an object" },
    ]);
    expect(records[1]?.reusable?.one_hour).toEqual({ read: 0, written: 1_024 });
  });

  it("without hashes, or before one that was replayed, tell nothing of what repeats", async () => {
    const { records } = await take(
      [
        '{"timestamp": 5, "input_length": 600, "output_length": 1}',
        row(9, 600, [1, 2]),
        row(8, 600, [1, 3]),
      ].join("\n"),
      MODEL,
    );
    expect(records.map(({ reusable }) => reusable)).toEqual([
      null,
      {
        five_minutes: { read: 0, written: 512 },
        one_hour: { read: 0, written: 512 },
      },
      null,
    ]);
  });

  it("may come as one list, and name their models", async () => {
    const { records } = await take(
      JSON.stringify([
        { timestamp: 1, input_length: 1, output_length: 2, model: "gpt-4.1" },
      ]),
    );
    expect(records[0]).toMatchObject({ model: "gpt-4.1", requests: 1 });
  });
});
