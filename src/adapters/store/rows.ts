/**
 * From rows to the domain's nouns, and the few queries that several store files share. Promises: instants leave as ISO 8601 with
 * milliseconds, in UTC, wherever PostgreSQL put them.
 */
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type {
  ActiveRun,
  Failure,
  MessageId,
  Preferences,
  Run,
  RunId,
  RunStatus,
  Thread,
  ThreadId,
  Timestamp,
} from "../../domain/model.ts";
import { validate } from "uuid";
import { Abort } from "../database.ts";
import type { Trx } from "../database.ts";

export const DEFAULT_PREFERENCES: Preferences = {
  time_zone: "UTC",
  week_start: "monday",
  budgets: [],
};

/** json columns take text: what was put in is what comes out, key for key. */
export const json = (value: unknown): string => JSON.stringify(value);

export const instant = (at: string): Timestamp => new Date(at).toISOString();
const instantOrNull = (at: string | null) => (at === null ? null : instant(at));

/** An id that is no UUID names nothing; asking the database would be an error of type, not an answer. */
export function requireUuid<E>(id: string, failure: E): void {
  if (!validate(id)) throw new Abort(failure);
}

export interface ThreadRow {
  readonly thread_id: string;
  readonly title: string;
  readonly last_seq: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly active_run: {
    readonly run_id: string;
    readonly status: string;
    readonly started_at: string | null;
  } | null;
}

/** A thread's columns with its active run; to be completed with a where clause. */
export const threadColumns: RawBuilder<unknown> = sql`
  t.thread_id, t.title, t.last_seq, t.created_at, t.updated_at,
  (select json_build_object('run_id', r.run_id, 'status', r.status, 'started_at', r.started_at)
   from runs r where r.thread_id = t.thread_id and r.ended_at is null order by r.position limit 1) as active_run`;

export async function selectThread(
  trx: Trx,
  id: ThreadId,
): Promise<Thread | null> {
  const { rows } = await sql<ThreadRow>`
    select ${threadColumns} from threads t where t.thread_id = ${id}`.execute(
    trx,
  );
  return rows[0] === undefined ? null : toThread(rows[0]);
}

export function toThread(row: ThreadRow): Thread {
  return {
    thread_id: row.thread_id as ThreadId,
    title: row.title,
    created_at: instant(row.created_at),
    updated_at: instant(row.updated_at),
    last_seq: row.last_seq,
    active_run: row.active_run === null ? null : toActiveRun(row.active_run),
  };
}

function toActiveRun(run: NonNullable<ThreadRow["active_run"]>): ActiveRun {
  return {
    run_id: run.run_id as RunId,
    status: run.status as RunStatus,
    started_at: instantOrNull(run.started_at),
  };
}

export interface RunRow {
  readonly run_id: string;
  readonly thread_id: string;
  readonly message_id: string;
  readonly status: string;
  readonly attempt: number;
  readonly error: unknown;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly ahead: number;
}

export function toRun(row: RunRow): Run {
  return {
    run_id: row.run_id as RunId,
    thread_id: row.thread_id as ThreadId,
    message_id: row.message_id as MessageId,
    status: row.status as RunStatus,
    attempt: row.attempt,
    queue_position: row.status === "queued" ? row.ahead : null,
    created_at: row.created_at,
    started_at: row.started_at,
    ended_at: row.ended_at,
    error: row.error as Failure | null,
  };
}
