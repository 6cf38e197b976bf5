/**
 * Exports of real runs over HTTP: every figure in every format with its source, every source found at its address, hostile names
 * harmless, and the refusals.
 */
import Papa from "papaparse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  numberText,
  SIGNED_COLUMNS,
} from "../../src/domain/agents/answer/markdown.ts";
import { costs } from "../../src/domain/agents/index.ts";
import type {
  Exported,
  ExportFormat,
} from "../../src/domain/export/exported.ts";
import { STYLE } from "../../src/domain/export/style.ts";
import type { Report, ToolCall } from "../../src/domain/model.ts";
import { FORMULA, HOSTILE } from "../support/reports.ts";
import { serverForTest, TestServer } from "../support/server.ts";

const QUESTION = "Analyze my AI costs";
const FORMATS: readonly ExportFormat[] = ["markdown", "json", "csv", "html"];

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ application: costs });
});
afterAll(() => server.stop());

const exportOf = (run: string, format: string, user: string, at = server) =>
  at.fetch(`/api/runs/${run}/export?format=${format}`, user);

/** A run over data that `load` brings in, in all four formats. */
async function exported(user: string, load: RequestInit, query = "") {
  await server.fetch(`/api/usage/imports${query}`, user, {
    method: "POST",
    ...load,
  });
  const socket = await server.connect(user);
  const { ack } = await socket.ask(QUESTION);
  const [markdown, json, csv, html] = await Promise.all(
    FORMATS.map(async (format) => {
      const response = await exportOf(ack.run_id, format, user);
      expect(response.status).toBe(200);
      return { headers: response.headers, text: await response.text() };
    }),
  );
  const read = JSON.parse(json!.text) as Exported & {
    readonly price_date: string;
  };
  return {
    run: ack.run_id,
    read,
    texts: { markdown, json, csv, html } as Texts,
  };
}
type Texts = Record<ExportFormat, { headers: Headers; text: string }>;

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
  let it: Awaited<ReturnType<typeof exported>>;
  beforeAll(async () => {
    it = await exported("sampled", {}, "?sample=true");
  });

  test("§7 each format has its content type and an ASCII file name", () => {
    const headers = (format: ExportFormat) =>
      ["content-type", "content-disposition"].map((name) =>
        it.texts[format].headers.get(name),
      );
    const day = it.read.ended_at!.slice(0, 10);
    const file = (extension: string) =>
      `attachment; filename="analyze-my-ai-costs-${day}.${extension}"`;
    expect(FORMATS.map(headers)).toEqual([
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
    expect(text).toContain(`of ${it.read.price_date}, in US dollars`);
    expect(text).toContain("Sample data");
  });
});

/** Two projects and a model whose names are meant to do harm, ten days each. */
function hostileCsv(): string {
  const rows = Array.from({ length: 10 }, (_, day) =>
    [HOSTILE, FORMULA].map((name) => ({
      timestamp: `2026-10-${String(day + 10)}T12:00:00Z`,
      model: day % 2 === 0 ? "gpt-4.1" : "=1+1<b>|\u202Emodel",
      input_tokens: 1_000_000,
      output_tokens: 10_000,
      project: name,
      cost: 3,
    })),
  );
  return Papa.unparse(rows.flat());
}

describe("hostile names", () => {
  let it: Awaited<ReturnType<typeof exported>>;
  beforeAll(async () => {
    it = await exported("hostile", { body: hostileCsv() });
  });

  test("reach the report", () => {
    const stored = JSON.stringify(it.read.report);
    expect(stored).toContain("<script>alert(1)</script>");
    expect(stored).toContain("=cmd()|");
  });

  test("begin no formula, end no line and turn no text in the CSV", () => {
    const { data } = Papa.parse<string[]>(it.texts.csv.text, {
      skipEmptyLines: true,
      newline: "\r\n",
    });
    for (const line of data) {
      expect(line).toHaveLength(7);
      for (const cell of line.filter((one) => Number.isNaN(Number(one))))
        expect(cell).not.toMatch(/^[=+\-@\t\r]|[\r\n\u202E]/);
    }
    expect(it.texts.csv.text).toContain("'=cmd()");
  });

  test("are text in the page", () => {
    const { text } = it.texts.html;
    expect(text).not.toMatch(/<script|<b>|\u202E/);
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  test("are code in the Markdown", () => {
    const { text } = it.texts.markdown;
    expect(text).not.toContain("\u202E");
    const outside = text.replace(/(`+)(?!`).*?[^`]\1(?!`)/g, "");
    expect(outside).not.toMatch(/(?<!\\)<script/);
    for (const { source } of it.read.report.figures)
      expect(text).toContain(`calls/${source}\``);
  });
});

describe("refusals", () => {
  const UNKNOWN = "01900000-0000-7000-8000-000000000000";
  const refused = async (response: Response) => {
    expect(response.headers.get("content-type")).toBe(
      "application/problem+json",
    );
    return { status: response.status, body: await response.json() };
  };

  test("§7 a format that is unknown, or none, is 400 and names those there are", async () => {
    for (const query of ["?format=pdf", "?format=", "?format=HTML", ""]) {
      const path = `/api/runs/${UNKNOWN}/export${query}`;
      expect(await refused(await server.fetch(path, "any"))).toMatchObject({
        status: 400,
        body: {
          path: "format",
          detail: "format must be one of markdown, json, csv, html.",
        },
      });
    }
  });

  test("I5 another user's run, an unknown one and no UUID are the same 404", async () => {
    const socket = await server.connect("owner");
    const { ack } = await socket.ask(QUESTION);
    const answers = await Promise.all(
      [ack.run_id, UNKNOWN, "no-uuid"].map(async (run) =>
        refused(await exportOf(run, "json", "thief")),
      ),
    );
    expect(answers[0]).toMatchObject({
      status: 404,
      body: { code: "run_not_found" },
    });
    expect(new Set(answers.map((it) => JSON.stringify(it))).size).toBe(1);
    expect((await exportOf(ack.run_id, "json", "owner")).status).toBe(200);
  });

  test("§7 without a token there is nothing", async () => {
    const path = `/api/runs/${UNKNOWN}/export?format=json`;
    expect((await server.fetch(path, null)).status).toBe(401);
  });

  test("§7 a run at work is busy; one that ended without a report about costs has none", async () => {
    const scripted = await serverForTest();
    const socket = await scripted.connect("early");
    socket.send({ type: "user_message", text: "alpha gate(export)" });
    const { run_id } = await socket.next("ack");
    const answer = async () =>
      refused(await exportOf(run_id, "html", "early", scripted));
    expect(await answer()).toMatchObject({
      status: 409,
      body: { code: "busy" },
    });
    scripted.gates.open("export");
    await socket.run(run_id);
    expect(await answer()).toMatchObject({
      status: 409,
      body: { code: "no_report" },
    });
  });
});
