/** `npm run import` as a real process: compressed files, what it says on the way, and what is left when it is interrupted. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test, vi } from "vitest";
import { ChildNode, tokenOf } from "../support/child.ts";
import { command } from "../support/command.ts";
import { temporaryDirectory } from "../support/config.ts";

/** Several processes start in each test, on whatever machine. */
vi.setConfig({ testTimeout: 120_000 });

const ROWS = 30_000;
const START_MS = Date.parse("2026-10-01T00:00:00Z");

function directory(): string {
  const made = temporaryDirectory();
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function gzipFile(): string {
  const rows = Array.from(
    { length: ROWS },
    (_, row) => `${new Date(START_MS + row * 1_000).toISOString()},gpt-4o,10,5`,
  );
  const file = join(directory(), "usage.csv.gz");
  const text = ["timestamp,model,input_tokens,output_tokens", ...rows];
  writeFileSync(file, gzipSync(text.join("\n")));
  return file;
}

const ALL = `${ROWS} rows read, ${ROWS} kept, 0 already there, 0 skipped`;

test("an import that is interrupted keeps nothing and says so, and is whole when it is run again", async () => {
  const dataDir = directory();
  const file = gzipFile();
  const cut = await command(["import", file], dataDir, {}, /rows\/s/);
  expect(cut.code).toBe(130);
  expect(cut.error).toContain(
    "interrupted: what was saved of the file is removed",
  );
  const whole = await command(["import", file], dataDir);
  expect(whole.code, whole.error).toBe(0);
  expect(whole.out).toContain(ALL);
  expect(whole.error).toMatch(/100% \| 30,000 rows, [\d,]+ rows\/s \| 0s left/);
});

test("an import through a running server tells how much it has taken, and either way which budgets are reached", async () => {
  const dataDir = directory();
  const node = await ChildNode.start(dataDir);
  await fetch(`${node.url}/api/preferences`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${await tokenOf("local")}` },
    body: JSON.stringify({ budgets: [{ monthly_usd: 2, scope: null }] }),
  });
  const file = gzipFile();
  // 30,000 times ten tokens in at $2.50 a million and five out at $10.
  const reached =
    "Budget for all spend, 2026-10: $2.25 of $2.00 spent (113%), exceeded";
  const { code, out, error } = await command(["import", file], dataDir);
  expect(code, error).toBe(0);
  expect(out).toContain(ALL);
  expect(out).toContain(reached);
  expect(error).toMatch(/100% \| [\d.]+ MiB, [\d.]+ MiB\/s \| 0s left/);
  await node.terminate();
  const here = await command(["import", file], dataDir);
  expect(here.out).toContain(`0 kept, ${ROWS} already there`);
  expect(here.out).toContain(reached);
});
