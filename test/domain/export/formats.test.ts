/** A report in each format: every value is there with its source, and no name becomes markup, a formula, a line or another direction. */
import { fc, test } from "@fast-check/vitest";
import Papa from "papaparse";
import { describe, expect } from "vitest";
import { csvText } from "../../../src/adapters/csvText.ts";
import { markdownHtml } from "../../../src/adapters/markdownHtml.ts";
import {
  citationsOf,
  toExported,
} from "../../../src/domain/export/exported.ts";
import type { Exported } from "../../../src/domain/export/exported.ts";
import { toJson } from "../../../src/domain/export/json.ts";
import { toMarkdownFile } from "../../../src/domain/export/markdown.ts";
import { toPage } from "../../../src/domain/export/page.ts";
import { EXPORT_COLUMNS, exportRows } from "../../../src/domain/export/rows.ts";
import {
  exportedOf,
  FORMULA,
  HOSTILE,
  reportAbout,
} from "../../support/reports.ts";

const page = (exported: Exported) =>
  toPage(exported, { prose: markdownHtml, policy: "default-src 'none'" });
const csv = (exported: Exported) =>
  Papa.parse<Record<string, string>>(
    csvText(EXPORT_COLUMNS, exportRows(exported)),
    { header: true, skipEmptyLines: true, newline: "\r\n" },
  ).data;

describe("what is exported", () => {
  test("a report of another application, and no answer, are no report", () => {
    const given = {
      run: { run_id: "r", status: "completed", ended_at: null } as never,
      question: "?",
      calls: [],
    };
    const content = "words";
    expect(toExported({ ...given, answer: null })).toBeNull();
    expect(
      toExported({ ...given, answer: { content, report: null } }),
    ).toBeNull();
    expect(
      toExported({ ...given, answer: { content, report: { kind: "budget" } } }),
    ).toBeNull();
  });

  test("sources are the calls that are cited, each once, with all that cites it", () => {
    const { sources } = exportedOf(reportAbout("x"));
    expect(sources.map((it) => [it.tool_call_id, it.cited_by])).toEqual([
      ["call-1", ["figure: Spend", "saving: Move x"]],
      ["call-2", ["figure: Change", "table: Spend by project"]],
      ["call-3", ["chart: Spend by day"]],
    ]);
    expect(sources[0]).toMatchObject({
      tool_name: "query_usage",
      path: "/api/runs/01900000-0000-7000-8000-000000000001/calls/call-1",
    });
  });
});

describe("CSV", () => {
  test("a line for each value, as it is stored, with its unit and source", () => {
    const rows = csv(exportedOf(reportAbout("alpha")));
    const line = (table: string, row: string, column: string) =>
      rows
        .filter((it) => it["table"] === table && it["row"] === row)
        .filter((it) => it["column"] === column)
        .map((it) => [it["value"], it["unit"], it["source"]]);
    expect(line("Key figures", "Spend", "value")).toEqual([
      ["1234.5", "usd", "call-1"],
    ]);
    expect(line("Spend by project", "alpha", "cost")).toEqual([
      ["1000.123456", "usd", "call-2"],
    ]);
    expect(line("Spend by project", "alpha (2)", "cost")).toEqual([
      ["0.000001", "usd", "call-2"],
    ]);
    expect(line("Spend by project", "alpha (2)", "change")).toEqual([
      ["", "percent", "call-2"],
    ]);
    expect(line("Spend by day (chart)", "2026-10-01", "other")).toEqual([
      ["-0.5", "usd", "call-3"],
    ]);
    expect(line("Spend by day (chart)", "2026-10-02", "anomaly")).toEqual([
      ["yes", "text", "call-3"],
    ]);
    expect(line("Savings", "Move alpha", "high_usd")).toEqual([
      ["42", "usd", "call-1"],
    ]);
    expect(line("Report", "Data", "value")).toEqual([
      ["sample data", "text", ""],
    ]);
  });

  const names = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 30 }),
    fc.constantFrom(HOSTILE, FORMULA, "\t=1", "\r\n@x", "-2+3"),
  );
  test.prop([names])(
    "whatever a record is called: the same cells, no formula, one line each",
    (name) => {
      const exported = exportedOf(reportAbout(name));
      const rows = csv(exported);
      expect(rows.map((it) => it["value"])).toHaveLength(
        exportRows(exported).length,
      );
      for (const [at, given] of exportRows(exported).entries())
        for (const column of EXPORT_COLUMNS) {
          const value = given[column];
          const read = rows[at]![column]!;
          expect(read.replace(/^'(?=[=+\-@＝＋－＠])/, "")).toBe(
            String(value ?? ""),
          );
          if (typeof value === "string")
            expect(read).not.toMatch(/^[=+\-@\s＝＋－＠]|[\p{Cc}\p{Cf}]/u);
        }
    },
  );
});

