/**
 * Usage records in SQL: imports, and the one aggregate query every tool asks through. Promises: a record is stored once however
 * many files bring it, and goes when the last import that brought it goes; sample rows are read only while there is nothing else.
 */
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { ImportNotFound } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type {
  Dimension,
  ImportId,
  ImportResult,
  UserId,
} from "../../domain/model.ts";
import type {
  Coverage,
  IdentifiedRecord,
  UsageFilter,
  UsageQuery,
  UsageRow,
} from "../../domain/ports.ts";
import { Abort } from "../database.ts";
import type { Trx } from "../database.ts";
import { newVersion } from "./dataVersion.ts";
import { json, requireUuid } from "./rows.ts";

const COLUMNS: Record<Exclude<Dimension, "day">, RawBuilder<unknown>> = {
  model: sql`model`,
  provider: sql`provider`,
  project: sql`project`,
  feature: sql`feature`,
  user: sql`end_user`,
};

/**
 * True for the rows that count: real ones, or the sample while there are no real ones. Told by the first row in the order of the index
 * usage_by_time, so that it costs one look however many rows there are.
 */
const counted = sql`sample = (select first.sample from usage_records first order by first.sample limit 1)`;

interface CoverageRow {
  readonly records: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly models: readonly string[];
  readonly unpriced_models: readonly string[];
  readonly sample: boolean;
  readonly data_version: number;
}

export async function coverage(trx: Trx): Promise<Coverage> {
  const { rows } = await sql<CoverageRow>`
    with by_model as (
      select model, count(*) as records, min(at) as first, max(at) as last,
        bool_or(computed_usd is null) as unpriced, bool_or(sample) as sample
      from usage_records where ${counted} group by model
    )
    select coalesce(sum(records), 0) as records, min(first) as first, max(last) as last,
      coalesce(json_agg(model order by model), '[]') as models,
      coalesce(json_agg(model order by model) filter (where unpriced), '[]') as unpriced_models,
      coalesce(bool_or(sample), false) as sample,
      coalesce((select data_version from users), 0) as data_version
    from by_model`.execute(trx);
  return rows[0]!;
}

interface AggregateRow {
  readonly key_1: string | null;
  readonly key_2: string | null;
  readonly requests: number;
  readonly uncached_input: number;
  readonly cache_read: number;
  readonly cache_write_5m: number;
  readonly cache_write_1h: number;
  readonly output: number;
  readonly computed_usd: number;
  readonly billed_usd: number | null;
  readonly unpriced_tokens: number;
  readonly batch_tokens: number;
}

const allTokens = sql`uncached_input + cache_read + cache_write_5m + cache_write_1h + output`;

export async function aggregate(
  trx: Trx,
  query: UsageQuery,
): Promise<UsageRow[]> {
  const [first, second] = query.group_by;
  const { rows } = await sql<AggregateRow>`
    select key_1::text, key_2::text, requests, uncached_input, cache_read, cache_write_5m, cache_write_1h, output,
      round(computed_usd, 6) as computed_usd, round(billed_usd, 6) as billed_usd, unpriced_tokens, batch_tokens
    from (
      select ${keyOf(first, query.time_zone)} as key_1, ${keyOf(second, query.time_zone)} as key_2,
        coalesce(sum(requests), 0) as requests, coalesce(sum(uncached_input), 0) as uncached_input,
        coalesce(sum(cache_read), 0) as cache_read, coalesce(sum(cache_write_5m), 0) as cache_write_5m,
        coalesce(sum(cache_write_1h), 0) as cache_write_1h, coalesce(sum(output), 0) as output,
        coalesce(sum(computed_usd), 0) as computed_usd, sum(billed_usd) as billed_usd,
        coalesce(sum(${allTokens}) filter (where computed_usd is null), 0) as unpriced_tokens,
        coalesce(sum(${allTokens}) filter (where tier = 'batch'), 0) as batch_tokens
      from usage_records
      where ${counted} and at >= ${query.period.from}::timestamptz and at < ${query.period.to}::timestamptz
        and ${filtered(query.filter)}
      group by 1, 2
    ) as groups
    order by computed_usd desc, unpriced_tokens desc, 1, 2 limit ${limits.groupsMax}`.execute(
    trx,
  );
  return rows.map((row) => toUsageRow(row, query.group_by.length));
}

