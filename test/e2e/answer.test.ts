/** The real application on real files over HTTP and sockets: every figure is the store's own (R9), and without data there is none. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { costs } from "../../src/domain/agents/index.ts";
import { keepRecommendations } from "../../src/domain/costs/recommendations.ts";
import type {
  ImportResult,
  Message,
  Report,
  ToolCall,
  UsageSummary,
} from "../../src/domain/model.ts";
import type { EventOf } from "../../src/domain/protocol.ts";
import { brokenRules } from "../support/rules.ts";
import { TestServer } from "../support/server.ts";
import type { TestSocket } from "../support/socket.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    application: { ...costs, concluded: keepRecommendations },
  });
});
afterAll(() => server.stop());

const FIXTURES = ["openai_usage.csv", "anthropic_usage.csv", "plain.csv"];
const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/usage/${name}`, import.meta.url));

async function load(user: string, body: BodyInit): Promise<ImportResult> {
  const response = await server.fetch("/api/usage/imports", user, {
    method: "POST",
    body,
  });
  expect(response.status).toBe(201);
  return (await response.json()) as ImportResult;
}

async function ask(socket: TestSocket, question: string, thread_id?: string) {
  const { ack, events } = await socket.ask(
    question,
    thread_id === undefined ? {} : { thread_id },
  );
  expect(brokenRules(events)).toEqual([]);
  const final = events.at(-2) as EventOf<"final_response">;
  expect(final.type).toBe("final_response");
  const report = final.report as unknown as Report;
  return { ack, events, content: final.content, report };
}

const summaryOf = (user: string, query = "") =>
  server.get<UsageSummary>(`/api/usage/summary${query}`, user);
const spendOf = (report: Report) =>
  report.figures.find((it) => it.id === "spend")?.value;
const rowsOf = (report: Report, title: string) =>
  report.sections
    .flatMap((it) => it.tables)
    .find((it) => it.title === title)
    ?.rows.map((it) => [it["name"], it["cost"]]);
const groups = ({ groups }: UsageSummary) =>
  groups.map((it) => [it.key ?? "(none named)", it.cost.computed]);

test("R9 the figures of an answer equal an independent sum over the summary", async () => {
  const user = "files";
  const imported = [];
  for (const name of FIXTURES) imported.push(await load(user, fixture(name)));
  expect(imported.map((it) => it.rows.kept)).toEqual([4, 4, 3]);
  const socket = await server.connect(user);
  const { report, content, ack } = await ask(socket, "Analyze my AI costs");
  const byModel = await summaryOf(user, "?group_by=model");
  const spend = byModel.groups.reduce((sum, it) => sum + it.cost.computed, 0);
  expect(spendOf(report)).toBeCloseTo(spend, 6);
  expect(content).toContain(`$${spend.toFixed(2)}`);
  for (const by of ["model", "project", "feature", "user"]) {
    expect(rowsOf(report, `Spend by ${by}`)).toEqual(
      groups(await summaryOf(user, `?group_by=${by}`)),
    );
  }
  for (const { model } of byModel.unpriced) expect(content).toContain(model);
  for (const figure of report.figures) {
    const path = `/api/runs/${ack.run_id}/calls/${figure.source}`;
    const call = await server.get<ToolCall>(path, user);
    expect(JSON.stringify(call.result)).toContain(String(figure.value));
  }
});

test("R6 the stored message is the answer, with its report", async () => {
  const socket = await server.connect("files");
  const { ack, content, report } = await ask(socket, "Analyze my AI costs");
  const { items } = await server.get<{ items: Message[] }>(
    `/api/threads/${ack.thread_id}/messages`,
    "files",
  );
  expect(items[1]).toMatchObject({ role: "assistant", content, report });
});

test("the same file twice adds nothing to the answer", async () => {
  const user = "twice";
  await load(user, fixture("openai_usage.csv"));
  const socket = await server.connect(user);
  const first = await ask(socket, "Analyze my AI costs");
  const again = await load(user, fixture("openai_usage.csv"));
  expect(again.rows).toMatchObject({ kept: 0, duplicate: 4 });
  const second = await ask(socket, "Analyze my AI costs");
  expect(spendOf(second.report)).toBe(spendOf(first.report));
});

/** Three months, two users: the dollars stand in the file. */
const MONTHS = ["2026-08", "2026-09", "2026-10"];
const THREE_MONTHS = [
  "timestamp,model,input_tokens,output_tokens,user",
  ...MONTHS.flatMap((month, index) =>
    Array.from({ length: 28 }, (_, day) => {
      const at = `${month}-${String(day + 1).padStart(2, "0")}T12:00:00Z`;
      const tokens = 1_000_000 * (index + 1);
      return `${at},gpt-4.1,${tokens},0,${day % 3 === 0 ? "ana" : "ben"}`;
    }),
  ),
].join("\n");

