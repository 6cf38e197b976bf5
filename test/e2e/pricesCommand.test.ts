/** `npm run prices` as a process, and a server that starts on what it has written. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { packagedTable } from "../../src/adapters/priceTable.ts";
import type { UsageSummary } from "../../src/domain/model.ts";
import { command } from "../support/command.ts";
import { publish, tableWith } from "../support/publisher.ts";
import { temporaryDirectory, TestServer } from "../support/server.ts";

const USER = "pricer";
const NEW = JSON.stringify(
  tableWith("gpt-4.1", { prices: { input_mtok: 3, output_mtok: 9 } }),
);
const CSV =
  "timestamp,model,input_tokens,output_tokens\n2026-10-01T10:00:00Z,gpt-4.1,1000000,100000\n";

function directory(): string {
  const path = temporaryDirectory();
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** What a server on this directory makes of a million tokens in and a hundred thousand out. */
async function summaryOn(dataDir: string): Promise<UsageSummary> {
  const server = await TestServer.start({ dataDir });
  try {
    const body = { method: "POST", body: CSV };
    await server.fetch("/api/usage/imports", USER, body);
    return await server.get<UsageSummary>("/api/usage/summary", USER);
  } finally {
    await server.drain();
  }
}

test("§9 the prices command fetches a table, says what is new, and the next start prices and dates by it", async () => {
  const dataDir = directory();
  const headers = { "Last-Modified": "Sun, 01 Nov 2026 12:00:00 GMT" };
  const url = await publish({ body: NEW, headers });
  expect(await summaryOn(dataDir)).toMatchObject({
    price_date: packagedTable.date,
    cost: { computed: 2.8 },
  });
  const said = await command(["prices"], dataDir, { PRICES_URL: url });
  expect(said).toMatchObject({ code: 0, error: "" });
  expect(said.out).toContain(
    `Price table of 2026-11-01 in place of that of ${packagedTable.date}: 1 model changed price, 0 models new, 0 gone`,
  );
  // The same file again: three dollars for the input and 0.90 for the output.
  expect(await summaryOn(dataDir)).toMatchObject({
    price_date: "2026-11-01",
    cost: { computed: 3.9 },
  });
  const file = join(dataDir, "prices.json");
  const before = readFileSync(file, "utf8");
  const gone = await publish({ body: "gone", status: 410 });
  const failed = await command(["prices"], dataDir, { PRICES_URL: gone });
  expect(failed).toMatchObject({
    code: 1,
    error: `goldenpath: no new price table from ${gone}: the server answered 410. The one that was in use stays as it is.\n`,
  });
  expect(readFileSync(file, "utf8")).toBe(before);
}, 60_000);

test("§9 a PRICES_TABLE that is none stops the start and says what to do, and the command makes it anew", async () => {
  const dataDir = directory();
  const file = join(directory(), "table.json");
  writeFileSync(file, "{");
  const env = { PRICES_TABLE: file };
  const outcome = await command(["serve"], dataDir, env);
  expect(outcome).toMatchObject({
    code: 1,
    error: `goldenpath: PRICES_TABLE: ${file} is not JSON. Remove it, or make it anew with: npm run prices\n`,
  });
  const url = await publish({ body: NEW });
  const made = await command(["prices"], dataDir, { ...env, PRICES_URL: url });
  expect(made.code).toBe(0);
  expect(made.out).toContain(`Written to ${file}.`);
}, 60_000);
