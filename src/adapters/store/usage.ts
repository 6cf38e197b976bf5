/**
 * Usage as tools ask for it, in SQL: what there is, and the one aggregate query. Promises: sums by half hour answer whatever they can, and
 * the records the rest, with the same result; sample rows are read only while there is nothing else.
 */
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { limits } from "../../domain/limits.ts";
import type {
  Dimension,
  NamedDimension,
  Timestamp,
} from "../../domain/model.ts";
import type {
  Coverage,
  PricedPart,
  UsageFilter,
  UsageQuery,
  UsageRow,
} from "../../domain/ports.ts";
import type { Trx } from "../database.ts";

const COLUMNS: Record<NamedDimension, RawBuilder<unknown>> = {
  model: sql`model`,
  provider: sql`provider`,
  project: sql`project`,
  feature: sql`feature`,
  user: sql`end_user`,
  api_key: sql`api_key`,
  tier: sql`tier`,
  tag: sql`nullif(array_to_string(array(select distinct tag from unnest(tags) as tag order by tag), ', '), '')`,
};

/** What the sums have been taken over. */
const NOT_SUMMED: readonly Dimension[] = ["user", "api_key", "tag"];

/**
 * True for the rows that count: real ones, or the sample while there are no real ones. Told by the first row in the order of the index
 * usage_by_time, so that it costs one look however many rows there are.
 */
const counted = sql`sample = (select first.sample from usage_records first order by first.sample limit 1)`;

const HALF_HOUR_MS = 30 * 60_000;

/** The sums know no end user, key or tag, and no instant within half an hour; where a zone's days begin there, the records have to answer. */
function isSummed({
  period,
  time_zone,
  group_by,
  filter,
}: UsageQuery): boolean {
  const { from, to } = period;
  return (
    isWhole(Date.parse(from)) &&
    isWhole(Date.parse(to)) &&
    [from, to].every((it) => isWhole(offsetMs(it, time_zone))) &&
    !NOT_SUMMED.some((it) => group_by.includes(it) || Object.hasOwn(filter, it))
  );
}

const isWhole = (ms: number) => ms % HALF_HOUR_MS === 0;

/** How far a zone's clocks are from UTC at an instant. */
function offsetMs(at: Timestamp, timeZone: string): number {
  const name = new Intl.DateTimeFormat("en", {
    timeZone,
    timeZoneName: "longOffset",
  })
    .formatToParts(new Date(at))
    .find((it) => it.type === "timeZoneName")?.value;
  const [, sign, hours, minutes] =
    /GMT([+-])(\d+):(\d+)/.exec(name ?? "") ?? [];
  const size = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return sign === "-" ? -size : size;
}

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
      select model, sum(records) as records, bool_or(not priced and measures = 'usage') as unpriced, bool_or(sample) as sample
      from usage_sums where ${counted} group by model
    )
    select coalesce(sum(records), 0) as records,
      (select at from usage_records where ${counted} order by at limit 1) as first,
      (select at from usage_records where ${counted} order by at desc limit 1) as last,
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

/** A charge bills what a usage record may have named too: where there are charges, they alone count. */
const billed = sql`coalesce(sum(billed_usd) filter (where measures = 'charge'), sum(billed_usd))`;

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
        coalesce(sum(computed_usd), 0) as computed_usd, ${billed} as billed_usd,
        coalesce(sum(${allTokens}) filter (where computed_usd is null), 0) as unpriced_tokens,
        coalesce(sum(${allTokens}) filter (where tier = 'batch'), 0) as batch_tokens
      from ${isSummed(query) ? sql`usage_sums` : sql`usage_records`}
      where ${inPeriod(query)}
      group by 1, 2
    ) as groups
    order by computed_usd desc, unpriced_tokens desc, 1, 2 limit ${limits.groupsMax}`.execute(
    trx,
  );
  return rows.map((row) => toUsageRow(row, query.group_by.length));
}

/** The rows that count of a period, as far as the filter lets them through. */
export function inPeriod({
  period,
  filter,
}: Pick<UsageQuery, "period" | "filter">): RawBuilder<unknown> {
  return sql`${counted} and at >= ${period.from}::timestamptz and at < ${period.to}::timestamptz and ${filtered(filter)}`;
}

/** By which entry a model's records were priced; a record of one request alone tells how long its request was. */
export async function pricedParts(
  trx: Trx,
  query: Omit<UsageQuery, "group_by">,
): Promise<PricedPart[]> {
  const summed = isSummed({ ...query, group_by: [] });
  const bucketed = summed ? sql`bucketed` : sql`requests <> 1`;
  const { rows } = await sql<PricedPart>`
    select model, provider, priced_as, tokens, round(computed_usd, 6) as computed_usd, bucket_tokens
    from (
      select model, provider, priced_as, sum(${allTokens}) as tokens, sum(computed_usd) as computed_usd,
        coalesce(sum(${allTokens}) filter (where ${bucketed}), 0) as bucket_tokens
      from ${summed ? sql`usage_sums` : sql`usage_records`}
      where ${inPeriod(query)} and computed_usd is not null and priced_as is not null
      group by 1, 2, 3
    ) as parts
    order by computed_usd desc, 1, 2, 3 limit ${limits.groupsMax}`.execute(trx);
  return rows;
}

function keyOf(
  dimension: Dimension | undefined,
  timeZone: string,
): RawBuilder<unknown> {
  if (dimension === undefined) return sql`null::text`;
  const local = sql`(at at time zone ${timeZone}::text)`;
  if (dimension === "day") return sql`${local}::date`;
  if (dimension === "hour") return sql`to_char(${local}, 'HH24')`;
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
