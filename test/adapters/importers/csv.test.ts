/** Lines and cells: what is valid CSV is read back, what is not costs the row and not the file. */
import { fc, test } from "@fast-check/vitest";
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import { CsvCutter } from "../../../src/adapters/importers/csv.ts";
import type { Cells, Row } from "../../../src/adapters/importers/importer.ts";
import { LineCutter } from "../../../src/adapters/importers/lines.ts";
import { limits } from "../../../src/domain/limits.ts";
import { take } from "./support.ts";

const HEADER = "timestamp,model,input_tokens,output_tokens,user\n";
const ROW = "2026-10-05,gpt-4.1,1,1,ana\n";

describe("lines and cells", () => {
  const cell = fc.string({
    unit: fc.constantFrom("a", '"', ",", ";", "\n", " ", "é"),
  });
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), {
    minLength: 1,
    maxLength: 12,
  });

  test.prop([table, fc.integer({ min: 1, max: 7 })])(
    "what Papa Parse writes is read back, each row at its line",
    (rows, chunkBytes) => {
      const records = [
        ["h1", "h2"],
        ...rows.filter((cells) => cells.some((text) => text.trim() !== "")),
      ];
      const text = Papa.unparse(records, { newline: "\n", quotes: true });
      const lineOf = records.map((_, index) =>
        records
          .slice(0, index)
          .reduce((line, cells) => line + cells.join("").split("\n").length, 1),
      );
      expect(cutAll(text, chunkBytes)).toEqual(
        records.map((content, index) => ({ line: lineOf[index], content })),
      );
    },
  );

  function cutAll(text: string, chunkBytes: number): Row<Cells>[] {
    const lines = new LineCutter(limits.importLineBytesMax);
    const rows = new CsvCutter(limits.importLineBytesMax);
    const bytes = Buffer.from(text);
    const cut: Row<Cells>[] = [];
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      cut.push(
        ...lines
          .push(bytes.subarray(start, start + chunkBytes))
          .flatMap((line) => rows.push(line)),
      );
    }
    return [
      ...cut,
      ...lines.end().flatMap((line) => rows.push(line)),
      ...rows.end(),
    ];
  }

  it("loses one row to a quote that never closes, not the file", async () => {
    const { result } = await take(
      `${HEADER}${ROW}2026-10-05,gpt-4.1,1,1,"ana\n${ROW}\n${ROW}`,
    );
    expect(result.rows).toMatchObject({ read: 4, kept: 3 });
    expect(result.skipped).toEqual([
      { line: 3, reason: "a quote is opened and never closed" },
    ]);
  });

  it("loses the broken rows to quotes that are not doubled", async () => {
    const { result } = await take(
      `${HEADER}2026-10-05,gpt-4.1,1,1,"a"b"\n${ROW}2026-10-05,gpt-4.1,1,1,5" tall\n`,
    );
    expect(result.rows).toMatchObject({ read: 3, kept: 2 });
    expect(result.skipped).toEqual([
      { line: 2, reason: "a quote within quotes is not doubled" },
    ]);
  });

  it("gives up on an open quote after so many bytes and reads on, in time that grows with the file only", async () => {
    const plain = ROW.repeat(60_000);
    const { result } = await take(
      `${HEADER}2026-10-05,gpt-4.1,1,1,"ana\n${plain}`,
    );
    expect(result.rows).toMatchObject({
      read: 60_001,
      kept: 60_000,
      skipped: 1,
    });
    const { result: hostile } = await take(
      `${HEADER}${'2026-10-05,gpt-4.1,1,1,"x\n'.repeat(20_000)}`,
    );
    expect(hostile.rows).toMatchObject({ read: 20_000, kept: 0 });
    expect(hostile.skipped).toHaveLength(limits.importSkippedReported);
  });

  it("skips a line that is too long or not UTF-8 and reads on", async () => {
    const long = `2026-10-05,gpt-4.1,1,1,${"x".repeat(limits.importLineBytesMax)}\n`;
    const latin1 = Buffer.from("2026-10-05,gpt-4.1,1,1,Zoë\n", "latin1");
    const { result } = await take(
      Buffer.concat([Buffer.from(HEADER + long), latin1, Buffer.from(ROW)]),
    );
    expect(result.rows).toMatchObject({ read: 3, kept: 1 });
    expect(result.skipped).toEqual([
      {
        line: 2,
        reason: `the line is longer than ${limits.importLineBytesMax} bytes`,
      },
      { line: 3, reason: "the line is not UTF-8 text" },
    ]);
  });
});
