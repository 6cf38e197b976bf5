/**
 * A message's one statement: thread, message, run and, when the run is due, its job. Promises: everything or nothing; the same
 * message_id twice is one run, however it races; a run is due when it is its thread's first and its user is under the cap.
 */
import { Effect } from "effect";
import { validate } from "uuid";
import {
  Busy,
  QueueFull,
  ThreadNotFound,
  TooManyRuns,
} from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type { RunId, ThreadId, UserId } from "../../domain/model.ts";
import type { Submission, Submitted } from "../../domain/ports.ts";
import type { QueueWatch } from "../queueWatch.ts";
import { toThread } from "./rows.ts";
import type { ThreadRow } from "./rows.ts";
import { titleOf } from "./title.ts";

export interface RunPolicy {
  readonly activeRunsPerUser: number;
  readonly queue: QueueWatch;
}

export interface NewIds {
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
}

/** Why nothing was stored. */
const REFUSALS = {
  queue_full: () => new QueueFull(),
  thread_not_found: () => new ThreadNotFound(),
  busy: () => new Busy(),
  too_many_runs: () => new TooManyRuns({ limit: limits.queuedRunsPerUserMax }),
};

interface StoredRow {
  readonly outcome: Submitted["status"];
  readonly run_id: RunId;
  readonly thread_id: ThreadId;
  readonly traceparent: string | null;
  readonly active: boolean;
  readonly queue_position: number;
  readonly after_seq: number;
  readonly interrupted: readonly RunId[];
  readonly dispatched: boolean;
  readonly stored: ThreadRow;
}

interface RefusedRow {
  readonly outcome: keyof typeof REFUSALS;
}

export type SubmitRow = StoredRow | RefusedRow;

/** The submission as a statement of its own; `toSubmitted` reads its row. */
export function submitStatement(
  user: UserId,
  submission: Submission,
  fresh: NewIds,
  { activeRunsPerUser, queue }: RunPolicy,
) {
  const { message_id, thread_id, text, traceparent, if_busy } = submission;
  return {
    text: "select * from submit_run($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    values: [
      user,
      message_id,
      // What is no UUID names no thread; that none is to be made tells it from a new one.
      thread_id !== null && validate(thread_id) ? thread_id : null,
      thread_id === null ? fresh.thread_id : null,
      fresh.run_id,
      titleOf(text),
      text,
      traceparent,
      if_busy,
      activeRunsPerUser,
      limits.queuedRunsPerUserMax,
      queue.isFull(),
    ],
  };
}

export function toSubmitted(
  { message_id }: Submission,
  row: SubmitRow,
): Effect.Effect<Submitted, Busy | QueueFull | ThreadNotFound | TooManyRuns> {
  if (isRefusal(row)) return Effect.fail(REFUSALS[row.outcome]());
  const { outcome, stored, ...submitted } = row;
  return Effect.succeed({
    ...submitted,
    status: outcome,
    message_id,
    thread: toThread(stored),
  });
}

function isRefusal(row: SubmitRow): row is RefusedRow {
  return row.outcome in REFUSALS;
}
