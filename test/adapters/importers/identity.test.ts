/** The same row is the same row: over files, chunks, orders and spellings; and two equal rows of one file are two. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { Shelf, fixture, take } from "./support.ts";

const HEADER = "timestamp,model,input_tokens,cached_tokens,output_tokens,user";
const row = fc
  .record({
    second: fc.integer({ min: 0, max: 3 }),
    model: fc.constantFrom("gpt-4.1", "nobody-knows"),
    input: fc.integer({ min: 0, max: 3 }),
    cached: fc.integer({ min: 0, max: 3 }),
    user: fc.constantFrom("", "ana", '"a,""b"""', '"two\nlines"'),
  })
  .map(
    ({ second, model, input, cached, user }) =>
      `2026-10-05T00:00:0${second}Z,${model},${input},${cached},1,${user}`,
  );
const file = (rows: readonly string[]) => [HEADER, ...rows].join("\n");
const identities = (shelf: Shelf) => [...shelf.records.keys()].sort();

describe("identity", () => {
  test.prop([
    fc
      .array(row, { maxLength: 40 })
      .chain((rows) =>
        fc.tuple(
          fc.constant(rows),
          fc.shuffledSubarray(rows, { minLength: rows.length }),
        ),
      ),
  ])(
    "a second import adds nothing, in whatever order its rows come",
    async ([rows, shuffled]) => {
      const first = await take(file(rows));
      expect(first.result.rows).toMatchObject({
        read: rows.length,
        duplicate: 0,
        kept: rows.length - first.result.rows.skipped,
      });
      const again = await take(
        file(shuffled),
        { fileName: "other.csv" },
        first.shelf,
      );
      expect(again.result.rows).toMatchObject({
        kept: 0,
        duplicate: first.result.rows.kept,
        skipped: first.result.rows.skipped,
      });
    },
  );

  test.prop([
    fc.array(row, { maxLength: 20 }),
    fc.integer({ min: 1, max: 50 }),
  ])(
    "chunks, line ends and a byte order mark make no difference",
    async (rows, chunkBytes) => {
      const whole = await take(file(rows));
      const pieces = await take(file(rows), {}, new Shelf(), chunkBytes);
      expect(pieces).toMatchObject({
        result: whole.result,
        records: whole.records,
      });
      const windows = await take(
        `\ufeff${file(rows).replaceAll("\n", "\r\n")}\r\n`,
        {},
        new Shelf(),
        chunkBytes,
      );
      expect(windows.result.rows).toEqual(whole.result.rows);
    },
  );

  test.prop([fc.array(row, { maxLength: 40 })])(
    "buckets are disjoint and no token is lost",
    async (rows) => {
      const { records } = await take(file(rows));
      const kept = rows
        .map((text) => text.split(","))
        .filter(([, , input, cached]) => Number(cached) <= Number(input));
      const sum = (
        of: (tokens: (typeof records)[number]["tokens"]) => number,
      ) => records.reduce((total, { tokens }) => total + of(tokens), 0);
      expect(
        sum(({ uncached_input, cache_read }) => uncached_input + cache_read),
      ).toBe(kept.reduce((total, [, , input]) => total + Number(input), 0));
      expect(sum(({ cache_read }) => cache_read)).toBe(
        kept.reduce((total, [, , , cached]) => total + Number(cached), 0),
      );
      expect(
        records.every(({ tokens }) =>
          Object.values(tokens).every((count) => count >= 0),
        ),
      ).toBe(true);
    },
  );

  it("counts two equal rows of one file twice, and a row that is there twice already once more in a third", async () => {
    const same = "2026-10-05,gpt-4.1,1,0,1,ana";
    const { shelf, result } = await take(file([same, same]));
    expect(result.rows.kept).toBe(2);
    expect((await take(file([same]), {}, shelf)).result.rows).toMatchObject({
      kept: 0,
      duplicate: 1,
    });
    expect(
      (await take(file([same, same, same]), {}, shelf)).result.rows,
    ).toMatchObject({ kept: 1, duplicate: 2 });
  });

  it("takes a request id for what it is, once", async () => {
    const text =
      "timestamp,model,input_tokens,output_tokens,request_id\n2026-10-05,gpt-4.1,1,1,req_1\n2026-10-05,gpt-4.1,1,1,req_1\n";
    const { result, shelf } = await take(
      `${text}2026-10-05,gpt-4.1,1,1,req_2\n`,
    );
    expect(result.rows).toEqual({ read: 3, kept: 2, skipped: 0, duplicate: 1 });
    expect((await take(text, {}, shelf)).result.rows).toMatchObject({
      kept: 0,
      duplicate: 2,
    });
  });

  it("knows a bucket of an overlapping export, however far the count has come, and tells two keys' buckets apart", async () => {
    const page = (requests: number, api_key_id: string) =>
      JSON.stringify({
        object: "page",
        data: [
          {
            object: "bucket",
            start_time: 1_790_000_000,
            end_time: 1_790_086_400,
            results: [
              {
                input_tokens: requests * 10,
                output_tokens: requests,
                num_model_requests: requests,
                model: "gpt-4.1",
                api_key_id,
              },
            ],
          },
        ],
      });
    const { shelf } = await take(page(5, "key_a"));
    expect((await take(page(8, "key_a"), {}, shelf)).result.rows).toMatchObject(
      { kept: 0, duplicate: 1 },
    );
    expect((await take(page(5, "key_b"), {}, shelf)).result.rows).toMatchObject(
      { kept: 1, duplicate: 0 },
    );
  });

  it("is another row under another --model", async () => {
    const azure = fixture("azure_llm_2023_conv_200.csv");
    const { shelf } = await take(azure, { model: "gpt-4" });
    expect(
      (await take(azure, { model: "gpt-4" }, shelf)).result.rows,
    ).toMatchObject({ kept: 0, duplicate: 200 });
    expect(
      (await take(azure, { model: "gpt-4o" }, shelf)).result.rows,
    ).toMatchObject({ kept: 200, duplicate: 0 });
    expect(identities(shelf)).toHaveLength(400);
  });
});
