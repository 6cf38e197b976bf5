/** The embedded database as a pool: that it keeps nothing of what it has answered, and that an error leaves it as it was. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEmbedded } from "../../src/adapters/embedded.ts";
import type { Embedded } from "../../src/adapters/embedded.ts";
import { temporaryDirectory } from "../support/config.ts";

const MiB = 1_024 * 1_024;
const ROWS = 4_000;
const ROW_BYTES = 1_000;
const QUERIES = 120;

const directory = temporaryDirectory();
let embedded: Embedded;
beforeAll(async () => {
  embedded = await openEmbedded(join(directory, "database"), {});
});
afterAll(async () => {
  await embedded.pool.end();
  await embedded.close();
  rmSync(directory, { recursive: true, force: true });
});

const rows = async () => {
  const result = await embedded.pool.query(
    `select repeat('x', ${ROW_BYTES}) as text from generate_series(1, ${ROWS})`,
  );
  expect(result.rowCount).toBe(ROWS);
};

test("I6 what was answered is not kept", async () => {
  for (let query = 0; query < QUERIES / 4; query += 1) await rows();
  const before = process.memoryUsage.rss();
  for (let query = 0; query < QUERIES; query += 1) await rows();
  const answered = QUERIES * ROWS * ROW_BYTES;
  const grown = process.memoryUsage.rss() - before;
  expect(grown / MiB).toBeLessThan(answered / 4 / MiB);
}, 120_000);

test("after a statement that failed the next one goes through", async () => {
  const { pool } = embedded;
  await expect(pool.query("select 1/0")).rejects.toThrow(/division/);
  await expect(pool.query("select $1::int", ["no number"])).rejects.toThrow(
    /invalid input syntax/,
  );
  expect((await pool.query("select 1 as it")).rows).toEqual([{ it: 1 }]);
});
