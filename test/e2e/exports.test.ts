/**
 * The export of a real run over HTTP: headers, the report as it is stored, every figure in every format with its source, and every source
 * found at its address.
 */
import Papa from "papaparse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  numberText,
  SIGNED_COLUMNS,
} from "../../src/domain/agents/answer/markdown.ts";
import { costs } from "../../src/domain/agents/index.ts";
import { EXAMPLES } from "../../src/domain/agents/reading/lexicon.ts";
import { EXPORT_FORMATS } from "../../src/domain/export/exported.ts";
import type {
  Exported,
  ExportFormat,
} from "../../src/domain/export/exported.ts";
import { STYLE } from "../../src/domain/export/style.ts";
import type { Report, ToolCall } from "../../src/domain/model.ts";
import { exportedRun, exportOf, QUESTION } from "../support/exports.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ application: costs });
});
afterAll(() => server.stop());

/** Every value of a report that is a number or a day, with the name it goes by and its source. */
function valuesOf(report: Report) {
  const cells = report.sections.flatMap(({ tables, chart, savings }) => [
    ...tables.flatMap(({ columns, rows, source }) =>
      rows.flatMap((row) =>
        columns
          .filter(({ unit }) => unit !== "text")
          .map(({ key, unit }) => ({
            name: key,
            unit,
            value: row[key]!,
            source,
          })),
      ),
    ),
    ...savings.flatMap(({ affected_usd, low_usd, high_usd, source }) =>
      [affected_usd, low_usd, high_usd].map((value) => ({
        name: "usd",
        unit: "usd" as const,
        value,
        source,
      })),
    ),
    ...(chart?.points ?? []).flatMap(({ values }) =>
      Object.values(values).map((value) => ({
        name: "usd",
        unit: "usd" as const,
        value,
        source: chart!.source,
      })),
    ),
  ]);
  const figures = report.figures.map((it) => ({ ...it, name: it.id }));
  return [...figures, ...cells].filter(({ value }) => value !== null);
}
type Value = ReturnType<typeof valuesOf>[number];
const written = ({ name, unit, value }: Value) =>
  typeof value === "number"
    ? numberText(value, unit, SIGNED_COLUMNS.has(name))
    : value;

/** Whether a number stands in a text, and not as a part of a longer one. */
const standsIn = (text: string, number: string) =>
  text
    .split(number)
    .slice(0, -1)
    .some((before) => !/[\d.,]$/.test(before));

