/**
 * What a node asks when it may have missed messages: where threads stand, and which runs go on. Promises: the function tells of any thread
 * or run whose id one knows no more than that; it runs as gp_writer, which can read nothing that threads and runs hold.
 */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

const READ_HEADS = `
create function read_heads(thread_ids uuid[], run_ids uuid[])
returns table (thread_id uuid, last_seq bigint, run_id uuid)
language sql stable security definer set search_path from current as $$
  select t.thread_id, t.last_seq, null::uuid from threads t where t.thread_id = any (thread_ids)
  union all
  select null::uuid, null::bigint, r.run_id from runs r
  where r.run_id = any (run_ids) and r.ended_at is null and r.stop_requested_at is null
$$;
`;

/** An owner must be able to create in the schema at the moment it becomes one. */
const RIGHTS = `
do $$ begin
  execute format('grant create on schema %I to gp_writer', current_schema());
  alter function read_heads(uuid[], uuid[]) owner to gp_writer;
  execute format('revoke create on schema %I from gp_writer', current_schema());
  revoke execute on function read_heads(uuid[], uuid[]) from public;
  execute format('grant execute on function read_heads(uuid[], uuid[]) to %I', session_user);
end $$;
`;

async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(READ_HEADS).execute(db);
  await sql.raw(RIGHTS).execute(db);
}

export const heads: Migration = { up };
