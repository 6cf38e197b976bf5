/**
 * Imports in SQL: what they bring, share and take away. Promises: a record is stored once however many files bring it, and goes when the last
 * import that brought it goes; of one that came with other content the newest import's counts, until that is removed; the sums follow in the same
 * transaction.
 */
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { ImportNotFound } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type { ImportId, ImportResult, UserId } from "../../domain/model.ts";
import type { IdentifiedRecord } from "../../domain/ports.ts";
import { Abort } from "../database.ts";
import type { Trx } from "../database.ts";
import { newVersion } from "./dataVersion.ts";
import { json, requireUuid } from "./rows.ts";
import { CONTENT, content, NAMES, rowsOf } from "./usageRows.ts";
import { added, dropEmptySums, listed, SUMMED } from "./usageSums.ts";

export async function beginImport(
  trx: Trx,
  user: UserId,
  id: ImportId,
  source: {
    readonly format: string;
    readonly sample: boolean;
    readonly file_name: string | null;
  },
): Promise<void> {
  await sql`
    insert into imports (import_id, user_id, format, sample, file_name)
    values (${id}, ${user}, ${source.format}, ${source.sample}, ${source.file_name})`.execute(
    trx,
  );
}

/** A batch that is ready to be sent: what can be done for it without the database is done. */
export interface Batch {
  /** Records as they came, doubles too. */
  readonly size: number;
  /** Of these, those that differ in identity. */
  readonly distinct: number;
  readonly rows: RawBuilder<unknown>;
}

/** Of records of one identity the last one counts. */
export function toBatch(records: readonly IdentifiedRecord[]): Batch {
  const byIdentity = new Map<string, IdentifiedRecord>();
  for (const record of records) byIdentity.set(record.identity, record);
  const distinct = byIdentity.size;
  const rows = rowsOf([...byIdentity.values()]);
  return { size: records.length, distinct, rows };
}

/** Takes the user's lock before: of two imports of one user, one saves at a time. */
export async function saveBatch(
  trx: Trx,
  user: UserId,
  id: ImportId,
  { size, distinct, rows }: Batch,
): Promise<{ readonly kept: number; readonly duplicate: number }> {
  const kept = await saveNew(trx, user, id, rows);
  if (kept < distinct) await saveKnown(trx, user, id, rows);
  await newVersion(trx, user);
  return { kept, duplicate: size - kept };
}

async function saveNew(
  trx: Trx,
  user: UserId,
  id: ImportId,
  rows: RawBuilder<unknown>,
): Promise<number> {
  const stored = await sql<{ kept: number }>`
    with stored as (
      insert into usage_records (user_id, sample, import_ids, ${listed(NAMES)})
      select ${user}, (select sample from imports where import_id = ${id}), array[${id}::uuid], ${listed(NAMES, "i.")}
      from ${rows} as i
      on conflict (user_id, identity) do nothing
      returning ${listed(SUMMED)}
    ), ${added(sql`select stored.*, 1 as sign from stored`)}
    select count(*) as kept from stored`.execute(trx);
  return stored.rows[0]!.kept;
}

/**
 * What was there before this import: with the same content it is this import's too; with another one the newest import's counts, and the older
 * one's is kept aside. A sample never takes the place of anything. Each record is looked up by its key (the offset keeps the planner from another
 * way): until they are counted the planner takes a user's rows for few, and would read them all for each batch.
 */
async function saveKnown(
  trx: Trx,
  user: UserId,
  id: ImportId,
  rows: RawBuilder<unknown>,
): Promise<void> {
  const known = await sql<{ replaced: number }>`
    with incoming as materialized (select * from ${rows} as r),
    known as materialized (
      select u.*, case when u.sample = m.sample then ${content("u.")} is distinct from ${content("i.")} else u.sample end as replaced
      from incoming i cross join lateral (
        select * from usage_records where user_id = ${user} and identity = i.identity offset 0
      ) u join imports m on m.import_id = ${id}
      where not u.import_ids @> array[${id}::uuid]
    ), aside as (
      insert into usage_replaced (user_id, identity, import_ids, record)
      select k.user_id, k.identity, k.import_ids, row_to_json(k) from known k where k.replaced
    ), shared as (
      update usage_records u set import_ids = u.import_ids || ${id}::uuid from known k
      where not k.replaced and u.user_id = k.user_id and u.identity = k.identity
    ), stored as (
      update usage_records u set sample = (select sample from imports where import_id = ${id}), import_ids = array[${id}::uuid],
        (${listed(CONTENT)}) = (select ${listed(CONTENT, "i.")})
      from known k join incoming i on i.identity = k.identity
      where k.replaced and u.user_id = k.user_id and u.identity = k.identity
      returning u.*
    ), ${added(sql`
      select ${listed(SUMMED, "s.")}, 1 as sign from stored s
      union all select ${listed(SUMMED, "k.")}, -1 from known k where k.replaced`)}
    select count(*) as replaced from known where replaced`.execute(trx);
  if (known.rows[0]!.replaced > 0) await dropEmptySums(trx, user);
}