test("follow-ups are read with the thread: by user, then only October", async () => {
  const user = "follower";
  await load(user, THREE_MONTHS);
  const socket = await server.connect(user);
  const first = await ask(socket, "Analyze my AI costs");
  const { thread_id } = first.ack;
  const byUser = await ask(socket, "by user", thread_id);
  expect(byUser.report.period).toEqual(first.report.period);
  const { from, to } = byUser.report.period!;
  expect(rowsOf(byUser.report, "Spend by user")).toEqual(
    groups(await summaryOf(user, `?group_by=user&from=${from}&to=${to}`)),
  );
  const september = await ask(socket, "only September", thread_id);
  const range = "from=2026-09-01T00:00:00Z&to=2026-10-01T00:00:00Z";
  const wanted = await summaryOf(user, `?group_by=user&${range}`);
  expect(spendOf(september.report)).toBeCloseTo(wanted.cost.computed, 6);
  expect(rowsOf(september.report, "Spend by user")).toEqual(groups(wanted));
  expect(september.content).toContain("Sep 2026");
  const october = await ask(socket, "only October", thread_id);
  expect(spendOf(october.report)).not.toBe(spendOf(september.report));
});

test("another thread knows nothing of these questions", async () => {
  const socket = await server.connect("follower");
  const { report } = await ask(socket, "by user");
  expect(report.period).not.toEqual({
    from: "2026-09-01T00:00:00.000Z",
    to: "2026-10-01T00:00:00.000Z",
  });
});

test("without data: how to bring it in, and no dollar figure", async () => {
  const socket = await server.connect("empty");
  const { content, report, events } = await ask(socket, "Analyze my AI costs");
  expect(content).not.toMatch(/\$\s?\d/);
  expect(report.figures).toEqual([]);
  expect(content).toMatch(/npm run import/);
  expect(events.at(-1)).toMatchObject({ status: "completed" });
});

test("sample data is labelled in the answer and gives way to real data", async () => {
  const user = "sampled";
  const loaded = await server.fetch("/api/usage/imports?sample=true", user, {
    method: "POST",
  });
  expect(await loaded.json()).toMatchObject({ sample: true });
  const socket = await server.connect(user);
  const first = await ask(socket, "Analyze my AI costs");
  expect(first.report.sample).toBe(true);
  expect(first.content).toMatch(/sample/i);
  const summary = await summaryOf(
    user,
    `?from=${first.report.period?.from}&to=${first.report.period?.to}`,
  );
  expect(summary.sample).toBe(true);
  expect(spendOf(first.report)).toBeCloseTo(summary.cost.computed, 5);
  await load(user, THREE_MONTHS);
  const second = await ask(socket, "Analyze my AI costs");
  expect(second.report.sample).toBe(false);
});

test("recommendations are kept after the answer, for the data they hold for", async () => {
  const user = "recommended";
  await load(user, THREE_MONTHS);
  const socket = await server.connect(user);
  const { ack } = await ask(socket, "Analyze my AI costs");
  type Kept = { run_id: string; current: boolean; items: unknown[] };
  const kept = () => server.get<Kept>("/api/recommendations", user);
  await expect.poll(kept).toMatchObject({ run_id: ack.run_id, current: true });
  expect((await kept()).items.length).toBeGreaterThan(0);
  await load(user, fixture("plain.csv"));
  expect(await kept()).toMatchObject({ current: false });
});