describe("the overview of the sample data", () => {
  let it: Awaited<ReturnType<typeof exportedRun>>;
  beforeAll(async () => {
    it = await exportedRun(server, "sampled", {}, "?sample=true");
  });

  test("§7 each format has its content type and an ASCII file name", () => {
    const headers = (format: ExportFormat) =>
      ["content-type", "content-disposition"].map((name) =>
        it.texts[format].headers.get(name),
      );
    const day = it.read.ended_at!.slice(0, 10);
    const file = (extension: string) =>
      `attachment; filename="analyze-my-ai-costs-${day}.${extension}"`;
    expect(EXPORT_FORMATS.map(headers)).toEqual([
      ["text/markdown; charset=utf-8", file("md")],
      ["application/json; charset=utf-8", file("json")],
      ["text/csv; charset=utf-8; header=present", file("csv")],
      ["text/html; charset=utf-8", file("html")],
    ]);
    for (const { headers } of Object.values(it.texts))
      expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("§7 the JSON is the report as it is stored, with run, question, end, price date and sources", async () => {
    const run = await server.get<{ thread_id: string; ended_at: string }>(
      `/api/runs/${it.run}`,
      "sampled",
    );
    const { items } = await server.get<{ items: { report: Report }[] }>(
      `/api/threads/${run.thread_id}/messages`,
      "sampled",
    );
    expect(it.read).toMatchObject({
      run_id: it.run,
      question: QUESTION,
      ended_at: run.ended_at,
      price_date: items[1]!.report.price_date,
      partial: false,
      report: items[1]!.report,
    });
    expect(it.read.report).toEqual(items[1]!.report);
  });

  test("R9 every source is found at its address and holds the figures that cite it", async () => {
    const values = valuesOf(it.read.report);
    expect(values.length).toBeGreaterThan(200);
    expect(it.read.sources.map((one) => one.tool_call_id).toSorted()).toEqual(
      [...new Set(values.map(({ source }) => source))].toSorted(),
    );
    for (const { path, tool_name, summary, tool_call_id } of it.read.sources) {
      const call = await server.get<ToolCall>(path, "sampled");
      expect(call).toMatchObject({ tool_call_id, tool_name, summary });
      const held = JSON.stringify(call.result);
      for (const { value, source } of values)
        if (source === tool_call_id) expect(held).toContain(String(value));
    }
  });

  test("R9 every figure of the JSON is in the CSV, unformatted, with its source", () => {
    const { data } = Papa.parse<Record<string, string>>(it.texts.csv.text, {
      header: true,
      skipEmptyLines: true,
    });
    const lines = new Set(
      data.flatMap((line) => [
        `${line["value"]} ${line["source"]}`,
        `${line["row"]} ${line["source"]}`,
      ]),
    );
    const missing = valuesOf(it.read.report).filter(
      ({ value, source }) => !lines.has(`${value} ${source}`),
    );
    expect(missing).toEqual([]);
  });

  test("R9 every figure of the JSON is in the page, beside its source", () => {
    // A figure, a table or chart, a saving: what stands with one source.
    const blocks = it.texts.html.text
      .split(/(?=<li>|<figure|<h2>)|(?<=<\/tr>)(?=\s*<tr>\s*<td>)/)
      .filter((block) => block.includes('<small class="source">'));
    const missing = valuesOf(it.read.report).filter(
      (value) =>
        !blocks.some(
          (block) =>
            block.includes(`<code>${value.source}</code>`) &&
            standsIn(block, written(value)),
        ),
    );
    expect(missing).toEqual([]);
  });

  test("R9 every figure of the JSON is in the Markdown, its source in the last section", () => {
    const { text } = it.texts.markdown;
    const [body, sources] = text.split("\n## Sources\n");
    expect(sources).not.toContain("\n## ");
    for (const value of valuesOf(it.read.report)) {
      expect(body!.replaceAll("\\$", "$")).toContain(written(value));
      expect(sources).toContain(`/api/runs/${it.run}/calls/${value.source}\``);
    }
  });

  test("the page loads nothing and runs nothing, and its policy allows its own style alone", async () => {
    const { headers, text } = it.texts.html;
    const digest = await crypto.subtle.digest(
      "SHA-256",
      new TextEncoder().encode(STYLE),
    );
    const hash = Buffer.from(digest).toString("base64");
    const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
    expect(headers.get("content-security-policy")).toBe(
      `${policy}; frame-ancestors 'none'`,
    );
    expect(text).toContain(`content="${policy.replaceAll("'", "&#39;")}"`);
    expect(/<style>(.*?)<\/style>/s.exec(text)![1]).toBe(STYLE);
    expect(text).not.toMatch(
      /<script|<link|<img|<[^>]*\s(?:src|href|style|on\w+)=|url\(|@import/i,
    );
    expect(text).toContain(
      "<title>Analyze my AI costs – AI cost report</title>",
    );
    expect(text).toContain("not an invoice");
    expect(text).toContain(`${it.read.price_date}, in US dollars`);
    expect(text).toContain("Sample data");
  });
});

describe("every kind of question", () => {
  const ask = async (user: string, question: string) => {
    const socket = await server.connect(user);
    const { ack } = await socket.ask(question);
    socket.close();
    await socket.closed;
    return Promise.all(
      EXPORT_FORMATS.map(async (format) => {
        const response = await exportOf(server, ack.run_id, format, user);
        expect(response.status).toBe(200);
        return response.text();
      }),
    );
  };
  const questions = [...EXAMPLES.map((it) => it.question), "asdf qwer"];

  test.each(questions)(
    "%j: each value in its own line of the CSV",
    async (question) => {
      const [markdown, json, csv, html] = await ask("sampled", question);
      const { report, sources } = JSON.parse(json!) as Exported;
      const { data } = Papa.parse<string[]>(csv!, { skipEmptyLines: true });
      const places = data.map((line) => line.slice(0, 4).join("\n"));
      expect(places).toEqual([...new Set(places)]);
      expect(html).toContain("</html>");
      for (const { title } of report.sections)
        expect(html).toContain(`<h2>${title}</h2>`);
      expect(markdown!.includes("\n## Sources\n")).toBe(sources.length > 0);
    },
  );

  test("without data there is an answer to export, and no figure in it", async () => {
    const [markdown, json, , html] = await ask("empty", QUESTION);
    const { report } = JSON.parse(json!) as Exported;
    expect(valuesOf(report)).toEqual([]);
    expect(`${markdown}${html}`).not.toMatch(/\$\s?\d/);
  });
});
