/**
 * Tells a run that a node handed back from one that a node lost: only what was lost counts as a crash. `held` is true from a claim until its
 * node lets go; a claim that finds it true takes the run from a node that did not.
 */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

const COLUMNS = `
alter table runs add column held boolean not null default false;
alter table runs add column crashes integer not null default 0;
`;

/** As before, and says how many nodes have lost the run. */
const CLAIM = `
drop function claim_run(text, uuid, integer);
create function claim_run(claimer text, run uuid, history integer)
returns table (
  thread_id uuid, message_id text, attempt integer, crashes integer, started_at timestamptz, stop_requested boolean,
  question text, earlier json, preferences json, steps json, log json
)
language plpgsql security definer set search_path from current as $$
#variable_conflict use_column
begin
  perform set_config('app.user_id', claimer, true);
  perform 1 from threads t join runs r on r.thread_id = t.thread_id where r.run_id = run for update of t;
  return query
  update runs r set attempt = r.attempt + 1, crashes = r.crashes + r.held::int, held = true,
    status = 'running', started_at = coalesce(r.started_at, now())
  where r.run_id = run and r.ended_at is null
  returning r.thread_id, r.message_id, r.attempt, r.crashes, r.started_at, r.stop_requested_at is not null,
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

/** An owner must be able to create in the schema at the moment it becomes one. */
const RIGHTS = `
do $$ begin
  execute format('grant create on schema %I to gp_app', current_schema());
  alter function claim_run(text, uuid, integer) owner to gp_app;
  execute format('revoke create on schema %I from gp_app', current_schema());
end $$;
revoke execute on function claim_run(text, uuid, integer) from public;
do $$ begin
  execute format('grant execute on function claim_run(text, uuid, integer) to %I', session_user);
end $$;
`;

async function up(db: Kysely<unknown>): Promise<void> {
  for (const part of [COLUMNS, CLAIM, RIGHTS]) await sql.raw(part).execute(db);
}

export const handover: Migration = { up };
