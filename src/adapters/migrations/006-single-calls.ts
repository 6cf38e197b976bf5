/**
 * A submission and an ending as one statement each, and the job of a run that becomes due as the database's own doing. Promises: a due run has
 * a job, whoever makes it due; what is counted of a user holds until the commit; whoever calls as a user reaches that user's rows only.
 */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** The queue's rules are columns of each of its jobs, as pg-boss itself copies them. Its id is the run's, so a run has one job at most. */
const DUE = `
create function enqueue_due_run() returns trigger
language plpgsql security definer set search_path from current as $$
begin
  insert into pgboss.job (id, name, data, created_on, start_after, keep_until, policy, retry_limit, retry_delay, retry_backoff,
    retry_delay_max, expire_seconds, deletion_seconds, dead_letter, heartbeat_seconds)
  select new.run_id, q.name,
    jsonb_build_object('run_id', new.run_id, 'user_id', new.user_id, 'traceparent', new.traceparent),
    pgboss.job_now(), pgboss.job_now(), pgboss.job_now() + q.retention_seconds * interval '1 second', q.policy, q.retry_limit,
    q.retry_delay, coalesce(q.retry_backoff, false), q.retry_delay_max, q.expire_seconds, q.deletion_seconds, q.dead_letter,
    q.heartbeat_seconds
  from pgboss.queue q where q.name = 'runs';
  if not found then raise exception 'there is no queue of runs'; end if;
  return null;
end $$;
create trigger runs_due after insert or update of dispatched_at on runs
  for each row when (new.dispatched_at is not null) execute function enqueue_due_run();
`;

/** Of the transactions that hold a user's lock, one goes on at a time. */
const ACT = `
create function act_alone(owner text) returns void
language plpgsql as $$
begin
  perform set_config('app.user_id', owner, true), pg_advisory_xact_lock(hashtextextended('user:' || owner, 0));
end $$;

-- Not in SQL: the plan of such a function lasts no longer than the statement that calls it.
create function read_thread(thread uuid) returns json
language plpgsql stable as $$
begin
  return (select to_json(it) from (
    select t.thread_id, t.title, t.last_seq, t.created_at, t.updated_at,
      (select json_build_object('run_id', r.run_id, 'status', r.status, 'started_at', r.started_at)
        from runs r where r.thread_id = t.thread_id and r.ended_at is null order by r.position limit 1) as active_run
    from threads t where t.thread_id = thread) it);
end $$;
`;

/** Makes runs due: the oldest of its thread, while the user has fewer than the cap at work. To be called under the user's lock. */
const DISPATCH = `
create function dispatch_due(owner text, at_work_max integer) returns boolean
language plpgsql as $$
begin
  with active as (
    select run_id, dispatched_at, position, row_number() over (partition by thread_id order by position) as place
    from runs where user_id = owner and ended_at is null
  )
  update runs set dispatched_at = now() where run_id in (
    select run_id from active where place = 1 and dispatched_at is null order by position
    limit greatest(0, at_work_max - (select count(*)::int from active where dispatched_at is not null)));
  return found;
end $$;
`;

/**
 * Everything that decides about a submission, then thread, run and message. A refusal has written nothing. The answer is the message's run as
 * it stands, whether it is new or was there. Where runs are to be interrupted the thread is locked before them, as everywhere: no circle of waits.
 */
