/** Exports over HTTP where somebody means harm or asks too early: hostile names in every format, and the refusals. */
import Papa from "papaparse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { costs } from "../../src/domain/agents/index.ts";
import { exportedRun, exportOf, QUESTION } from "../support/exports.ts";
import { FORMULA, HOSTILE } from "../support/reports.ts";
import { serverForTest, TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ application: costs });
});
afterAll(() => server.stop());

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
  let it: Awaited<ReturnType<typeof exportedRun>>;
  beforeAll(async () => {
    it = await exportedRun(server, "hostile", { body: hostileCsv() });
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
        refused(await exportOf(server, run, "json", "thief")),
      ),
    );
    expect(answers[0]).toMatchObject({
      status: 404,
      body: { code: "run_not_found" },
    });
    expect(new Set(answers.map((it) => JSON.stringify(it))).size).toBe(1);
    expect((await exportOf(server, ack.run_id, "json", "owner")).status).toBe(
      200,
    );
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
      refused(await exportOf(scripted, run_id, "html", "early"));
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
