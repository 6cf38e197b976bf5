/**
 * Threads, messages, runs and events as a reader sees them. Every query runs under the user's role, so another user's id finds
 * nothing, and nothing tells it from an id that never was.
 */
import { sql } from "kysely";
import { RunNotFound, ThreadNotFound } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type {
  Message,
  Preferences,
  Run,
  RunId,
  Thread,
  ThreadId,
  ToolCall,
  UserId,
} from "../../domain/model.ts";
import type { AnsweredRun, ThreadCursor } from "../../domain/ports.ts";
import { Abort } from "../database.ts";
import type { Trx } from "../database.ts";
import {
  DEFAULT_PREFERENCES,
  json,
  requireUuid,
  selectThread,
  threadColumns,
  toRun,
  toThread,
} from "./rows.ts";
import type { RunRow, ThreadRow } from "./rows.ts";
import type { RunPolicy } from "./submit.ts";

export async function findThread(trx: Trx, id: ThreadId): Promise<Thread> {
  requireUuid(id, new ThreadNotFound());
  const thread = await selectThread(trx, id);
  if (thread === null) throw new Abort(new ThreadNotFound());
  return thread;
}

/** A thread's instant leaves with milliseconds, so pages are cut by milliseconds too, and by id within one. */
const updated = sql`date_trunc('milliseconds', t.updated_at)`;

export async function listThreads(
  trx: Trx,
  {
    before,
    limit,
  }: { readonly before: ThreadCursor | null; readonly limit: number },
): Promise<Thread[]> {
  const { rows } = await sql<ThreadRow>`
    select ${threadColumns} from threads t
    where ${before === null} or (${updated}, t.thread_id) < (${before?.updated_at ?? null}::timestamptz, ${before?.thread_id ?? null}::uuid)
    order by ${updated} desc, t.thread_id desc limit ${limit}`.execute(trx);
  return rows.map(toThread);
}

export async function activeThreads(trx: Trx): Promise<Thread[]> {
  const { rows } = await sql<ThreadRow>`
    select ${threadColumns} from threads t
    where t.thread_id in (select thread_id from runs where ended_at is null)
    order by t.updated_at desc limit ${limits.rememberedThreadsPerUser}`.execute(
    trx,
  );
  return rows.map(toThread);
}

export async function createThread(
  trx: Trx,
  user: UserId,
  id: ThreadId,
  title: string,
): Promise<Thread> {
  await sql`insert into threads (thread_id, user_id, title) values (${id}, ${user}, ${title})`.execute(
    trx,
  );
  return findThread(trx, id);
}

export async function renameThread(
  trx: Trx,
  id: ThreadId,
  title: string,
): Promise<Thread> {
  requireUuid(id, new ThreadNotFound());
  await sql`update threads set title = ${title}, updated_at = now() where thread_id = ${id}`.execute(
    trx,
  );
  return findThread(trx, id);
}

/**
 * Deletes a thread with all it holds and answers the runs that were active: their nodes are fenced from now on, and the places
 * they held go to the runs that wait. To be called under the user's lock.
 */
export async function deleteThread(
  trx: Trx,
  user: UserId,
  id: ThreadId,
  policy: RunPolicy,
): Promise<RunId[]> {
  requireUuid(id, new ThreadNotFound());
  await sql`select 1 from threads where thread_id = ${id} for update`.execute(
    trx,
  );
  const { rows } = await sql<{ run_id: RunId }>`
    select run_id from runs where thread_id = ${id} and ended_at is null`.execute(
    trx,
  );
  await sql`delete from events where thread_id = ${id}`.execute(trx);
  const { numAffectedRows } =
    await sql`delete from threads where thread_id = ${id}`.execute(trx);
  if (numAffectedRows === 0n) throw new Abort(new ThreadNotFound());
  await sql`select dispatch_due(${user}, ${policy.activeRunsPerUser})`.execute(
    trx,
  );
  return rows.map((it) => it.run_id);
}

export async function listMessages(trx: Trx, id: ThreadId): Promise<Message[]> {
  await findThread(trx, id);
  const { rows } = await sql<Message>`
    select m.message_id, m.thread_id, m.run_id, m.role, m.content, m.report, m.created_at
    from messages m join runs r using (run_id)
    where m.thread_id = ${id} order by r.position, m.role desc`.execute(trx);
  return rows;
}

export interface EventRow {
  readonly seq: number;
  readonly event: object;
  readonly more: boolean;
}

/** A thread's events after a seq, in one statement: replays are read by the thousand. */
export const READ_EVENTS = "select * from read_events($1, $2, $3, $4, $5)";

export async function findRun(trx: Trx, id: RunId): Promise<Run> {
  requireUuid(id, new RunNotFound());
  const { rows } = await sql<RunRow>`
    select run_id, thread_id, message_id, status, attempt, error, created_at, started_at, ended_at,
      (select count(*) from runs a where a.thread_id = r.thread_id and a.ended_at is null and a.position < r.position) as ahead
    from runs r where run_id = ${id}`.execute(trx);
  if (rows[0] === undefined) throw new Abort(new RunNotFound());
  return toRun(rows[0]);
}

export async function findAnswer(trx: Trx, id: RunId): Promise<AnsweredRun> {
  const run = await findRun(trx, id);
  const messages = await sql<Pick<Message, "role" | "content" | "report">>`
    select role, content, report from messages
    where thread_id = ${run.thread_id} and run_id = ${id}`.execute(trx);
  const calls = await sql<AnsweredRun["calls"][number]>`
    select tool_call_id, call ->> 'tool_name' as tool_name, call ->> 'summary' as summary
    from tool_calls where run_id = ${id} order by tool_call_id`.execute(trx);
  const said = (role: Message["role"]) =>
    messages.rows.find((it) => it.role === role);
  const answer = said("assistant");
  return {
    run,
    question: said("user")?.content ?? "",
    answer:
      answer === undefined
        ? null
        : { content: answer.content, report: answer.report },
    calls: calls.rows,
  };
}

export async function findToolCall(
  trx: Trx,
  run: RunId,
  id: string,
): Promise<ToolCall> {
  requireUuid(run, new RunNotFound());
  const { rows } = await sql<{
    call: ToolCall;
  }>`select call from tool_calls where run_id = ${run} and tool_call_id = ${id}`.execute(
    trx,
  );
  if (rows[0] === undefined) throw new Abort(new RunNotFound());
  return rows[0].call;
}

export async function preferences(trx: Trx): Promise<Preferences> {
  const { rows } = await sql<{
    preferences: Preferences | null;
  }>`select preferences from users`.execute(trx);
  return { ...DEFAULT_PREFERENCES, ...rows[0]?.preferences };
}

export async function savePreferences(
  trx: Trx,
  user: UserId,
  chosen: Preferences,
): Promise<void> {
  await sql`
    insert into users (user_id, preferences) values (${user}, ${json(chosen)}::json)
    on conflict (user_id) do update set preferences = excluded.preferences`.execute(
    trx,
  );
}
