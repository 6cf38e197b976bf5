/**
 * What the documents show is what runs: every block of code is a file of docs/examples, and those files run on real servers, judged by
 * the rules' checker.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { budget } from "../../docs/examples/budget.ts";
import { costsWithBudget } from "../../docs/examples/costsWithBudget.ts";
import type { UsageSummary } from "../../src/domain/model.ts";
import { TEST_SECRET, temporaryDirectory } from "../support/config.ts";
import { brokenRules } from "../support/rules.ts";
import { serverForTest, TestServer } from "../support/server.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const EXAMPLES = join(DOCS, "examples");
const USAGE = join(import.meta.dirname, "../fixtures/usage/plain.csv");

interface Shown {
  readonly file: string;
  readonly code: string;
}

/** The TypeScript blocks of a document, each with the file that the line above it links to. */
function shownIn(document: string): Shown[] {
  const text = readFileSync(join(DOCS, document), "utf8");
  const blocks = text.matchAll(
    /\]\(examples\/(?<file>[\w.]+)\)[^\n]*\n\n```ts\n(?<code>.*?)```/gs,
  );
  const found = [...blocks].map(({ groups }) => ({
    file: groups!["file"]!,
    code: groups!["code"]!,
  }));
  expect(found).toHaveLength(text.split("```ts\n").length - 1);
  return found;
}

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ application: budget });
});
afterAll(() => server.stop());

describe("what is shown is what runs", () => {
  const shown = [...shownIn("EXTENDING.md"), ...shownIn("CLIENT.md")];

  test.each(shown)("$file is shown as it is", ({ file, code }) => {
    expect(code).toBe(readFileSync(join(EXAMPLES, file), "utf8"));
  });

  test("every example is shown, once", () => {
    expect(shown.map((it) => it.file).toSorted()).toEqual(
      readdirSync(EXAMPLES).toSorted(),
    );
  });
});

test.each(readdirSync(DOCS).filter((it) => it.endsWith(".md")))(
  "%s links to what is there",
  (document) => {
    const text = readFileSync(join(DOCS, document), "utf8");
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)];
    const missing = targets.filter(([, it]) => !existsSync(join(DOCS, it!)));
    expect(missing.map(([, it]) => it)).toEqual([]);
  },
);

/** The fixture's rows, imported over HTTP as `user`. */
async function importUsage(to: TestServer, user: string): Promise<void> {
  const body = readFileSync(USAGE);
  const init = { method: "POST", body };
  const answer = await to.fetch("/api/usage/imports", user, init);
  expect(answer.status).toBe(201);
}

async function setBudget(user: string, monthly_usd: number): Promise<void> {
  const body = JSON.stringify({ budgets: [{ monthly_usd, scope: null }] });
  const init = { method: "PUT", body };
  const answer = await server.fetch("/api/preferences", user, init);
  expect(answer.status).toBe(200);
}

describe("the budget application", () => {
  test.each([
    ["ana", 1_000, "within the budget of $1,000"],
    ["cleo", 0.000_01, "over the budget of"],
  ])(
    "%s: a budget of %d is judged by the month's spend",
    async (user, usd, verdict) => {
      await importUsage(server, user);
      await setBudget(user, usd);
      const socket = await server.connect(user);
      const { events } = await socket.ask(
        "Did 2026-10 stay within its budget?",
      );
      expect(brokenRules(events)).toEqual([]);
      expect(events.map((it) => `${it.agent_name} ${it.type}`)).toEqual([
        "supervisor agent_started",
        "supervisor agent_thinking",
        "budget_watch agent_started",
        "budget_watch agent_thinking",
        "budget_watch tool_executing",
        "budget_watch tool_completed",
        "budget_watch agent_thinking",
        "budget_watch agent_completed",
        "supervisor final_response",
        "supervisor agent_completed",
      ]);
      const { cost } = await server.get<UsageSummary>(
        "/api/usage/summary?from=2026-10-01&to=2026-11-01",
        user,
      );
      const answer = events.find((it) => it.type === "final_response");
      expect(cost.computed).toBeGreaterThan(0);
      expect(answer?.report).toMatchObject({
        kind: "budget",
        cost_usd: cost.computed,
        budget_usd: usd,
      });
      expect(answer?.content).toContain(verdict);
    },
  );

  test("a user without data or budget is told so", async () => {
    const socket = await server.connect("ben");
    const { events } = await socket.ask("Did 2026-10 stay within its budget?");
    expect(brokenRules(events)).toEqual([]);
    expect(events.at(-2)).toMatchObject({
      content: "$0.00 spent in 2026-10; no budget is set.",
    });
  });
});

test("the budget watch joins the cost application before its report", async () => {
  const own = await serverForTest({ application: costsWithBudget });
  await importUsage(own, "ana");
  const socket = await own.connect("ana");
  const { events } = await socket.ask("Where did my money go in 2026-10?");
  expect(brokenRules(events)).toEqual([]);
  const agents = events
    .filter((it) => it.type === "agent_completed")
    .map((it) => it.agent_name);
  expect(agents.slice(-3)).toEqual(["budget_watch", "report", "supervisor"]);
  expect(events.at(-2)).toMatchObject({
    content: expect.stringMatching(/spent in 2026-10; no budget is set\.$/),
  });
});

/** Runs an example as a program and answers what it printed; fails when it fails. */
async function runExample(
  file: string,
  env: Record<string, string>,
): Promise<string> {
  const run = promisify(execFile)(process.execPath, [join(EXAMPLES, file)], {
    env: { ...(process.env as Record<string, string>), ...env },
  });
  return (await run).stdout;
}

describe("the clients", () => {
  test.each(["ask.ts", "rawSocket.ts"])(
    "%s prints the answer",
    async (file) => {
      const TOKEN = await server.token("dan");
      const printed = await runExample(file, { URL: server.wsUrl, TOKEN });
      expect(printed).toMatch(/^\$0\.00 spent in .*; no budget is set\.$/);
    },
  );

  test("ticket.ts is greeted", async () => {
    const TOKEN = await server.token("dan");
    const printed = await runExample("ticket.ts", { URL: server.url, TOKEN });
    expect(printed).toBe("connection_ready\n");
  });
});

test.skipIf(process.platform === "win32")(
  "serve.ts serves until it is told to stop",
  async () => {
    const child = execFile(process.execPath, [join(EXAMPLES, "serve.ts")], {
      env: {
        ...(process.env as Record<string, string>),
        PORT: "0",
        DATA_DIR: temporaryDirectory(),
        JWT_SECRET: TEST_SECRET,
      },
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout!.once("data", (text) => resolve(String(text).trim()));
      child.once("exit", () => reject(new Error("it ended before it served")));
    });
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  },
);
