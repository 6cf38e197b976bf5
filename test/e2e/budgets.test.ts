/** Budgets on a real server: held against what comes in, month by month and scope by scope, and said in the answer from their threshold on. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { costs } from "../../src/domain/agents/index.ts";
import type { BudgetAlert, ImportResult } from "../../src/domain/model.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
const USER = "spender";

/** A million tokens of input are $2.50. */
const row = (day: string, project: string, user: string) =>
  `${day}T12:00:00Z,gpt-4o,1000000,0,${project},${user}`;
const CSV = [
  "timestamp,model,input_tokens,output_tokens,project,user",
  row("2026-09-10", "a", "x"),
  row("2026-10-10", "a", "x"),
  row("2026-10-11", "a", "y"),
  row("2026-10-12", "b", "x"),
].join("\n");

const send = async (path: string, method: string, body: string) => {
  const response = await server.fetch(path, USER, { method, body });
  return (await response.json()) as unknown;
};

beforeAll(async () => {
  server = await TestServer.start({ application: costs });
  const budgets = [
    { monthly_usd: 7.5, scope: null },
    { monthly_usd: 10, scope: null, warn_percent: 76 },
    { monthly_usd: 4, scope: { dimension: "project", key: "a" } },
    {
      monthly_usd: 100,
      scope: { dimension: "user", key: "x" },
      warn_percent: 5,
    },
    { monthly_usd: 1, scope: { dimension: "user", key: "nobody" } },
  ];
  await send("/api/preferences", "PUT", JSON.stringify({ budgets }));
});

afterAll(() => server.stop());

test("an import says which budgets its months have reached, and which they have exceeded", async () => {
  const result = (await send(
    "/api/usage/imports?format=csv",
    "POST",
    CSV,
  )) as ImportResult & { readonly budgets: readonly BudgetAlert[] };
  expect(result.rows.kept).toBe(4);
  expect(result.budgets).toEqual([
    {
      month: "2026-10",
      monthly_usd: 7.5,
      scope: null,
      warn_percent: 80,
      spent_usd: 7.5,
      spent_percent: 100,
      exceeded: false,
    },
    {
      month: "2026-10",
      monthly_usd: 4,
      scope: { dimension: "project", key: "a" },
      warn_percent: 80,
      spent_usd: 5,
      spent_percent: 125,
      exceeded: true,
    },
    {
      month: "2026-10",
      monthly_usd: 100,
      scope: { dimension: "user", key: "x" },
      warn_percent: 5,
      spent_usd: 5,
      spent_percent: 5,
      exceeded: false,
    },
  ]);
});

test("what has no list price counts as billed, as it does in an answer", async () => {
  const result = (await send(
    "/api/usage/imports?format=csv",
    "POST",
    [
      "timestamp,model,input_tokens,output_tokens,cost",
      "2026-08-10T12:00:00Z,inhouse-7b,1000000,0,9",
    ].join("\n"),
  )) as { readonly budgets: readonly BudgetAlert[] };
  expect(result.budgets).toMatchObject([
    { month: "2026-08", monthly_usd: 7.5, spent_usd: 9, exceeded: true },
    { month: "2026-08", monthly_usd: 10, spent_usd: 9, exceeded: false },
  ]);
});

test("a threshold that is no share of a budget is refused", async () => {
  const budgets = [{ monthly_usd: 7.5, scope: null, warn_percent: 0 }];
  expect(
    await send("/api/preferences", "PUT", JSON.stringify({ budgets })),
  ).toMatchObject({ status: 400 });
});
