/**
 * The sums of usage by half hour, kept by differences. Promises: at the end of a transaction that adds every record it stores, and takes away every
 * one it removes, the sums are those of the records.
 */
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { UserId } from "../../domain/model.ts";
import type { Trx } from "../database.ts";

/** Columns by name, of the table `of` where it is given with its dot. */
export const listed = (
  names: readonly string[],
  of = "",
): RawBuilder<unknown> =>
  sql.raw(names.map((name) => `${of}${name}`).join(", "));

const COUNTED = [
  "requests",
  "uncached_input",
  "cache_read",
  "cache_write_5m",
  "cache_write_1h",
  "output",
  "billed_usd",
  "computed_usd",
];
const GROUPED = [
  "sample",
  "at",
  "model",
  "provider",
  "project",
  "feature",
  "tier",
  "measures",
  "priced_as",
];
/** What `added` wants of a record, besides its sign. */
export const SUMMED = ["user_id", ...GROUPED, ...COUNTED];

/** A part of a statement: adds records, times a sign, to the sums. `changes` is a query for these. */
export function added(changes: RawBuilder<unknown>): RawBuilder<unknown> {
  const key = listed([...GROUPED, "priced", "billed", "bucketed"]);
  const each = (of: (name: string) => string) =>
    sql.raw(["records", ...COUNTED].map(of).join(", "));
  return sql`
    changes as (${changes}),
    sums as (
      select user_id, sample, date_bin('30 minutes', at, timestamptz '2000-01-01 00:00+00') as at, model, provider, project, feature, tier, measures,
        priced_as, computed_usd is not null as priced, billed_usd is not null as billed, requests <> 1 as bucketed,
        sum(sign) as records, ${sql.raw(COUNTED.map((it) => `sum(sign * ${it}) as ${it}`).join(", "))}
      from changes group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
    ), summed as (
      insert into usage_sums as u (user_id, ${key}, ${each((it) => it)})
      select user_id, ${key}, ${each((it) => it)} from sums
      on conflict (user_id, ${key}) do update set ${each((it) => `${it} = u.${it} + excluded.${it}`)}
    )`;
}

/** What was taken away may leave a group of nothing. */
export async function dropEmptySums(trx: Trx, user: UserId): Promise<void> {
  await sql`delete from usage_sums where user_id = ${user} and records = 0`.execute(
    trx,
  );
}
