/**
 * The event log in SQL: the one call that appends, and how its rows are read. Promises: item k of an answer belongs to item k of the batch,
 * and one that was fenced has stored nothing.
 */
import { sql } from "kysely";
import type { RunId, ThreadId } from "../../domain/model.ts";
import type {
  Append,
  Appended,
  EventPage,
  Heads,
  PendingEvent,
} from "../../domain/ports.ts";
import type { Event } from "../../domain/protocol.ts";
import type { Trx } from "../database.ts";
import { json } from "./rows.ts";
import type { EventRow } from "./threads.ts";

/** An event's stored text has all but its seq, which is a column. */
export function toEventPage(rows: readonly EventRow[]): EventPage {
  return { events: rows.map(toEvent), more: rows.at(-1)?.more ?? false };
}

export function toEvent(row: {
  readonly seq: number;
  readonly event: object;
}): Event {
  return { ...row.event, seq: row.seq } as Event;
}

export interface AppendedRow {
  readonly item: number;
  readonly first_seq: number | null;
  readonly stop_requested: boolean;
}

/** The append of a batch as a statement; `readAppended` reads its rows. */
export const APPEND = "select * from append_events($1::uuid[], $2::json)";

/** Completes the events of a batch with what the run knows. */
export function complete(batch: readonly Append[]): readonly CompleteAppend[] {
  return batch.map((it) => ({
    ...it,
    events: it.events.map((event) => withEnvelope(it, event)),
  }));
}

type CompleteAppend = Omit<Append, "events"> & {
  readonly events: readonly object[];
};

/** Item k of the answer belongs to item k of the batch; one without a row was fenced. */
export function readAppended(
  batch: readonly CompleteAppend[],
  rows: readonly AppendedRow[],
): Appended[] {
  const byItem = new Map(rows.map((row) => [row.item, row]));
  return batch.map((item, index) => {
    const row = byItem.get(index + 1);
    if (row === undefined) return { fenced: true };
    return {
      fenced: false,
      events: numbered(item, row.first_seq ?? 0),
      stopRequested: row.stop_requested,
    };
  });
}

/** The events as stored: seq follows seq. */
export function numbered(
  { events }: CompleteAppend,
  firstSeq: number,
): readonly Event[] {
  return events.map((event, offset) =>
    toEvent({ event, seq: firstSeq + offset }),
  );
}

export type HeadRow =
  | {
      readonly thread_id: ThreadId;
      readonly last_seq: number;
      readonly run_id: null;
    }
  | { readonly thread_id: null; readonly run_id: RunId };

/** What is known of threads and runs as a statement; `toHeads` reads its rows. */
export const READ_HEADS = "select * from read_heads($1::uuid[], $2::uuid[])";

export function toHeads(rows: readonly HeadRow[]): Heads {
  const threads = new Map<ThreadId, number>();
  const goingOn = new Set<RunId>();
  for (const row of rows) {
    if (row.thread_id === null) goingOn.add(row.run_id);
    else threads.set(row.thread_id, row.last_seq);
  }
  return { threads, goingOn };
}

export async function appendItem(trx: Trx, item: Append): Promise<Appended> {
  const batch = complete([item]);
  const { rows } =
    await sql<AppendedRow>`select * from append_events(array[${item.thread_id}]::uuid[], ${json(batch)}::json)`.execute(
      trx,
    );
  return readAppended(batch, rows)[0]!;
}

function withEnvelope(item: Append, event: PendingEvent): object {
  return {
    ...event,
    user_id: item.user_id,
    thread_id: item.thread_id,
    run_id: item.run_id,
    attempt: item.attempt,
  };
}
