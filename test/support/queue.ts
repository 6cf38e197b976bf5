/** A queue as full as a test wants it: runs that are due and that nobody works on, since they have no jobs. */
import type pg from "pg";

/** Puts `count` due runs of other users beside what is there, in one transaction, and takes the jobs that they have got. */
export async function fillQueue(pool: pg.Pool, count: number): Promise<void> {
  await pool.query(
    `with thread as (
      insert into threads (thread_id, user_id, title) select gen_random_uuid(), 'crowd', 'crowd'
      from generate_series(1, ${count}) returning thread_id)
    insert into runs (run_id, user_id, thread_id, message_id, dispatched_at)
    select gen_random_uuid(), 'crowd', thread_id, thread_id::text, now() from thread;
    delete from pgboss.job where data ->> 'user_id' = 'crowd'`,
  );
}

export async function emptyQueue(pool: pg.Pool): Promise<void> {
  await pool.query("delete from threads where user_id = 'crowd'");
}
