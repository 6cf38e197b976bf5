/**
 * A run's claim, log, stop and end in SQL. Whoever changes a run's attempt or status holds its thread's row first, so claims,
 * appends and endings of one thread follow one another. Promises: a fenced owner writes nothing; the first ending wins.
 */
import { CompiledQuery, sql } from "kysely";
import { RunFenced, RunNotFound } from "../../domain/errors.ts";
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
  QueueDepth,
  StopOutcome,
} from "../../domain/ports.ts";
import { Abort } from "../database.ts";
import type { Trx } from "../database.ts";
import { DEFAULT_PREFERENCES, json, requireUuid, toThread } from "./rows.ts";
import type { ThreadRow } from "./rows.ts";
import type { RunPolicy } from "./submit.ts";
import { complete, numbered, toEvent } from "./log.ts";

export interface ClaimRow {
  readonly thread_id: ThreadId;
  readonly message_id: MessageId;
  readonly attempt: number;
  readonly crashes: number;
  readonly started_at: Timestamp;
  readonly spent_ms: number;
  readonly stop_requested: boolean;
  readonly question: string;
  readonly earlier: readonly string[];
  readonly preferences: Preferences | null;
  readonly steps: readonly Step[] | null;
  readonly log:
    readonly { readonly seq: number; readonly event: object }[] | null;
}

/** The claim as a statement of its own: user, run, how many earlier questions to bring. The time spent is counted by the clock that set the start. */
export const CLAIM =
  "select c.*, extract(epoch from now() - c.started_at)::float8 * 1000 as spent_ms from claim_run($1, $2, $3) as c";

export function toClaim(
  user_id: UserId,
  run_id: RunId,
  row: ClaimRow | undefined,
): Claim | null {
  if (row === undefined) return null;
  const { stop_requested, spent_ms, preferences, steps, log, ...rest } = row;
  return {
    ...rest,
    run_id,
    user_id,
    preferences: preferences ?? DEFAULT_PREFERENCES,
    stopRequested: stop_requested,
    spentMs: spent_ms,
    steps: steps ?? [],
    log: (log ?? []).map(toEvent),
  };
}

/** Under the attempt that was claimed; where the claim's answer was lost, under whichever it is: the job was this node's alone. */
export async function handBack(
  trx: Trx,
  run: RunId,
  attempt: number | null,
): Promise<void> {
  await sql`update runs set held = false
    where run_id = ${run} and ended_at is null and attempt = coalesce(${attempt}, attempt)`.execute(
    trx,
  );
}

/** Counts under the log writer's role, which sees when runs are due and nothing of what they hold. */
export async function queueDepth(trx: Trx): Promise<QueueDepth> {
  const { rows } = await sql<QueueDepth>`
    select count(*) filter (where dispatched_at is not null) as due,
      count(*) filter (where dispatched_at is null) as waiting
    from runs where ended_at is null and status = 'queued'`.execute(trx);
  return rows[0]!;
}

/** Whoever holds this row is alone with the thread's seq and with its runs' attempts and statuses. */
const lockThreadOf = (run: RunId) =>
  sql`select thread_id from threads where thread_id = (select thread_id from runs where run_id = ${run}) for update`;

export interface EndedRow {
  readonly first_seq: number | null;
  readonly dispatched: boolean;
  readonly stored: ThreadRow;
}

/** The last events, the ending and whose turn is next as a statement of its own; `toEnded` reads its rows. */
export function endStatement(
  last: Append,
  { status, error, answer }: Ending,
  { activeRunsPerUser }: RunPolicy,
) {
  const batch = complete([last]);
  return {
    text: "select * from end_run($1, $2, $3, $4, $5, $6, $7, $8)",
    values: [
      last.user_id,
      last.thread_id,
      last.run_id,
      json(batch),
      status,
      error === null ? null : json(error),
      answer === null ? null : json(answer),
      activeRunsPerUser,
    ],
  };
}

/** Null where the run was fenced: nothing was stored. */
export function toEnded(
  last: Append,
  [row]: readonly EndedRow[],
): Ended | null {
  if (row === undefined) return null;
  return {
    events: numbered(complete([last])[0]!, row.first_seq ?? 0),
    dispatched: row.dispatched,
    thread: toThread(row.stored),
  };
}

/** The ending inside a transaction of the user's. */
export async function end(
  trx: Trx,
  last: Append,
  ending: Ending,
  policy: RunPolicy,
): Promise<Ended> {
  const { text, values } = endStatement(last, ending, policy);
  const { rows } = await trx.executeQuery<EndedRow>(
    CompiledQuery.raw(text, values),
  );
  const ended = toEnded(last, rows);
  if (ended === null) throw new Abort(new RunFenced());
  return ended;
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