/**
 * After much has come in the planner must know of it: without, answers over a million rows took five seconds instead of two. A server would get
 * there by itself within minutes, the embedded database never. As whoever owns the tables; it is only a help, so its failure is none.
 */
export const ANALYZE = "analyze usage_records, usage_sums";

export async function finishImport(
  trx: Trx,
  user: UserId,
  result: ImportResult,
): Promise<void> {
  await sql`update imports set result = ${json(result)}::json where import_id = ${result.import_id}`.execute(
    trx,
  );
  await newVersion(trx, user);
}

export async function listImports(trx: Trx): Promise<ImportResult[]> {
  const { rows } = await sql<{ result: ImportResult }>`
    select result from imports where result is not null
    order by created_at desc limit ${limits.importsListed}`.execute(trx);
  return rows.map((it) => it.result);
}

/** Takes the user's lock before, like a save. */
export async function removeImport(
  trx: Trx,
  user: UserId,
  id: ImportId,
): Promise<void> {
  requireUuid(id, new ImportNotFound());
  const { numAffectedRows } =
    await sql`delete from imports where import_id = ${id}`.execute(trx);
  if (numAffectedRows === 0n) throw new Abort(new ImportNotFound());
  await sql`delete from usage_replaced where user_id = ${user} and import_ids <@ array[${id}::uuid]`.execute(
    trx,
  );
  await sql`update usage_replaced set import_ids = array_remove(import_ids, ${id}::uuid)
    where user_id = ${user} and import_ids @> array[${id}::uuid]`.execute(trx);
  await bringBack(trx, user, id);
  await removeGone(trx, user, id);
  await sql`update usage_records set import_ids = array_remove(import_ids, ${id}::uuid)
    where user_id = ${user} and import_ids @> array[${id}::uuid]`.execute(trx);
  await dropEmptySums(trx, user);
  await newVersion(trx, user);
}

/** Where only this import brought what counts now, and another one something else before, that counts again. */
async function bringBack(trx: Trx, user: UserId, id: ImportId): Promise<void> {
  await sql`
    with back as materialized (
      select distinct on (r.identity) r.identity, r.place, r.import_ids, r.record
      from usage_replaced r join usage_records u on u.user_id = r.user_id and u.identity = r.identity
      where r.user_id = ${user} and u.import_ids <@ array[${id}::uuid] order by r.identity, r.place desc
    ), gone as materialized (
      select u.* from usage_records u join back b on u.user_id = ${user} and u.identity = b.identity
    ), used as (
      delete from usage_replaced r using back b where r.user_id = ${user} and r.identity = b.identity and r.place = b.place
    ), stored as (
      update usage_records u set import_ids = b.import_ids, (sample, ${listed(CONTENT)}) = (
        select p.sample, ${listed(CONTENT, "p.")} from json_populate_record(null::usage_records, b.record) p)
      from back b where u.user_id = ${user} and u.identity = b.identity
      returning u.*
    ), ${added(sql`
      select ${listed(SUMMED, "s.")}, 1 as sign from stored s
      union all select ${listed(SUMMED, "g.")}, -1 from gone g`)}
    select 1`.execute(trx);
}

async function removeGone(trx: Trx, user: UserId, id: ImportId): Promise<void> {
  await sql`
    with gone as (
      delete from usage_records where user_id = ${user} and import_ids <@ array[${id}::uuid] returning *
    ), ${added(sql`select gone.*, -1 as sign from gone`)}
    select 1`.execute(trx);
}
