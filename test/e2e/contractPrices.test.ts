/** PRICES_FILE on a real server: imports are priced by it, an import anew takes a changed price, and a wrong file stops the start. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, test, expect } from "vitest";
import type { ImportResult, UsageSummary } from "../../src/domain/model.ts";
import { command } from "../support/command.ts";
import { temporaryDirectory, TestServer } from "../support/server.ts";

const USER = "contractor";
/** A million tokens in and a hundred thousand out: by list 2.00 + 0.80 dollars. */
const CSV =
  "timestamp,model,input_tokens,output_tokens\n2026-10-01T10:00:00Z,gpt-4.1,1000000,100000\n";

function directory(): string {
  const path = temporaryDirectory();
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function withServer<A>(
  dataDir: string,
  env: Record<string, string>,
  work: (server: TestServer) => Promise<A>,
): Promise<A> {
  const server = await TestServer.start({ dataDir, env });
  try {
    return await work(server);
  } finally {
    await server.drain();
  }
}

const bringIn = async (server: TestServer) =>
  (await (
    await server.fetch("/api/usage/imports", USER, {
      method: "POST",
      body: CSV,
    })
  ).json()) as ImportResult;

const computed = async (server: TestServer) =>
  (await server.get<UsageSummary>("/api/usage/summary", USER)).cost.computed;

test("§9 PRICES_FILE prices imports; an import anew takes a changed price, and gives the old one back when it goes", async () => {
  const dataDir = directory();
  const file = join(directory(), "prices.json");
  const env = { PRICES_FILE: file };
  const agree = (uncached_input: number) =>
    writeFileSync(
      file,
      JSON.stringify([
        { model: "gpt-4.1", usd_per_million: { uncached_input, output: 6 } },
      ]),
    );
  await withServer(dataDir, {}, async (server) => {
    await bringIn(server);
    expect(await computed(server)).toBe(2.8);
  });
  agree(1.5);
  await withServer(dataDir, env, async (server) => {
    expect(await computed(server)).toBe(2.8);
    const result = await bringIn(server);
    expect(result.rows).toMatchObject({ kept: 0, duplicate: 1 });
    expect(await computed(server)).toBe(2.1);
  });
  agree(1);
  await withServer(dataDir, env, async (server) => {
    const { import_id } = await bringIn(server);
    expect(await computed(server)).toBe(1.6);
    const path = `/api/usage/imports/${import_id}`;
    await server.fetch(path, USER, { method: "DELETE" });
    expect(await computed(server)).toBe(2.1);
  });
}, 60_000);

test("§9 the import command prices by PRICES_FILE too", async () => {
  const dataDir = directory();
  const [file, usage] = ["prices.json", "usage.csv"].map((it) =>
    join(directory(), it),
  );
  writeFileSync(usage!, CSV);
  writeFileSync(file!, '[{"model":"gpt-4.1","discount_percent":25}]');
  const flags = ["import", usage!, "--user", USER];
  const said = await command(flags, dataDir, { PRICES_FILE: file! });
  expect(said).toMatchObject({ code: 0 });
  await withServer(dataDir, {}, async (server) => {
    expect(await computed(server)).toBe(2.1);
  });
}, 60_000);

test.each([
  ["nowhere.json", null, "cannot be read"],
  ["prices.json", "{", "is not JSON"],
  [
    "prices.json",
    '[{"model":"gpt-4.1","usd_per_million":{"uncached_input":"two","output":8}}]',
    "entry 1 (gpt-4.1), usd_per_million.uncached_input: ",
  ],
])(
  "§9 a PRICES_FILE %s with %o in it stops the start with one line",
  async (name, content, said) => {
    const dataDir = directory();
    const file = join(directory(), name);
    if (content !== null) writeFileSync(file, content);
    const outcome = await command(["serve"], dataDir, { PRICES_FILE: file });
    expect(outcome.code).toBe(1);
    expect(outcome.error.trim().split("\n")).toHaveLength(1);
    expect(outcome.error).toMatch(/^goldenpath: PRICES_FILE: /);
    expect(outcome.error).toContain(said);
  },
  60_000,
);
