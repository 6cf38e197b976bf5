/**
 * What only some records tell, in SQL: input that repeats, requests that failed, what a single request cost. Promises: a source that tells nothing is left out of both
 * sides of every share, and costs no look at its records.
 */
import { sql } from "kysely";
import { limits } from "../../domain/limits.ts";
import type {
  Failures,
  Reuse,
  Spread,
  UsageQuery,
} from "../../domain/ports.ts";
import type { Trx } from "../database.ts";
import { inPeriod } from "./usage.ts";

interface ReuseRow {
  readonly model: string;
  readonly input_tokens: number;
  readonly read_5m: number;
  readonly written_5m: number;
  readonly read_1h: number;
  readonly written_1h: number;
}

const lifetime = (name: string, part: string) =>
  sql`coalesce(sum((reusable -> ${sql.lit(name)} ->> ${sql.lit(part)})::bigint), 0)::bigint`;

/** By model, the one with most input first. */
export async function readReuse(
  trx: Trx,
  query: Pick<UsageQuery, "period" | "filter">,
): Promise<Reuse[]> {
  const { rows } = await sql<ReuseRow>`
    select model, sum(uncached_input + cache_read + cache_write_5m + cache_write_1h)::bigint as input_tokens,
      ${lifetime("five_minutes", "read")} as read_5m, ${lifetime("five_minutes", "written")} as written_5m,
      ${lifetime("one_hour", "read")} as read_1h, ${lifetime("one_hour", "written")} as written_1h
    from usage_records where reusable is not null and ${inPeriod(query)}
    group by model order by input_tokens desc, model`.execute(trx);
  return rows.map((row) => ({
    model: row.model,
    input_tokens: row.input_tokens,
    reusable: {
      five_minutes: { read: row.read_5m, written: row.written_5m },
      one_hour: { read: row.read_1h, written: row.written_1h },
    },
  }));
}

/** By model, the one with most failures first. */
export async function readFailures(
  trx: Trx,
  query: Pick<UsageQuery, "period" | "filter">,
): Promise<Failures[]> {
  const { rows } = await sql<Failures>`
    select model, sum(requests)::bigint as requests, sum(failed_requests)::bigint as failed_requests
    from usage_records where failed_requests is not null and ${inPeriod(query)}
    group by model order by failed_requests desc, model`.execute(trx);
  return rows;
}

/** By model, the dearest mean first. */
export async function readSpread(
  trx: Trx,
  query: Pick<UsageQuery, "period" | "filter">,
): Promise<Spread[]> {
  const { rows } = await sql<Spread>`
    select model, count(*) as requests, round(avg(computed_usd), 6) as mean_usd,
      percentile_disc(0.5) within group (order by computed_usd) as p50_usd,
      percentile_disc(0.95) within group (order by computed_usd) as p95_usd, max(computed_usd) as max_usd
    from usage_records where requests = 1 and computed_usd is not null and ${inPeriod(query)}
    group by model order by mean_usd desc, model limit ${limits.groupsMax}`.execute(
    trx,
  );
  return rows;
}
