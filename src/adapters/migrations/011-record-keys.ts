/**
 * The key of usage records for fast imports: the identity first, as bytes. Promises: the same rows are the same rows as before. Every lookup
 * compared users first, who are nearly always the same, and then hex digits by the rules of a language.
 */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** A user's rows as such are found by usage_by_time. */
const KEY = `
alter table usage_records
  drop constraint usage_records_pkey,
  alter column identity type text collate "C",
  add primary key (identity, user_id)`;

async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(KEY).execute(db);
}

export const recordKeys: Migration = { up };
