/**
 * What an operator may read about a run: who claimed it and what went wrong, and the trace it belongs to. Promises: every claim leaves its
 * row in the transaction that makes it; a run has a hundred rows at most; only the runtime writes them, and a user's role sees its own.
 */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** A node names itself on its connections as `goldenpath/VERSION node/VERSION NAME`. */
const TABLE = `
create table run_reports (
  run_id uuid not null references runs on delete cascade,
  report_id uuid not null default gen_random_uuid(),
  user_id text not null,
  at timestamptz not null default clock_timestamp(),
  attempt integer not null,
  node text not null default split_part(current_setting('application_name'), ' ', 3),
  version text not null default split_part(current_setting('application_name'), ' ', 1)
    || ' ' || split_part(current_setting('application_name'), ' ', 2),
  kind text not null,
  detail json not null,
  primary key (run_id, report_id)
);
alter table runs add column traceparent text;
`;

const CLAIMED = `
create function note_claim() returns trigger
language plpgsql security definer set search_path from current as $$
begin
  insert into run_reports (run_id, user_id, attempt, kind, detail)
  select new.run_id, new.user_id, new.attempt, 'claimed', '{}'
  where (select count(*) from run_reports r where r.run_id = new.run_id) < 100;
  return null;
end $$;
create trigger runs_claimed after update of attempt on runs
  for each row when (old.attempt is distinct from new.attempt) execute function note_claim();
`;

const RIGHTS = `
grant select on run_reports to gp_app;
grant insert on run_reports to gp_writer;
grant select (run_id) on run_reports to gp_writer;
alter table run_reports enable row level security;
alter table run_reports force row level security;
create policy own_rows on run_reports to gp_app
  using (user_id = current_setting('app.user_id', true))
  with check (user_id = current_setting('app.user_id', true));
create policy writer_reads on run_reports for select to gp_writer using (true);
create policy writer_adds on run_reports for insert to gp_writer with check (true);
-- An owner must be able to create in the schema at the moment it becomes one.
do $$ begin
  execute format('grant create on schema %I to gp_writer', current_schema());
  alter function note_claim() owner to gp_writer;
  execute format('revoke create on schema %I from gp_writer', current_schema());
end $$;
revoke execute on function note_claim() from public;
`;

async function up(db: Kysely<unknown>): Promise<void> {
  for (const part of [TABLE, CLAIMED, RIGHTS]) await sql.raw(part).execute(db);
}

export const reports: Migration = { up };
