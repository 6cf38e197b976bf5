/**
 * A message's one transaction: thread, message, run and, when the run is due, its job. Promises: everything or nothing; the same
 * message_id twice is one run, however it races; a run is due when it is its thread's first and its user is under the cap.
 */
import { sql } from "kysely";
import { validate } from "uuid";
import {
  Busy,
  QueueFull,
  ThreadNotFound,
  TooManyRuns,
} from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type { RunId, Thread, ThreadId, UserId } from "../../domain/model.ts";
import type { Submission, Submitted } from "../../domain/ports.ts";
import { Abort } from "../database.ts";
import type { Trx } from "../database.ts";
import type { Enqueue } from "../jobs.ts";
import type { QueueWatch } from "../queueWatch.ts";
import { selectThread, threadColumns, toThread } from "./rows.ts";
import type { ThreadRow } from "./rows.ts";
import { titleOf } from "./title.ts";
import { enqueue } from "./dispatch.ts";

export interface RunPolicy {
  readonly activeRunsPerUser: number;
  readonly enqueue: Enqueue;
  readonly queue: QueueWatch;
}

export interface NewIds {
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
}

/** To be called under the user's lock, so that what is counted holds until the commit. */
export async function submit(
  trx: Trx,
  user: UserId,
  submission: Submission,
  fresh: NewIds,
  policy: RunPolicy,
): Promise<Submitted> {
  const found = await look(trx, user, submission);
  if (found.is_duplicate) return findDuplicate(trx, user, submission);
  if (policy.queue.isFull()) throw new Abort(new QueueFull());
  const thread = threadFor(submission, fresh, found);
  const interrupted = await makeRoom(trx, submission, found);
  const due = found.ahead === 0 && found.dispatched < policy.activeRunsPerUser;
  await insertRun(trx, user, fresh.run_id, thread, submission, due);
  if (due) {
    const { run_id } = fresh;
    const { traceparent } = submission;
    await enqueue(trx, user, [{ run_id, traceparent }], policy);
    policy.queue.added();
  }
  return {
    status: "accepted",
    message_id: submission.message_id,
    thread_id: thread.thread_id,
    run_id: fresh.run_id,
    queue_position: found.ahead,
    after_seq: thread.last_seq,
    interrupted,
    dispatched: due,
    active: true,
    traceparent: submission.traceparent,
    thread,
  };
}

interface Found {
  readonly is_duplicate: boolean;
  readonly thread: ThreadRow | null;
  /** Active runs of the thread. */
  readonly ahead: number;
  /** Runs of the user that wait, and that are at work or about to be. */
  readonly queued: number;
  readonly dispatched: number;
}

/** Everything that decides about a submission, in one look. */
async function look(
  trx: Trx,
  user: UserId,
  { message_id, thread_id }: Submission,
): Promise<Found> {
  const id = thread_id !== null && validate(thread_id) ? thread_id : null;
  const { rows } = await sql<Found>`
    select exists (select 1 from runs where user_id = ${user} and message_id = ${message_id}) as is_duplicate,
      (select to_json(found) from (select ${threadColumns} from threads t where t.thread_id = ${id}::uuid) found) as thread,
      count(*) filter (where thread_id = ${id}::uuid) as ahead,
      count(*) filter (where status = 'queued') as queued,
      count(*) filter (where dispatched_at is not null) as dispatched
    from runs where user_id = ${user} and ended_at is null`.execute(trx);
  return rows[0]!;
}

/** The first submission of a message_id, as the later ones are told of it. */
async function findDuplicate(
  trx: Trx,
  user: UserId,
  { message_id }: Submission,
): Promise<Submitted> {
  const { rows } = await sql<{
    run_id: RunId;
    thread_id: ThreadId;
    ahead: number;
    active: boolean;
    after_seq: number;
    traceparent: string | null;
  }>`
    select r.run_id, r.thread_id, r.traceparent, r.ended_at is null as active,
      (select count(*) from runs a where a.thread_id = r.thread_id and a.ended_at is null and a.position < r.position
        and r.ended_at is null) as ahead,
      coalesce((select min(e.seq) - 1 from events e where e.thread_id = r.thread_id and e.run_id = r.run_id), t.last_seq) as after_seq
    from runs r join threads t using (thread_id)
    where r.user_id = ${user} and r.message_id = ${message_id}`.execute(trx);
  const { ahead, ...first } = rows[0]!;
  return {
    ...first,
    status: "duplicate",
    message_id,
    queue_position: ahead,
    interrupted: [],
    dispatched: false,
    thread: (await selectThread(trx, first.thread_id))!,
  };
}

/** The thread as it will be with the new run, or a refusal when there is none of that id. */
function threadFor(
  submission: Submission,
  fresh: NewIds,
  found: Found,
): Thread {
  const run = {
    run_id: fresh.run_id,
    status: "queued",
    started_at: null,
  } as const;
  const now = new Date().toISOString();
  if (found.thread !== null) {
    const thread = toThread(found.thread);
    return { ...thread, updated_at: now, active_run: thread.active_run ?? run };
  }
  if (submission.thread_id !== null) throw new Abort(new ThreadNotFound());
  return {
    thread_id: fresh.thread_id,
    title: titleOf(submission.text),
    created_at: now,
    updated_at: now,
    last_seq: 0,
    active_run: run,
  };
}

/** Which runs must be stopped first, on record before the commit. The thread is locked before them, as everywhere: no circle of waits. */
async function makeRoom(
  trx: Trx,
  submission: Submission,
  found: Found,
): Promise<readonly RunId[]> {
  const busy = found.ahead > 0;
  if (busy && submission.if_busy === "reject") throw new Abort(new Busy());
  if (found.queued >= limits.queuedRunsPerUserMax) {
    throw new Abort(new TooManyRuns({ limit: limits.queuedRunsPerUserMax }));
  }
  if (!busy || submission.if_busy !== "interrupt") return [];
  const { rows } = await sql<{ run_id: RunId }>`
    with taken as materialized (select thread_id from threads where thread_id = ${submission.thread_id} for update)
    update runs r set stop_requested_at = coalesce(stop_requested_at, now())
    from taken where r.thread_id = taken.thread_id and r.ended_at is null returning r.run_id`.execute(
    trx,
  );
  return rows.map((it) => it.run_id);
}

async function insertRun(
  trx: Trx,
  user: UserId,
  run: RunId,
  thread: Thread,
  { message_id, text, traceparent }: Submission,
  due: boolean,
): Promise<void> {
  const { thread_id, title, created_at, updated_at } = thread;
  await sql`
    with new_thread as (
      insert into threads as t (thread_id, user_id, title, created_at, updated_at)
      values (${thread_id}, ${user}, ${title}, ${created_at}, ${updated_at})
      on conflict (thread_id) do update set updated_at = excluded.updated_at
    ), new_run as (
      insert into runs (run_id, user_id, thread_id, message_id, traceparent, dispatched_at)
      values (${run}, ${user}, ${thread_id}, ${message_id}, ${traceparent}, case when ${due} then now() end)
    )
    insert into messages (user_id, message_id, thread_id, run_id, role, content)
    values (${user}, ${message_id}, ${thread_id}, ${run}, 'user', ${text})`.execute(
    trx,
  );
}
