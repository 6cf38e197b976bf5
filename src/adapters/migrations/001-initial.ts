/**
 * Tables, roles, row-level security and the one SQL function that writes the event log. Promises: every table with a user has
 * forced row-level security; gp_app sees the rows of app.user_id only; gp_writer may only add to the log, fenced by attempt.
 */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { POLICIES, ROLES } from "./001-rights.ts";

const TABLES = `
create table users (
  user_id text primary key,
  preferences json,
  data_version bigint not null default 0
);

create table threads (
  thread_id uuid primary key,
  user_id text not null,
  title text not null,
  last_seq bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index threads_by_user on threads (user_id, updated_at desc, thread_id);

create table runs (
  run_id uuid primary key,
  user_id text not null,
  thread_id uuid not null references threads on delete cascade,
  message_id text not null,
  position bigint not null generated always as identity,
  status text not null default 'queued'
    check (status in ('queued','running','awaiting_approval','completed','partial','failed','cancelled','timed_out')),
  attempt integer not null default 0,
  error json,
  created_at timestamptz not null default now(),
  dispatched_at timestamptz,
  stop_requested_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  check ((ended_at is null) = (status in ('queued','running','awaiting_approval')))
);
create unique index runs_by_message on runs (user_id, message_id);
create index runs_by_thread on runs (thread_id, position);
create index runs_active on runs (user_id, position) where ended_at is null;

create table messages (
  user_id text not null,
  message_id text not null,
  thread_id uuid not null references threads on delete cascade,
  run_id uuid not null references runs on delete cascade,
  role text not null check (role in ('user','assistant')),
  content text not null,
  report json,
  created_at timestamptz not null default now(),
  primary key (user_id, message_id)
);
create index messages_by_thread on messages (thread_id, created_at);

create table run_steps (
  run_id uuid not null references runs on delete cascade,
  position integer not null,
  user_id text not null,
  step json not null,
  primary key (run_id, position)
);

create table tool_calls (
  run_id uuid not null references runs on delete cascade,
  tool_call_id text not null,
  user_id text not null,
  call json not null,
  primary key (run_id, tool_call_id)
);

-- No foreign key: events are added only under the lock of their thread's row, and go in the transaction that deletes it.
create table events (
  thread_id uuid not null,
  seq bigint not null,
  user_id text not null,
  run_id uuid not null,
  event json not null,
  primary key (thread_id, seq)
);

create table imports (
  import_id uuid primary key,
  user_id text not null,
  format text not null,
  sample boolean not null,
  file_name text,
  result json,
  created_at timestamptz not null default now()
);
create index imports_by_user on imports (user_id, created_at desc);

create table usage_records (
  user_id text not null,
  identity text not null,
  at timestamptz not null,
  model text not null,
  provider text,
  project text,
  feature text,
  end_user text,
  api_key text,
  tier text not null check (tier in ('standard','batch','flex','priority')),
  requests bigint not null check (requests >= 0),
  uncached_input bigint not null check (uncached_input >= 0),
  cache_read bigint not null check (cache_read >= 0),
  cache_write_5m bigint not null check (cache_write_5m >= 0),
  cache_write_1h bigint not null check (cache_write_1h >= 0),
  output bigint not null check (output >= 0),
  billed_usd numeric,
  computed_usd numeric,
  priced_as text,
  sample boolean not null,
  import_ids uuid[] not null,
  primary key (user_id, identity)
);
create index usage_by_time on usage_records (user_id, sample, at);
`;

/**
 * Locks the threads first, so that claims, endings and appends of one thread follow one another, then drops what is fenced, then
 * numbers and inserts the rest: seq is contiguous per thread because nobody else can be numbering it. It runs as gp_writer, and
 * nobody has a right to insert into the log but through it. A transaction in a user's role appends to that user's runs only; the
 * group commit, which has taken no role, to those of all.
 */
