/**
 * A message's one transaction: thread, message, run and, when the run is due, its job. Promises: everything or nothing; the same
 * message_id twice is one run, however it races; a run is due when it is its thread's first and its user is under the cap.
 */
import { sql } from "kysely";
import { Busy, ThreadNotFound, TooManyRuns } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type { RunId, ThreadId, UserId } from "../../domain/model.ts";
import type { Submission, Submitted } from "../../domain/ports.ts";
import { Abort } from "../database.ts";
import type { Trx } from "../database.ts";
import type { Enqueue } from "../jobs.ts";
import { requireUuid, selectThread } from "./rows.ts";

export interface RunPolicy {
  readonly activeRunsPerUser: number;
  readonly enqueue: Enqueue;
}

export interface NewIds {
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
}

export async function submit(
  trx: Trx,
  user: UserId,
  submission: Submission,
  fresh: NewIds,
  policy: RunPolicy,
): Promise<Submitted> {
  await lockUser(trx, user);
  const earlier = await findDuplicate(trx, user, submission);
  if (earlier !== null) return earlier;
  const thread_id = submission.thread_id ?? fresh.thread_id;
  requireUuid(thread_id, new ThreadNotFound());
  const queue = await countQueue(trx, thread_id);
  if (submission.thread_id !== null && !queue.exists) {
    throw new Abort(new ThreadNotFound());
  }
  const interrupted = await makeRoom(trx, submission, queue);
  if (submission.thread_id === null) {
    await insertThread(trx, user, thread_id, submission.text);
  }
  await insertRun(trx, user, { ...fresh, thread_id }, submission);
  const due = await dispatchDue(trx, user, policy);
  const thread = (await selectThread(trx, thread_id))!;
  return {
    status: "accepted",
    message_id: submission.message_id,
    thread_id,
    run_id: fresh.run_id,
    queue_position: queue.ahead,
    after_seq: thread.last_seq,
    interrupted,
    dispatched: due > 0,
    active: true,
    thread,
  };
}

/** Everything that counts a user's runs holds this lock, so that the counts hold until the commit. */
export async function lockUser(trx: Trx, user: UserId): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`user:${user}`}, 0))`.execute(
    trx,
  );
}

async function findDuplicate(
  trx: Trx,
  user: UserId,
  submission: Submission,
): Promise<Submitted | null> {
  const { rows } = await sql<{
    run_id: RunId;
    thread_id: ThreadId;
    ahead: number;
    active: boolean;
    after_seq: number;
  }>`
    select r.run_id, r.thread_id, r.ended_at is null as active,
      (select count(*) from runs a where a.thread_id = r.thread_id and a.ended_at is null and a.position < r.position
        and r.ended_at is null) as ahead,
      coalesce((select min(e.seq) - 1 from events e where e.run_id = r.run_id), t.last_seq) as after_seq
    from runs r join threads t using (thread_id)
    where r.user_id = ${user} and r.message_id = ${submission.message_id}`.execute(
    trx,
  );
  const found = rows[0];
  if (found === undefined) return null;
  return {
    status: "duplicate",
    message_id: submission.message_id,
    thread_id: found.thread_id,
    run_id: found.run_id,
    queue_position: found.ahead,
    after_seq: found.after_seq,
    interrupted: [],
    dispatched: false,
    active: found.active,
    thread: (await selectThread(trx, found.thread_id))!,
  };
}

interface QueueCount {
  readonly exists: boolean;
  readonly ahead: number;
  readonly queued: number;
}

async function countQueue(trx: Trx, thread: ThreadId): Promise<QueueCount> {
  const { rows } = await sql<QueueCount>`
    select exists (select 1 from threads where thread_id = ${thread}) as exists,
      count(*) filter (where thread_id = ${thread}) as ahead,
      count(*) filter (where status = 'queued') as queued
    from runs where ended_at is null`.execute(trx);
  return rows[0]!;
}

/** Answers which runs must be stopped first, or refuses. Their stop is on record before the commit, so a crash cannot lose it. */
async function makeRoom(
  trx: Trx,
  submission: Submission,
  queue: QueueCount,
): Promise<readonly RunId[]> {
  const busy = queue.ahead > 0;
  if (busy && submission.if_busy === "reject") throw new Abort(new Busy());
  if (queue.queued >= limits.queuedRunsPerUserMax) {
    throw new Abort(new TooManyRuns({ limit: limits.queuedRunsPerUserMax }));
  }
  if (!busy || submission.if_busy !== "interrupt") return [];
  const { rows } = await sql<{ run_id: RunId }>`
    update runs set stop_requested_at = coalesce(stop_requested_at, now())
    where thread_id = ${submission.thread_id} and ended_at is null returning run_id`.execute(
    trx,
  );
  return rows.map((it) => it.run_id);
}

async function insertThread(
  trx: Trx,
  user: UserId,
  id: ThreadId,
  text: string,
): Promise<void> {
  const title = titleOf(text);
  await sql`insert into threads (thread_id, user_id, title) values (${id}, ${user}, ${title})`.execute(
    trx,
  );
}

/** The first line of the first message, cut at a whole character. */
export function titleOf(text: string): string {
  const line = text.trim().split("\n", 1)[0]!.trim();
  const characters = [...line];
  if (characters.length <= limits.titleCharactersMax) return line || "Untitled";
  return `${characters.slice(0, limits.titleCharactersMax - 1).join("")}…`;
}

async function insertRun(
  trx: Trx,
  user: UserId,
  ids: NewIds,
  submission: Submission,
): Promise<void> {
  await sql`
    with run as (
      insert into runs (run_id, user_id, thread_id, message_id)
      values (${ids.run_id}, ${user}, ${ids.thread_id}, ${submission.message_id}) returning run_id
    ), touched as (
      update threads set updated_at = now() where thread_id = ${ids.thread_id}
    )
    insert into messages (user_id, message_id, thread_id, run_id, role, content)
    select ${user}, ${submission.message_id}, ${ids.thread_id}, run.run_id, 'user', ${submission.text} from run`.execute(
    trx,
  );
}

/**
 * Makes jobs of the runs that are due: the oldest of its thread, while the user has fewer than the cap at work. Called wherever a
 * run is added or ends, under the user's lock. Answers how many became due.
 */
export async function dispatchDue(
  trx: Trx,
  user: UserId,
  policy: RunPolicy,
): Promise<number> {
  const { rows } = await sql<{ run_id: RunId }>`
    with active as (
      select run_id, dispatched_at, position,
        row_number() over (partition by thread_id order by position) as place
      from runs where user_id = ${user} and ended_at is null
    ), due as (
      select run_id from active where place = 1 and dispatched_at is null order by position
      limit greatest(0, ${policy.activeRunsPerUser}::int - (select count(*)::int from active where dispatched_at is not null))
    )
    update runs set dispatched_at = now() where run_id in (select run_id from due) returning run_id`.execute(
    trx,
  );
  if (rows.length === 0) return 0;
  await sql`select set_config('role', 'none', true)`.execute(trx);
  await policy.enqueue(
    trx,
    rows.map((it) => ({ run_id: it.run_id, user_id: user })),
  );
  await sql`select set_config('role', 'gp_app', true)`.execute(trx);
  return rows.length;
}
