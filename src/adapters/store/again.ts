/**
 * Appends and endings that are asked for again, because the answer to the first asking was lost: it may have been stored. What was is
 * recognised by its ids and answered as it stands; what was not is stored now. Promises: nothing is stored twice, whenever the first commits.
 */
import { sql } from "kysely";
import type { ThreadId } from "../../domain/model.ts";
import type { Append, Appended, Ended, Ending } from "../../domain/ports.ts";
import type { Event } from "../../domain/protocol.ts";
import type { Trx } from "../database.ts";
import { appendItem, toEvent } from "./log.ts";
import { selectThread } from "./rows.ts";
import { end } from "./runs.ts";
import type { RunPolicy } from "./submit.ts";

export async function appendAgain(trx: Trx, item: Append): Promise<Appended> {
  await lockThread(trx, item.thread_id);
  const events = await findStored(trx, item);
  if (events === null) return appendItem(trx, item);
  return {
    fenced: false,
    events,
    stopRequested: await isStopRequested(trx, item),
  };
}

/** To be called under the user's lock. */
export async function endAgain(
  trx: Trx,
  last: Append,
  ending: Ending,
  policy: RunPolicy,
): Promise<Ended> {
  await lockThread(trx, last.thread_id);
  const events = await findStored(trx, last);
  if (events === null) return end(trx, last, ending, policy);
  const thread = (await selectThread(trx, last.thread_id))!;
  // Whether it made a run due is not known any more; to say so once too often does no harm.
  return { events, dispatched: true, thread };
}

/** If the first asking is still at work, this waits until it has committed or is gone. */
async function lockThread(trx: Trx, thread: ThreadId): Promise<void> {
  await sql`select 1 from threads where thread_id = ${thread} for update`.execute(
    trx,
  );
}

/** What was asked for together was stored together, so one of its ids stands for all. Null when none is stored. */
async function findStored(
  trx: Trx,
  item: Append,
): Promise<readonly Event[] | null> {
  const ids = item.events.map((it) => it.event_id);
  const { rows } = await sql<{ seq: number; event: object }>`
    select e.seq, e.event from events e
    where e.thread_id = ${item.thread_id} and e.run_id = ${item.run_id} and e.event ->> 'event_id' = any(${ids}::text[])
    order by e.seq`.execute(trx);
  if (rows.length > 0) return rows.map(toEvent);
  return item.events.length === 0 && (await hasResults(trx, item)) ? [] : null;
}

async function hasResults(
  trx: Trx,
  { run_id, steps, calls }: Append,
): Promise<boolean> {
  const positions = steps.map((it) => it.position);
  const ids = calls.map((it) => it.tool_call_id);
  const { rows } = await sql<{ found: boolean }>`
    select exists (select 1 from run_steps where run_id = ${run_id} and position = any(${positions}::int[]))
      or exists (select 1 from tool_calls where run_id = ${run_id} and tool_call_id = any(${ids}::text[])) as found`.execute(
    trx,
  );
  return rows[0]!.found;
}

async function isStopRequested(trx: Trx, { run_id }: Append): Promise<boolean> {
  const { rows } = await sql<{ stop_requested: boolean }>`
    select stop_requested_at is not null as stop_requested from runs where run_id = ${run_id}`.execute(
    trx,
  );
  return rows[0]?.stop_requested ?? false;
}