const APPEND = `
create function append_events(thread_ids uuid[], batch json)
returns table (item bigint, first_seq bigint, last_seq bigint, stop_requested boolean)
language plpgsql security definer set search_path from current as $$
begin
  perform 1 from threads t where t.thread_id = any (thread_ids) order by t.thread_id for update;

  return query
  with items as (
    select * from rows from (json_to_recordset(batch) as
      (run_id uuid, thread_id uuid, user_id text, attempt integer, events json, steps json, calls json))
      with ordinality as i (run_id, thread_id, user_id, attempt, events, steps, calls, item)
  ), live as (
    select i.*, r.stop_requested_at is not null as stop_requested
    from items i join runs r on r.run_id = i.run_id and r.thread_id = i.thread_id and r.user_id = i.user_id
    where i.thread_id = any (thread_ids) and r.attempt = i.attempt and r.status in ('running', 'awaiting_approval')
      and (current_setting('role') = 'none' or r.user_id = current_setting('app.user_id', true))
  ), numbered as (
    select l.item, l.user_id, l.run_id, l.thread_id, e.value as event,
           t.last_seq + row_number() over (partition by l.thread_id order by l.item, e.ordinality) as seq
    from live l join threads t on t.thread_id = l.thread_id
    cross join lateral json_array_elements(l.events) with ordinality e
  ), inserted_events as (
    insert into events (thread_id, seq, user_id, run_id, event)
    select n.thread_id, n.seq, n.user_id, n.run_id, n.event from numbered n
  ), inserted_steps as (
    insert into run_steps (run_id, position, user_id, step)
    select l.run_id, (s.value ->> 'position')::int, l.user_id, s.value -> 'step'
    from live l cross join lateral json_array_elements(l.steps) s
  ), inserted_calls as (
    insert into tool_calls (run_id, tool_call_id, user_id, call)
    select l.run_id, c.value ->> 'tool_call_id', l.user_id, c.value
    from live l cross join lateral json_array_elements(l.calls) c
  ), advanced as (
    update threads t set last_seq = a.seq
    from (select n.thread_id, max(n.seq) as seq from numbered n group by n.thread_id) a
    where t.thread_id = a.thread_id
  )
  select l.item, min(n.seq)::bigint, max(n.seq)::bigint, l.stop_requested
  from live l left join numbered n on n.item = l.item
  group by l.item, l.stop_requested;
end $$;
`;

/** One user's events of one thread, as that user may see them. */
const READ = `
create function read_events(reader text, thread uuid, after bigint, most integer)
returns table (seq bigint, event json)
language plpgsql security definer set search_path from current as $$
begin
  perform set_config('app.user_id', reader, true);
  return query select e.seq, e.event from events e
    where e.thread_id = thread and e.seq > after order by e.seq limit most;
end $$;
`;

/**
 * Takes a run for a node: attempt + 1, and all that the node needs to go on with it. It locks the thread first, like an append. Its log
 * and steps are empty on the first attempt, so they are read on later ones only.
 */
const CLAIM = `
create function claim_run(claimer text, run uuid, history integer)
returns table (
  thread_id uuid, message_id text, attempt integer, started_at timestamptz, stop_requested boolean,
  question text, earlier json, preferences json, steps json, log json
)
language plpgsql security definer set search_path from current as $$
#variable_conflict use_column
begin
  perform set_config('app.user_id', claimer, true);
  perform 1 from threads t join runs r on r.thread_id = t.thread_id where r.run_id = run for update of t;
  return query
  update runs r set attempt = r.attempt + 1, status = 'running', started_at = coalesce(r.started_at, now())
  where r.run_id = run and r.ended_at is null
  returning r.thread_id, r.message_id, r.attempt, r.started_at, r.stop_requested_at is not null,
    (select m.content from messages m where m.user_id = r.user_id and m.message_id = r.message_id),
    (select coalesce(json_agg(b.content order by b.position), '[]') from (
      select m.content, o.position from runs o
      join messages m on m.user_id = o.user_id and m.message_id = o.message_id
      where o.thread_id = r.thread_id and o.position < r.position
      order by o.position desc limit history) as b),
    (select u.preferences from users u where u.user_id = r.user_id),
    (select json_agg(s.step order by s.position) from run_steps s where r.attempt > 1 and s.run_id = r.run_id),
    (select json_agg(json_build_object('seq', e.seq, 'event', e.event) order by e.seq)
      from events e where r.attempt > 1 and e.thread_id = r.thread_id and e.run_id = r.run_id);
end $$;
`;

async function up(db: Kysely<unknown>): Promise<void> {
  for (const part of [TABLES, APPEND, READ, CLAIM, ROLES, POLICIES]) {
    await sql.raw(part).execute(db);
  }
}

export const initial: Migration = { up };
