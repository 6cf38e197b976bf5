/**
 * A page of the log is bounded by bytes as well as by events. Promises: a page has one event at least where there are any, and says of its last
 * one whether a bound ended it, or the log.
 */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** A loop, since what lies behind the bound must not even be unpacked. */
const READ = `
drop function read_events(text, uuid, bigint, integer);

create function read_events(reader text, thread uuid, after bigint, events_max integer, bytes_max integer)
returns table (seq bigint, event json, more boolean)
language plpgsql security definer set search_path from current as $$
declare
  bytes bigint := 0;
  events integer := 0;
begin
  perform set_config('app.user_id', reader, true);
  for seq, event in
    select e.seq, e.event from events e where e.thread_id = thread and e.seq > after order by e.seq limit events_max
  loop
    bytes := bytes + octet_length(event::text);
    events := events + 1;
    more := bytes >= bytes_max or events = events_max;
    return next;
    exit when more;
  end loop;
end $$;
`;

const SIGNATURE = "read_events(text, uuid, bigint, integer, integer)";

/** An owner must be able to create in the schema at the moment it becomes one. */
const RIGHTS = `
do $$ begin
  execute format('grant create on schema %I to gp_app', current_schema());
  alter function ${SIGNATURE} owner to gp_app;
  execute format('revoke create on schema %I from gp_app', current_schema());
end $$;
revoke execute on function ${SIGNATURE} from public;
do $$ begin
  execute format('grant execute on function ${SIGNATURE} to %I', session_user);
end $$;
`;

async function up(db: Kysely<unknown>): Promise<void> {
  for (const part of [READ, RIGHTS]) await sql.raw(part).execute(db);
}

export const boundedPages: Migration = { up };
