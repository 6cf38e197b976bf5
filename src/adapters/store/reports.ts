/**
 * Run reports in SQL. Entries are added in the log writer's role, which can read none of them; a run's file is read in the role of the
 * run's own user. Promises: an entry beyond the bound, or of a run that is gone, is left out and fails nothing.
 */
import { Effect, Layer } from "effect";
import { sql } from "kysely";
import { validate } from "uuid";
import { RunNotFound } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type { RunId, UserId } from "../../domain/model.ts";
import { ReportStore } from "../../domain/ports.ts";
import type { KeptEntry, ReportEntry, RunFile } from "../../domain/ports.ts";
import { Database } from "../database.ts";
import type { Trx } from "../database.ts";
import { toEvent } from "./log.ts";
import { json } from "./rows.ts";
import { findRun } from "./threads.ts";

export const reportStoreLayer: Layer.Layer<ReportStore, never, Database> =
  Layer.effect(
    ReportStore,
    Effect.map(Database, ({ asUser, asWriter }) =>
      ReportStore.of({
        save: (entries) => asWriter((trx) => save(trx, entries)),
        read: (run) =>
          Effect.gen(function* () {
            const user = yield* asWriter((trx) => ownerOf(trx, run));
            if (user === null) return yield* new RunNotFound();
            return yield* asUser<RunFile, RunNotFound>(user, (trx) =>
              read(trx, user, run),
            );
          }),
      }),
    ),
  );

async function save(trx: Trx, entries: readonly ReportEntry[]): Promise<void> {
  await sql`
    with given as (
      select g.*, row_number() over (partition by g.run_id) as place
      from json_to_recordset(${json(entries)}::json) as
        g (run_id uuid, user_id text, at timestamptz, attempt integer, kind text, detail json)
    )
    insert into run_reports (run_id, user_id, at, attempt, kind, detail)
    select g.run_id, g.user_id, g.at, g.attempt, g.kind, g.detail
    from given g join runs r on r.run_id = g.run_id and r.user_id = g.user_id
    where g.place + (select count(*) from run_reports k where k.run_id = g.run_id) <= ${limits.reportsPerRunMax}`.execute(
    trx,
  );
}

async function ownerOf(trx: Trx, run: RunId): Promise<UserId | null> {
  if (!validate(run)) return null;
  const { rows } = await sql<{ user_id: UserId }>`
    select user_id from runs where run_id = ${run}`.execute(trx);
  return rows[0]?.user_id ?? null;
}

async function read(trx: Trx, user_id: UserId, id: RunId): Promise<RunFile> {
  const run = await findRun(trx, id);
  const { rows: events } = await sql<{ seq: number; event: object }>`
    select seq, event from events where thread_id = ${run.thread_id} and run_id = ${id} order by seq`.execute(
    trx,
  );
  const { rows: entries } = await sql<KeptEntry>`
    select at, attempt, node, version, kind, detail from run_reports where run_id = ${id} order by at`.execute(
    trx,
  );
  return { user_id, run, events: events.map(toEvent), entries };
}
