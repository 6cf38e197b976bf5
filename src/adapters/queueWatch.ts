/**
 * How many runs wait for a node, as far as one look a second and this node's own submissions since tell. Promises: a submission asks
 * nothing of the database for it; a queue that is full is noticed within limits.queueLookIntervalMs, and so is room in it.
 */
import { Effect, Schedule } from "effect";
import type { Scope } from "effect";
import { sql } from "kysely";
import type { ServiceUnavailable } from "../domain/errors.ts";
import { limits } from "../domain/limits.ts";
import type { Database } from "./database.ts";

export interface QueueWatch {
  readonly isFull: () => boolean;
  /** One more run is due since the last look. */
  readonly added: () => void;
}

/** Watches until the scope closes. While the database is away the last look holds. */
export function watchQueue(
  database: Database["Service"],
): Effect.Effect<QueueWatch, never, Scope.Scope> {
  return Effect.gen(function* () {
    let waiting = 0;
    const isFull = () => waiting >= limits.queuedRunsMax;
    const look = Effect.gen(function* () {
      const wasFull = isFull();
      waiting = yield* countWaiting(database);
      if (isFull() && !wasFull) yield* Effect.logWarning("the queue is full");
      if (wasFull && !isFull())
        yield* Effect.logInfo("the queue has room again");
    });
    yield* Effect.ignore(look).pipe(
      Effect.repeat(Schedule.spaced(limits.queueLookIntervalMs)),
      Effect.forkScoped,
    );
    return { isFull, added: () => void waiting++ };
  });
}

/** Runs that are due and that no node has claimed yet, counted no further than matters. */
function countWaiting(
  database: Database["Service"],
): Effect.Effect<number, ServiceUnavailable> {
  return database.asWriter(async (trx) => {
    const { rows } = await sql<{ waiting: number }>`
      select count(*) as waiting from (
        select from runs where ended_at is null and status = 'queued' and dispatched_at is not null
        limit ${limits.queuedRunsMax}) as due`.execute(trx);
    return rows[0]!.waiting;
  });
}
