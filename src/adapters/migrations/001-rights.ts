/**
 * The rights of the first migration: roles, what each may do, and row-level security on every table that has a user. Promises: gp_app sees
 * the rows of app.user_id only; gp_writer may add to the log and nothing else; neither owns a table.
 */

/** Roles belong to the whole server, so another database may have made them already, perhaps at this very moment. */
export const ROLES = `
do $$
declare name text;
begin
  foreach name in array array['gp_app', 'gp_writer'] loop
    begin
      execute format('create role %I nologin nosuperuser nobypassrls', name);
    exception when duplicate_object or unique_violation then null;
    end;
    if not pg_has_role(current_user, name, 'member') then
      execute format('grant %I to current_user', name);
    end if;
  end loop;
end $$;

grant select, insert, update, delete on users, threads, runs, messages, imports, usage_records to gp_app;
grant select on run_steps, tool_calls to gp_app;
grant select, delete on events to gp_app;
grant insert on events, run_steps, tool_calls to gp_writer;
grant select (run_id, thread_id, user_id, attempt, status, dispatched_at, stop_requested_at, ended_at) on runs to gp_writer;
grant select (thread_id, last_seq), update (last_seq) on threads to gp_writer;
-- An owner must be able to create in the schema at the moment it becomes one.
do $$ begin
  execute format('grant create on schema %I to gp_app, gp_writer', current_schema());
  alter function append_events(uuid[], json) owner to gp_writer;
  alter function read_events(text, uuid, bigint, integer) owner to gp_app;
  alter function claim_run(text, uuid, integer) owner to gp_app;
  execute format('revoke create on schema %I from gp_app, gp_writer', current_schema());
end $$;
revoke execute on function append_events(uuid[], json), read_events(text, uuid, bigint, integer),
  claim_run(text, uuid, integer) from public;
grant execute on function append_events(uuid[], json) to gp_app;
do $$ begin
  execute format('grant execute on function append_events(uuid[], json), read_events(text, uuid, bigint, integer), claim_run(text, uuid, integer) to %I', session_user);
end $$;
`;

const OWNED = [
  "users",
  "threads",
  "runs",
  "messages",
  "run_steps",
  "tool_calls",
  "events",
  "imports",
  "usage_records",
];

export const POLICIES = [
  ...OWNED.map(
    (table) => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy own_rows on ${table} to gp_app
  using (user_id = current_setting('app.user_id', true))
  with check (user_id = current_setting('app.user_id', true));`,
  ),
  "create policy writer_reads on runs for select to gp_writer using (true);",
  "create policy writer_reads on threads for select to gp_writer using (true);",
  "create policy writer_advances on threads for update to gp_writer using (true);",
  "create policy writer_adds on events for insert to gp_writer with check (true);",
  "create policy writer_adds on run_steps for insert to gp_writer with check (true);",
  "create policy writer_adds on tool_calls for insert to gp_writer with check (true);",
].join("\n");