const SUBMIT = `
create function submit_run(
  owner text, message text, thread uuid, fresh_thread uuid, run uuid, title text, content text, trace text, if_busy text,
  at_work_max integer, queued_max integer, queue_is_full boolean)
returns table (
  outcome text, run_id uuid, thread_id uuid, traceparent text, active boolean, queue_position bigint, after_seq bigint,
  interrupted json, dispatched boolean, stored json)
language plpgsql security definer set search_path from current as $$
#variable_conflict use_column
declare
  ahead bigint;
  queued bigint;
  at_work bigint;
  stopped json := '[]';
  answer text := 'accepted';
begin
  perform act_alone(owner);
  select count(*) filter (where r.thread_id = thread), count(*) filter (where r.status = 'queued'),
    count(*) filter (where r.dispatched_at is not null)
    into ahead, queued, at_work from runs r where r.user_id = owner and r.ended_at is null;
  answer := case
    when exists (select from runs r where r.user_id = owner and r.message_id = message) then 'duplicate'
    when queue_is_full then 'queue_full'
    when fresh_thread is null and not exists (select from threads t where t.thread_id = thread) then 'thread_not_found'
    when ahead > 0 and if_busy = 'reject' then 'busy'
    when queued >= queued_max then 'too_many_runs'
    else 'accepted' end;
  if answer = 'accepted' then
    if ahead > 0 and if_busy = 'interrupt' then
      perform from threads t where t.thread_id = thread for update;
      with marked as (
        update runs r set stop_requested_at = coalesce(r.stop_requested_at, now())
        where r.thread_id = thread and r.ended_at is null returning r.run_id)
      select coalesce(json_agg(m.run_id), '[]') into stopped from marked m;
    end if;
    if fresh_thread is null then update threads t set updated_at = now() where t.thread_id = thread;
    else insert into threads (thread_id, user_id, title) values (fresh_thread, owner, title);
    end if;
    insert into runs (run_id, user_id, thread_id, message_id, traceparent, dispatched_at)
    values (run, owner, coalesce(fresh_thread, thread), message, trace,
      case when ahead = 0 and at_work < at_work_max then now() end);
    insert into messages (user_id, message_id, thread_id, run_id, role, content)
    values (owner, message, coalesce(fresh_thread, thread), run, 'user', content);
  elsif answer <> 'duplicate' then
    return query select answer, null::uuid, null::uuid, null, null::boolean, null::bigint, null::bigint, null::json, null::boolean, null::json;
    return;
  end if;
  return query
  select answer, r.run_id, r.thread_id, r.traceparent, r.ended_at is null,
    (select count(*) from runs a where a.thread_id = r.thread_id and a.ended_at is null and a.position < r.position and r.ended_at is null),
    coalesce((select min(e.seq) - 1 from events e where e.thread_id = r.thread_id and e.run_id = r.run_id), t.last_seq),
    stopped, answer = 'accepted' and r.dispatched_at is not null, read_thread(r.thread_id)
  from runs r join threads t on t.thread_id = r.thread_id where r.user_id = owner and r.message_id = message;
end $$;
`;

/** The last events, the ending, and whose turn is next. No row where the run was fenced: nothing is written then. */
const END = `
create function end_run(owner text, thread uuid, run uuid, batch json, status text, error json, answer json, at_work_max integer)
returns table (first_seq bigint, dispatched boolean, stored json)
language plpgsql security definer set search_path from current as $$
#variable_conflict use_column
declare
  seq bigint;
begin
  perform act_alone(owner);
  select a.first_seq into seq from append_events(array[thread], batch) a;
  if not found then return; end if;
  update runs r set status = end_run.status, ended_at = now(), error = end_run.error where r.run_id = run;
  if answer is not null then
    insert into messages (user_id, message_id, thread_id, run_id, role, content, report)
    values (owner, answer ->> 'message_id', thread, run, 'assistant', answer ->> 'content', answer -> 'report');
  end if;
  update threads t set updated_at = now() where t.thread_id = thread;
  return query select seq, dispatch_due(owner, at_work_max), read_thread(thread);
end $$;
`;

const SIGNATURES = [
  "act_alone(text)",
  "read_thread(uuid)",
  "dispatch_due(text, integer)",
  "submit_run(text, text, uuid, uuid, uuid, text, text, text, text, integer, integer, boolean)",
  "end_run(text, uuid, uuid, json, text, json, json, integer)",
];

/** An owner must be able to create in the schema at the moment it becomes one. */
const RIGHTS = `
revoke execute on function enqueue_due_run() from public;
do $$ begin
  execute format('grant create on schema %I to gp_app', current_schema());
  ${SIGNATURES.map((it) => `alter function ${it} owner to gp_app;`).join("\n  ")}
  execute format('revoke create on schema %I from gp_app', current_schema());
end $$;
revoke execute on function ${SIGNATURES.join(", ")} from public;
do $$ begin
  execute format('grant execute on function ${SIGNATURES.join(", ")} to %I', session_user);
end $$;
`;

async function up(db: Kysely<unknown>): Promise<void> {
  for (const part of [DUE, ACT, DISPATCH, SUBMIT, END, RIGHTS])
    await sql.raw(part).execute(db);
}

export const singleCalls: Migration = { up };
