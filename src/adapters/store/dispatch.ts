/** Which runs are due, and their jobs. Promises: a run is due when it is its thread's first and its user is under the cap; a due run has a job. */
import { sql } from "kysely";
import type { RunId, Thread, ThreadId, UserId } from "../../domain/model.ts";
import type { Trx } from "../database.ts";
import { threadColumns, toThread } from "./rows.ts";
import type { ThreadRow } from "./rows.ts";
import type { RunPolicy } from "./submit.ts";

interface DueRun {
  readonly run_id: RunId;
  readonly traceparent: string | null;
}

export interface Dispatched {
  readonly dispatched: boolean;
  /** The thread as it is now; null when it is gone. */
  readonly thread: Thread | null;
}

/**
 * Makes jobs of the runs that became due: the oldest of its thread, while the user has fewer than the cap at work. Called where a run
 * ends, under the user's lock; must be the transaction's last word, since jobs are not the user's to write.
 */
export async function dispatchDue(
  trx: Trx,
  user: UserId,
  thread: ThreadId,
  policy: RunPolicy,
): Promise<Dispatched> {
  const { rows } = await sql<{
    thread: ThreadRow | null;
    due: readonly DueRun[] | null;
  }>`
    with active as (
      select run_id, dispatched_at, position,
        row_number() over (partition by thread_id order by position) as place
      from runs where user_id = ${user} and ended_at is null
    ), due as (
      update runs set dispatched_at = now() where run_id in (
        select run_id from active where place = 1 and dispatched_at is null order by position
        limit greatest(0, ${policy.activeRunsPerUser}::int - (select count(*)::int from active where dispatched_at is not null)))
      returning run_id, traceparent
    )
    select (select json_agg(due) from due) as due,
      (select to_json(found) from (select ${threadColumns} from threads t where t.thread_id = ${thread}) found) as thread`.execute(
    trx,
  );
  const { due, thread: row } = rows[0]!;
  if (due !== null) await enqueue(trx, user, due, policy);
  return {
    dispatched: due !== null,
    thread: row === null ? null : toThread(row),
  };
}

export async function enqueue(
  trx: Trx,
  user: UserId,
  runs: readonly DueRun[],
  policy: RunPolicy,
): Promise<void> {
  await sql`select set_config('role', 'none', true)`.execute(trx);
  await policy.enqueue(
    trx,
    runs.map((it) => ({ ...it, user_id: user })),
  );
}
