/**
 * A run's claim, log, stop and end in SQL. Whoever changes a run's attempt or status holds its thread's row first, so claims,
 * appends and endings of one thread follow one another. Promises: a fenced owner writes nothing; the first ending wins.
 */
import { sql } from "kysely";
import { RunNotFound } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type {
  MessageId,
  Preferences,
  RunId,
  Step,
  ThreadId,
  Timestamp,
  UserId,
} from "../../domain/model.ts";
import type {
  Append,
  Claim,
  Ended,
  Ending,
  PendingEvent,
  StopOutcome,
} from "../../domain/ports.ts";
import type { Event } from "../../domain/protocol.ts";
import { Abort } from "../database.ts";
import type { Trx } from "../database.ts";
import { DEFAULT_PREFERENCES, json, requireUuid } from "./rows.ts";
import { dispatchDue } from "./submit.ts";
import type { RunPolicy } from "./submit.ts";
import { append, toEvent } from "./log.ts";

interface ClaimRow {
  readonly thread_id: ThreadId;
  readonly message_id: MessageId;
  readonly attempt: number;
  readonly started_at: Timestamp;
  readonly stop_requested_at: Timestamp | null;
  readonly question: string;
  readonly earlier: readonly string[];
  readonly preferences: Preferences | null;
}

export async function claim(
  trx: Trx,
  user_id: UserId,
  run_id: RunId,
): Promise<Claim | null> {
  const { rows } = await sql<ClaimRow>`
    with locked as (${lockThreadOf(run_id)})
    update runs r set attempt = attempt + 1, status = 'running', started_at = coalesce(started_at, now())
    from locked where r.thread_id = locked.thread_id and run_id = ${run_id} and ended_at is null
    returning r.thread_id, message_id, attempt, started_at, stop_requested_at,
      (select content from messages m where m.user_id = r.user_id and m.message_id = r.message_id) as question,
      (select preferences from users u where u.user_id = r.user_id) as preferences,
      (select coalesce(json_agg(content order by position), '[]') from (
        select m.content, b.position from runs b
        join messages m on m.user_id = b.user_id and m.message_id = b.message_id
        where b.thread_id = r.thread_id and b.position < r.position
        order by b.position desc limit ${limits.historyMessagesMax}) as before) as earlier`.execute(
    trx,
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { stop_requested_at, preferences, ...rest } = row;
  return {
    ...rest,
    run_id,
    user_id,
    preferences: preferences ?? DEFAULT_PREFERENCES,
    stopRequested: stop_requested_at !== null,
    steps: row.attempt === 1 ? [] : await selectSteps(trx, run_id),
    log: row.attempt === 1 ? [] : await selectLog(trx, row.thread_id, run_id),
  };
}

/** Whoever holds this row is alone with the thread's seq and with its runs' attempts and statuses. */
const lockThreadOf = (run: RunId) =>
  sql`select thread_id from threads where thread_id = (select thread_id from runs where run_id = ${run}) for update`;

async function selectSteps(trx: Trx, run: RunId): Promise<Step[]> {
  const { rows } = await sql<{
    step: Step;
  }>`select step from run_steps where run_id = ${run} order by position`.execute(
    trx,
  );
  return rows.map((it) => it.step);
}

async function selectLog(
  trx: Trx,
  thread: ThreadId,
  run: RunId,
): Promise<Event[]> {
  const { rows } = await sql<{
    seq: number;
    event: object;
  }>`select seq, event from events where thread_id = ${thread} and run_id = ${run} order by seq`.execute(
    trx,
  );
  return rows.map(toEvent);
}

/** To be called under the user's lock. */
export async function end(
  trx: Trx,
  last: Append,
  ending: Ending,
  policy: RunPolicy,
): Promise<Ended> {
  const events = await append(trx, last);
  await finishRun(trx, last, ending);
  const { user_id, thread_id } = last;
  const next = await dispatchDue(trx, user_id, thread_id, policy);
  return { events, dispatched: next.dispatched, thread: next.thread! };
}

async function finishRun(
  trx: Trx,
  run: Append,
  { status, error, answer }: Ending,
): Promise<void> {
  await sql`
    with ended as (
      update runs set status = ${status}, ended_at = now(), error = ${error === null ? null : json(error)}::json
      where run_id = ${run.run_id}
    ), answered as (
      insert into messages (user_id, message_id, thread_id, run_id, role, content, report)
      select ${run.user_id}, ${answer?.message_id ?? null}, ${run.thread_id}, ${run.run_id}, 'assistant',
        ${answer?.content ?? null}, ${answer === null ? null : json(answer.report)}::json
      where ${answer !== null}
    )
    update threads set updated_at = now() where thread_id = ${run.thread_id}`.execute(
    trx,
  );
}

/** To be called under the user's lock. */
export async function requestStop(
  trx: Trx,
  user: UserId,
  run_id: RunId,
  lastWords: () => readonly PendingEvent[],
  policy: RunPolicy,
): Promise<StopOutcome> {
  requireUuid(run_id, new RunNotFound());
  await lockThreadOf(run_id).execute(trx);
  const { rows } = await sql<{
    status: string;
    thread_id: ThreadId;
    attempt: number;
    ended: boolean;
  }>`
    update runs set stop_requested_at = coalesce(stop_requested_at, now())
    where run_id = ${run_id}
    returning status, thread_id, attempt, ended_at is not null as ended`.execute(
    trx,
  );
  const run = rows[0];
  if (run === undefined) throw new Abort(new RunNotFound());
  if (run.ended) return { state: "over" };
  if (run.status !== "queued") return { state: "marked" };
  await sql`update runs set attempt = attempt + 1, status = 'running', started_at = now() where run_id = ${run_id}`.execute(
    trx,
  );
  const last: Append = {
    user_id: user,
    thread_id: run.thread_id,
    run_id,
    attempt: run.attempt + 1,
    events: lastWords(),
    steps: [],
    calls: [],
  };
  const ended = await end(
    trx,
    last,
    { status: "cancelled", error: CANCELLED, answer: null },
    policy,
  );
  return { state: "ended", ...ended };
}

const CANCELLED = { code: "cancelled", message: "Stopped before it began." };
