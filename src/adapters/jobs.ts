/**
 * Jobs on pg-boss, over the same database as everything else: a job is a run that may be worked on now, and its id is the run's.
 * Owns the queue, not what comes into it: the database adds the job of a run that becomes due. Promises: a dead node's job comes back by itself.
 */
import { Effect, Layer } from "effect";
import { PgBoss } from "pg-boss";
import type { Db, JobWithMetadata } from "pg-boss";
import type pg from "pg";
import { ServiceUnavailable } from "../domain/errors.ts";
import { limits } from "../domain/limits.ts";
import type { RunId, UserId } from "../domain/model.ts";
import { Bus, Jobs, topics } from "../domain/ports.ts";
import type { Job } from "../domain/ports.ts";
import type { Database } from "./database.ts";
import { through, UNBROKEN } from "./outage.ts";
import type { Breaker } from "./outage.ts";
import { prepared } from "./preparing.ts";

const QUEUE = "runs";

interface JobData {
  readonly run_id: RunId;
  readonly user_id: UserId;
  readonly traceparent: string | null;
}

/** The queue on a pool, started; the caller stops it. */
export async function openBoss(
  pool: pg.Pool,
  options: { readonly supervise: boolean },
): Promise<PgBoss> {
  const boss = makeBoss(pool, options);
  await startBoss(boss);
  return boss;
}

/** The queue on a pool, not started yet. Each node supervises: whichever comes first looks after the queue, so no node's end stops that. */
export function makeBoss(
  pool: pg.Pool,
  options: {
    readonly supervise: boolean;
    readonly monitorIntervalSeconds?: number;
    readonly breaker?: Breaker;
  },
): PgBoss {
  const {
    supervise,
    monitorIntervalSeconds = limits.jobMonitorIntervalSeconds,
    breaker = UNBROKEN,
  } = options;
  const boss = new PgBoss({
    db: pooled(pool, breaker),
    schedule: false,
    supervise,
    // Both: one says how often a node looks, the other how often one of all nodes does.
    superviseIntervalSeconds: monitorIntervalSeconds,
    monitorIntervalSeconds,
    maintenanceIntervalSeconds: limits.jobMaintenanceIntervalSeconds,
    monitorVacuum: false,
  });
  boss.on("error", () => undefined);
  return boss;
}

/** Starts the queue; makes its schema when there is none. May be tried again after it failed. */
export async function startBoss(boss: PgBoss): Promise<void> {
  try {
    await boss.start();
    await makeQueue(boss);
  } catch (cause) {
    await boss.stop({ graceful: false });
    throw cause;
  }
}

async function makeQueue(boss: PgBoss): Promise<void> {
  if ((await boss.getQueue(QUEUE)) === null) {
    await boss.createQueue(QUEUE, {
      policy: "standard",
      // Crashes are counted by our own attempt; drains and releases use retries up too, so pg-boss must not give up first.
      retryLimit: limits.jobRetriesMax,
      retryDelay: 0,
      heartbeatSeconds: limits.heartbeatSeconds,
      deleteAfterSeconds: limits.endedJobsKeptSeconds,
    });
  }
}

/** A statement that fails inside its own BEGIN leaves the connection in an aborted transaction: roll back before giving it back. */
function pooled(pool: pg.Pool, breaker: Breaker): Db {
  const execute = async (text: string, values?: unknown[]) => {
    const client = await pool.connect();
    try {
      const result = await client.query(prepared(text, values));
      client.release();
      return result;
    } catch (error) {
      const broken = await client.query("rollback").then(
        () => false,
        () => true,
      );
      client.release(broken);
      throw error;
    }
  };
  return {
    executeSql: (text, values) => through(breaker, () => execute(text, values)),
  };
}

/**
 * For a process that alone may use the database: whatever was being worked on has lost its owner, so it goes back into the queue
 * at once instead of after the heartbeat.
 */
export async function reclaimAll(
  boss: PgBoss,
  database: Database["Service"],
): Promise<void> {
  const due = await Effect.runPromise(
    database.asWriter((trx) =>
      trx
        .selectFrom("runs")
        .select("run_id")
        .where("dispatched_at", "is not", null)
        .where("ended_at", "is", null)
        .execute(),
    ),
  );
  if (due.length > 0)
    await boss.fail(
      QUEUE,
      due.map((it) => it.run_id),
    );
}

export function jobsLayer(
  boss: PgBoss,
  { isDown }: Breaker = UNBROKEN,
): Layer.Layer<Jobs, never, Bus> {
  const attempt = <A>(run: () => Promise<A>) =>
    Effect.suspend(() =>
      isDown() ? Effect.fail(unavailable("known to be away")) : tried(run),
    );
  return Layer.effect(
    Jobs,
    Effect.gen(function* () {
      const bus = yield* Bus;
      return Jobs.of({
        fetch: (limit) =>
          attempt(() =>
            boss.fetch<JobData>(QUEUE, {
              batchSize: limit,
              includeMetadata: true,
            }),
          ).pipe(Effect.map((jobs) => jobs.map(toJob))),
        touch: (jobs) =>
          jobs.length === 0
            ? Effect.void
            : attempt(() => boss.touch(QUEUE, ids(jobs))),
        complete: (jobs) => attempt(() => boss.complete(QUEUE, ids(jobs))),
        release: (job) => attempt(() => boss.fail(QUEUE, job.job_id)),
        onWork: (callback) => bus.subscribe(topics.work, callback),
      });
    }),
  );
}

/** Both instants are the database's. */
function toJob(it: JobWithMetadata<JobData>): Job {
  const waitedMs =
    new Date(it.startedOn).getTime() - new Date(it.createdOn).getTime();
  return {
    job_id: it.id,
    ...it.data,
    waited_ms: it.retryCount === 0 ? Math.max(0, waitedMs) : null,
  };
}

const ids = (jobs: readonly Job[]) => jobs.map((it) => it.job_id);

function tried<A>(run: () => Promise<A>): Effect.Effect<A, ServiceUnavailable> {
  return Effect.tryPromise({ try: run, catch: unavailable });
}

const unavailable = (cause: unknown) =>
  new ServiceUnavailable({ service: "database", cause });
