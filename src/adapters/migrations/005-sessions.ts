/**
 * Revocations, and each user's last session. Promises: both are written by functions of gp_sessions alone, a role that can do nothing
 * else; a user sees the own session, and nobody but those functions a revocation.
 */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

const TABLES = `
create table revocations (
  kind text not null check (kind in ('token', 'user')),
  name text not null,
  revoked_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (kind, name)
);
create index revocations_by_time on revocations (revoked_at);

create table sessions (
  user_id text primary key,
  threads json not null,
  saved_at timestamptz not null default now()
);
`;

/** The same again counts from now. What has had its time goes on the occasion. */
const REVOKE = `
create function add_revocation(kind text, name text, lifetime_seconds integer)
returns table (revoked_at timestamptz, expires_at timestamptz)
language plpgsql security definer set search_path from current as $$
#variable_conflict use_column
begin
  delete from revocations r where r.expires_at <= now();
  return query
  insert into revocations as r (kind, name, revoked_at, expires_at)
  values (add_revocation.kind, add_revocation.name, now(), now() + make_interval(secs => lifetime_seconds))
  on conflict (kind, name) do update set revoked_at = excluded.revoked_at, expires_at = excluded.expires_at
  returning r.revoked_at, r.expires_at;
end $$;
`;

/** One that is committed late may be older than what was read already, so a reader looks back by the overlap. */
const READ_REVOCATIONS = `
create function read_revocations(since timestamptz, overlap_seconds integer, most integer)
returns table (kind text, name text, revoked_at timestamptz, expires_at timestamptz)
language sql stable security definer set search_path from current as $$
  select r.kind, r.name, r.revoked_at, r.expires_at from revocations r
  where r.expires_at > now() and (since is null or r.revoked_at > since - make_interval(secs => overlap_seconds))
  order by r.revoked_at desc limit most
$$;
`;

/** In one order, so that nodes which save the same users at once wait for, and never lock out, one another. */
const SAVE_SESSIONS = `
create function save_sessions(batch json) returns void
language sql security definer set search_path from current as $$
  insert into sessions (user_id, threads)
  select s.user_id, s.threads from json_to_recordset(batch) as s (user_id text, threads json) order by s.user_id
  on conflict (user_id) do update set threads = excluded.threads, saved_at = excluded.saved_at
$$;
`;

const READ_SESSION = `
create function read_session(reader text, lifetime_seconds integer)
returns table (threads json)
language plpgsql security definer set search_path from current as $$
begin
  perform set_config('app.user_id', reader, true);
  return query select s.threads from sessions s where s.saved_at > now() - make_interval(secs => lifetime_seconds);
end $$;
`;

/** As in the first migration: roles are the server's, and an owner must be able to create in the schema when it becomes one. */
const RIGHTS = `
do $$ begin
  begin
    create role gp_sessions nologin nosuperuser nobypassrls;
  exception when duplicate_object or unique_violation then null;
  end;
  if not pg_has_role(current_user, 'gp_sessions', 'member') then
    execute 'grant gp_sessions to current_user';
  end if;
end $$;

grant select, insert, update, delete on revocations to gp_sessions;
grant select, insert, update on sessions to gp_sessions;
grant select on sessions to gp_app;

alter table revocations enable row level security;
alter table revocations force row level security;
create policy keeper on revocations to gp_sessions using (true) with check (true);
alter table sessions enable row level security;
alter table sessions force row level security;
create policy own_rows on sessions to gp_app
  using (user_id = current_setting('app.user_id', true))
  with check (user_id = current_setting('app.user_id', true));
create policy keeper on sessions to gp_sessions using (true) with check (true);

do $$ begin
  execute format('grant create on schema %I to gp_app, gp_sessions', current_schema());
  alter function add_revocation(text, text, integer) owner to gp_sessions;
  alter function read_revocations(timestamptz, integer, integer) owner to gp_sessions;
  alter function save_sessions(json) owner to gp_sessions;
  alter function read_session(text, integer) owner to gp_app;
  execute format('revoke create on schema %I from gp_app, gp_sessions', current_schema());
end $$;
revoke execute on function add_revocation(text, text, integer), read_revocations(timestamptz, integer, integer),
  save_sessions(json), read_session(text, integer) from public;
do $$ begin
  execute format('grant execute on function add_revocation(text, text, integer),
    read_revocations(timestamptz, integer, integer), save_sessions(json), read_session(text, integer) to %I', session_user);
end $$;
`;

async function up(db: Kysely<unknown>): Promise<void> {
  const functions = [REVOKE, READ_REVOCATIONS, SAVE_SESSIONS, READ_SESSION];
  for (const part of [TABLES, ...functions, RIGHTS]) {
    await sql.raw(part).execute(db);
  }
}

export const sessions: Migration = { up };
