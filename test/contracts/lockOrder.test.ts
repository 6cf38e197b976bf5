/**
 * The order in which transactions take rows, where several run at once: a thread before its runs. Promises: a claim, an append and a
 * submission that interrupts wait for each other, and never in a circle.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { UserId } from "../../src/domain/model.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { claim, submit } from "../support/filled.ts";

const postgres = backends.find((it) => it.name === "postgres");

let backend: Backend;
beforeAll(async () => {
  if (postgres !== undefined) backend = await postgres.open();
});
afterAll(() => backend?.close());

test.skipIf(postgres === undefined)(
  "a submission that interrupts takes the thread before it takes the thread's runs",
  async () => {
    const user = crypto.randomUUID() as UserId;
    const { run_id } = await submit(backend, user);
    const { thread_id } = (await claim(backend, user, run_id))!;
    const other = await backend.pool.connect();
    try {
      await other.query("begin");
      await other.query(
        "select 1 from threads where thread_id = $1 for update",
        [thread_id],
      );
      const submitting = submit(backend, user, {
        thread_id,
        if_busy: "interrupt",
      });
      const waiting = async () => {
        const { rows } = await backend.pool.query<{ waiting: number }>(
          `select count(*)::int as waiting from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows[0]!.waiting;
      };
      await expect.poll(waiting, { timeout: 20_000 }).toBe(1);
      const { rowCount } = await other.query(
        "select 1 from runs where run_id = $1 for update nowait",
        [run_id],
      );
      expect(rowCount).toBe(1);
      await other.query("commit");
      expect(await submitting).toMatchObject({ interrupted: [run_id] });
    } finally {
      other.release(true);
    }
  },
);