function keyOf(
  dimension: Dimension | undefined,
  timeZone: string,
): RawBuilder<unknown> {
  if (dimension === undefined) return sql`null::text`;
  if (dimension === "day") {
    return sql`(at at time zone ${timeZone}::text)::date`;
  }
  return COLUMNS[dimension];
}

function filtered(filter: UsageFilter): RawBuilder<unknown> {
  const parts = Object.entries(filter).map(([dimension, wanted]) => {
    const column = COLUMNS[dimension as keyof UsageFilter];
    const named = wanted.filter((it) => it !== null);
    const unnamed = wanted.length > named.length;
    return sql`(${column} = any(${named}) or (${unnamed} and ${column} is null))`;
  });
  return parts.length === 0 ? sql`true` : sql.join(parts, sql` and `);
}

function toUsageRow(row: AggregateRow, dimensions: number): UsageRow {
  return {
    keys: [row.key_1, row.key_2].slice(0, dimensions),
    requests: row.requests,
    tokens: {
      uncached_input: row.uncached_input,
      cache_read: row.cache_read,
      cache_write_5m: row.cache_write_5m,
      cache_write_1h: row.cache_write_1h,
      output: row.output,
    },
    computed_usd: row.computed_usd,
    billed_usd: row.billed_usd,
    unpriced_tokens: row.unpriced_tokens,
    batch_tokens: row.batch_tokens,
  };
}

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

export async function saveRecords(
  trx: Trx,
  user: UserId,
  id: ImportId,
  records: readonly IdentifiedRecord[],
): Promise<{ readonly kept: number; readonly duplicate: number }> {
  const { rows } = await sql<{ kept: number; duplicate: number }>`
    with incoming as (
      select distinct on (identity) * from json_to_recordset(${json(records.map(toColumns))}::json) as r(
        identity text, at timestamptz, model text, provider text, project text, feature text, "user" text, api_key text, tier text,
        requests bigint, uncached_input bigint, cache_read bigint, cache_write_5m bigint, cache_write_1h bigint, output bigint,
        billed_usd numeric, computed_usd numeric, priced_as text)
    ), stored as (
      insert into usage_records as u (user_id, identity, at, model, provider, project, feature, end_user, api_key, tier, requests,
        uncached_input, cache_read, cache_write_5m, cache_write_1h, output, billed_usd, computed_usd, priced_as, sample, import_ids)
      select ${user}, identity, at, model, provider, project, feature, "user", api_key, tier, requests,
        uncached_input, cache_read, cache_write_5m, cache_write_1h, output, billed_usd, computed_usd, priced_as,
        (select sample from imports where import_id = ${id}), array[${id}::uuid]
      from incoming
      on conflict (user_id, identity) do update set import_ids =
        case when excluded.import_ids <@ u.import_ids then u.import_ids else u.import_ids || excluded.import_ids end,
        sample = u.sample and excluded.sample
      returning (xmax = 0) as fresh
    )
    select count(*) filter (where fresh) as kept, ${records.length}::int - count(*) filter (where fresh) as duplicate from stored`.execute(
    trx,
  );
  await newVersion(trx, user);
  return rows[0]!;
}

function toColumns(record: IdentifiedRecord): object {
  const { tokens, source_id: _, ...rest } = record;
  return { ...rest, ...tokens };
}

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

export async function removeImport(
  trx: Trx,
  user: UserId,
  id: ImportId,
): Promise<void> {
  requireUuid(id, new ImportNotFound());
  const { numAffectedRows } =
    await sql`delete from imports where import_id = ${id}`.execute(trx);
  if (numAffectedRows === 0n) throw new Abort(new ImportNotFound());
  await sql`
    delete from usage_records where import_ids <@ array[${id}::uuid]`.execute(
    trx,
  );
  await sql`
    update usage_records set import_ids = array_remove(import_ids, ${id}::uuid)
    where import_ids @> array[${id}::uuid]`.execute(trx);
  await newVersion(trx, user);
}
