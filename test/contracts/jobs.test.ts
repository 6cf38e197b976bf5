/** The Jobs port: each job is one owner's, comes back when its owner lets go or dies, and never again once it is done. */
import { Effect } from "effect";
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
} from "vitest";
import { Database } from "../../src/adapters/database.ts";
import { reclaimAll } from "../../src/adapters/jobs.ts";
import { limits } from "../../src/domain/limits.ts";
import type { UserId } from "../../src/domain/model.ts";
import { Bus, Jobs, Store, topics } from "../../src/domain/ports.ts";
import type { Job } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { appendTo, claim, submit } from "../support/filled.ts";

describe.each(backends)("Jobs on $name", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const use = <A, E>(work: (jobs: Jobs["Service"]) => Effect.Effect<A, E>) =>
    backend.run(Jobs.use(work));
  const fetchAll = (limit = 100) => use((it) => it.fetch(limit));
  /** Jobs without how long they waited, which no test decides. */
  const fetch = async (limit = 100): Promise<Job[]> =>
    (await fetchAll(limit)).map((it) => ({ ...it, waited_ms: null }));
  const newJob = async (): Promise<Job> => {
    const user_id = crypto.randomUUID() as UserId;
    const { run_id } = await submit(backend, user_id);
    return {
      traceparent: null,
      waited_ms: null,
      job_id: run_id,
      run_id,
      user_id,
    };
  };
  /** Lets so many seconds pass for a job's heartbeat, and has the queue looked after. */
  const age = async (job: Job, seconds: number) => {
    await backend.pool.query(
      "update pgboss.job set heartbeat_on = heartbeat_on - $2 * interval '1 second' where id = $1",
      [job.job_id, seconds],
    );
    // Looked after as soon as asked, not when its interval is over.
    await backend.pool.query(
      "update pgboss.queue set monitor_on = null, monitor_claim_on = null",
    );
    await backend.boss.supervise("runs");
  };
  // On a slow machine the heartbeat of a job that an earlier test left may lapse in this one.
  beforeEach(async () => {
    await backend.pool.query("delete from pgboss.job");
  });

  test("a submitted run's job is fetched once, with whose it is", async () => {
    const job = await newJob();
    expect(await fetch()).toEqual([job]);
    expect(await fetch()).toEqual([]);
  });

  test("a job says how long it was due at its first fetch, and only then; the trace it continues each time", async () => {
    const user_id = crypto.randomUUID() as UserId;
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    await submit(backend, user_id, { traceparent });
    await backend.pool.query(
      "update pgboss.job set created_on = created_on - interval '2 seconds' where state = 'created'",
    );
    const [first] = await fetchAll();
    expect(first).toMatchObject({ user_id, traceparent });
    expect(first!.waited_ms).toBeGreaterThanOrEqual(2_000);
    expect(first!.waited_ms).toBeLessThan(60_000);
    await use((it) => it.release(first!));
    const [again] = await fetchAll();
    expect(again).toEqual({ ...first, waited_ms: null });
  });

  test("a due run's job is the one that the queue itself would have made", async () => {
    const { run_id, user_id } = await newJob();
    const own = crypto.randomUUID();
    const data = { run_id, user_id, traceparent: null };
    await backend.boss.insert("runs", [{ id: own, data }]);
    const jobOf = async (id: string) => {
      const { rows } = await backend.pool.query<Record<string, unknown>>(
        `select *, keep_until - created_on as kept, null as id, null as created_on, null as start_after, null as keep_until
        from pgboss.job where id = $1`,
        [id],
      );
      return rows[0];
    };
    const made = await jobOf(run_id);
    expect(made).toMatchObject({
      data,
      heartbeat_seconds: limits.heartbeatSeconds,
    });
    expect(made).toEqual(await jobOf(own));
  });

  test("concurrent fetches share the jobs out, up to their limit", async () => {
    const jobs = await Promise.all(Array.from({ length: 12 }, newJob));
    const taken = await Promise.all([fetch(5), fetch(5), fetch(5)]);
    for (const it of taken) expect(it.length).toBeLessThanOrEqual(5);
    const ids = [...taken.flat(), ...(await fetch())].map((it) => it.job_id);
    expect(ids.toSorted()).toEqual(jobs.map((it) => it.job_id).toSorted());
  });

  test("a completed job does not come back", async () => {
    const job = await newJob();
    await fetch();
    await use((it) => it.complete([job]));
    await age(job, limits.heartbeatSeconds + 1);
    expect(await fetch()).toEqual([]);
  });

  test("a released job can be had at once, again and again", async () => {
    const job = await newJob();
    for (let time = 0; time < limits.attemptsMax * 2; time += 1) {
      expect(await fetch()).toEqual([job]);
      await use((it) => it.release(job));
    }
  });

  test("a dead owner's job comes back after the heartbeat, a touched one stays", async () => {
    const dead = await newJob();
    const alive = await newJob();
    expect(await fetch()).toHaveLength(2);
    await age(dead, limits.heartbeatSeconds - 2);
    expect(await fetch()).toEqual([]);
    await age(alive, limits.heartbeatSeconds - 2);
    await use((it) => it.touch([alive]));
    await age(dead, 3);
    await age(alive, 3);
    expect(await fetch()).toEqual([dead]);
  });

  test("five crashes of a run later its job still comes back, for its ending", async () => {
    const job = await newJob();
    for (let attempt = 1; attempt <= limits.attemptsMax + 1; attempt += 1) {
      expect(await fetch()).toEqual([job]);
      const claimed = await claim(backend, job.user_id, job.run_id);
      expect(claimed?.attempt).toBe(attempt);
      await age(job, limits.heartbeatSeconds + 1);
    }
  });

  test("reclaimAll gives back at once what a dead process had, and nothing that has ended", async () => {
    const [had, waiting, ended] = [
      await newJob(),
      await newJob(),
      await newJob(),
    ];
    await fetch();
    await use((it) => it.release(waiting));
    const claimed = (await claim(backend, ended.user_id, ended.run_id))!;
    await backend.run(
      Effect.gen(function* () {
        const failed = { status: "failed" as const, error: null, answer: null };
        yield* (yield* Store).end(appendTo(claimed), failed);
        yield* (yield* Jobs).complete([ended]);
        const database = yield* Database;
        yield* Effect.promise(() => reclaimAll(backend.boss, database));
      }),
    );
    const ids = (await fetch()).map((it) => it.job_id);
    expect(ids).toContain(had.job_id);
    expect(ids).toContain(waiting.job_id);
    expect(ids).not.toContain(ended.job_id);
  });

  test("onWork is called when work is announced, until its scope closes", async () => {
    let called = 0;
    const announce = Bus.use((it) => it.publish(topics.work, { kind: "work" }));
    await backend.run(
      Effect.scoped(
        Effect.gen(function* () {
          yield* (yield* Jobs).onWork(() => void (called += 1));
          yield* announce;
        }),
      ),
    );
    expect(called).toBe(1);
    await backend.run(announce);
    expect(called).toBe(1);
  });
});
