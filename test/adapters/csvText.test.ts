/** CSV by RFC 4180: what is written parses back to the same values, and no text begins like a formula. */
import { fc, test } from "@fast-check/vitest";
import Papa from "papaparse";
import { describe, expect } from "vitest";
import { csvText } from "../../src/adapters/csvText.ts";

const COLUMNS = ["name", "value"] as const;
const parse = (text: string) =>
  Papa.parse<string[]>(text, { skipEmptyLines: true, newline: "\r\n" });
const DANGEROUS = /^[=+\-@\t\r\n＝＋－＠]/;
const isNumber = (text: string) => String(Number(text)) === text;
const neutral = (text: string) => (DANGEROUS.test(text) ? `'${text}` : text);

/** Text with what CSV and spreadsheets take for their own. */
const texts = fc.string({
  unit: fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    fc.constantFrom(
      "=",
      "+",
      "-",
      "@",
      "\t",
      "\r",
      "\n",
      '"',
      ",",
      "'",
      "|",
      ";",
    ),
  ),
  maxLength: 12,
});
const numbers = fc.double({ noNaN: true, noDefaultInfinity: true });
const rows = fc.array(
  fc.record({
    name: texts,
    value: fc.oneof(numbers, texts, fc.constant(null)),
  }),
  { minLength: 1 },
);

describe("csvText", () => {
  test.prop([rows])(
    "parses back to the same values, formulas neutralised",
    (given) => {
      const text = csvText(COLUMNS, given);
      expect(text.endsWith("\r\n")).toBe(true);
      const [header, ...lines] = parse(text).data;
      expect(header).toEqual([...COLUMNS]);
      expect(lines).toEqual(
        given.map(({ name, value }) => [
          neutral(name),
          typeof value === "string" ? neutral(value) : String(value ?? ""),
        ]),
      );
      expect(
        lines.flat().filter((it) => DANGEROUS.test(it) && !isNumber(it)),
      ).toEqual([]);
    },
  );

  test("lines end with CRLF and quotes are doubled", () => {
    const given = [
      { name: 'a "b", c', value: -1.5 },
      { name: "=1+1", value: null },
    ];
    expect(csvText(COLUMNS, given)).toBe(
      'name,value\r\n"a ""b"", c",-1.5\r\n"\'=1+1",\r\n',
    );
  });

  test("a formula is seen behind a line of its own too", () => {
    const given = [{ name: "=a\nb", value: "\n=c" }];
    expect(csvText(COLUMNS, given)).toContain('"\'=a\nb","\'\n=c"');
  });
});
