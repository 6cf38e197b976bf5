/**
 * The sums of usage also tell which entry priced what, and what came in buckets of requests. Promises: the sums are made anew from the
 * records, so that they are those of the records as before.
 */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** The constraint's name was the server's choice, so it is looked up. */
const COLUMNS = `
do $$
declare name text;
begin
  select conname into name from pg_constraint where conrelid = 'usage_sums'::regclass and contype = 'u';
  execute format('alter table usage_sums drop constraint %I', name);
end $$;
alter table usage_sums add column priced_as text, add column bucketed boolean not null default false;
alter table usage_sums alter column bucketed drop default;
alter table usage_sums add unique nulls not distinct
  (user_id, sample, at, model, provider, project, feature, tier, measures, priced_as, priced, billed, bucketed);
`;

/** Whoever owns the tables sees every user's rows only while security is not forced on the owner too. */
const SUMS = `
alter table usage_records no force row level security;
alter table usage_sums no force row level security;
delete from usage_sums;
insert into usage_sums (user_id, sample, at, model, provider, project, feature, tier, measures, priced_as, priced, billed, bucketed,
  records, requests, uncached_input, cache_read, cache_write_5m, cache_write_1h, output, billed_usd, computed_usd)
select user_id, sample, date_bin('30 minutes', at, timestamptz '2000-01-01 00:00+00'), model, provider, project, feature, tier, measures,
  priced_as, computed_usd is not null, billed_usd is not null, requests <> 1, count(*), sum(requests), sum(uncached_input), sum(cache_read),
  sum(cache_write_5m), sum(cache_write_1h), sum(output), sum(billed_usd), sum(computed_usd)
from usage_records group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13;
alter table usage_records force row level security;
alter table usage_sums force row level security;
`;

async function up(db: Kysely<unknown>): Promise<void> {
  for (const part of [COLUMNS, SUMS]) await sql.raw(part).execute(db);
}

export const pricedAs: Migration = { up };