describe("hostile names", () => {
  const names = [HOSTILE, FORMULA, "</style><style>", "</title><img src=//e>"];

  test.each(names)("%j is text in the page, and nothing else", (name) => {
    const tags = (exported: Exported) =>
      page(exported)
        .match(/<[^>\s]+/g)!
        .map((it) => it.toLowerCase());
    const exported = exportedOf(reportAbout(name));
    expect(tags(exported)).toEqual(tags(exportedOf(reportAbout("a"))));
    expect(page(exported)).not.toMatch(
      /<(?:script|img|link|iframe)|<[^>]*\s(?:src|href|style|on\w+)=|url\(|@import/i,
    );
    expect(page(exported)).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  });

  test.each(names)(
    "%j is text in the Markdown, and its tables keep their columns",
    (name) => {
      const made = toMarkdownFile(exportedOf(reportAbout(name)));
      const bars = (text: string) =>
        text
          .split("\n")
          .filter((it) => it.startsWith("|"))
          .map((it) => it.match(/(?<!\\)\|/g)!.length);
      expect(bars(made)).toEqual(
        bars(toMarkdownFile(exportedOf(reportAbout("a")))),
      );
      expect(markdownHtml(made)).not.toMatch(/<(?:script|img|a)\b/i);
      expect(made).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
    },
  );

  test.each(names)("%j is kept in the JSON as it is", (name) => {
    const exported = exportedOf(reportAbout(name));
    const read = JSON.parse(toJson(exported)) as Exported;
    expect(read.report).toEqual(exported.report);
    expect(read.sources).toEqual(exported.sources);
  });
});

describe("every part with its source", () => {
  const exported = exportedOf(reportAbout("alpha"), {
    content: "**The** answer.\n",
  });

  test("Markdown: the answer as it is stored, and each part in the last section", () => {
    const made = toMarkdownFile(exported);
    expect(made).toContain("\n\n**The** answer.\n\n");
    expect(made.match(/^## .*$/gm)!.at(-1)).toBe("## Sources");
    const last = made.slice(made.indexOf("## Sources"));
    for (const { label, source } of citationsOf(exported.report)) {
      const [line] = last
        .split("\n")
        .filter((it) => it.startsWith(`| ${label} `));
      expect(line).toContain(`\`${source}\``);
      expect(line).toContain(`/api/runs/${exported.run_id}/calls/${source}\``);
    }
  });

  test("page: each part's id stands beside it, in small print", () => {
    const made = page(exported);
    const printed = made.match(/<small class="source">source <code>[^<]+/g)!;
    // The chart's values stand in a table too.
    expect(printed).toHaveLength(citationsOf(exported.report).length + 1);
  });

  test("page: an unusual day is marked, and a refund hangs below the line", () => {
    const made = page(exported);
    expect(made.match(/<circle/g)).toHaveLength(1);
    const heights = [
      ...made.matchAll(/<rect[^>]* height="([\d.-]+)"[^>]*fill/g),
    ];
    expect(heights.map((it) => Number(it[1])).every((it) => it >= 0)).toBe(
      true,
    );
    expect(made).toContain("−$0.50");
  });
});
