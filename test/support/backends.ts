/**
 * The databases that the contract suites run on: the embedded one, and the run's PostgreSQL server where there is one. Another
 * backend is one more row. Promises: each opening is a migrated database of its own, gone after `close`.
 */
import { Effect, Exit, Layer, ManagedRuntime, Scope } from "effect";
import { rmSync } from "node:fs";
import type pg from "pg";
import { inject } from "vitest";
import type { PgBoss } from "pg-boss";
import { Database, makeDatabase } from "../../src/adapters/database.ts";
import { jobsLayer, openBoss } from "../../src/adapters/jobs.ts";
import { memoryBusLayer } from "../../src/adapters/memory/bus.ts";
import { storeLayer, usageStoreLayer } from "../../src/adapters/store/index.ts";
import { reportStoreLayer } from "../../src/adapters/store/reports.ts";
import { openPool } from "../../src/app/storage.ts";
import { sessionStoreLayer } from "../../src/adapters/store/sessions.ts";
import type {
  Bus,
  Jobs,
  ReportStore,
  SessionStore,
  Store,
  UsageStore,
} from "../../src/domain/ports.ts";
import { configOf, temporaryDirectory, TEST_SECRET } from "./config.ts";
import { freshDatabase } from "./freshDatabase.ts";

type Services =
  Store | UsageStore | ReportStore | SessionStore | Jobs | Bus | Database;

export interface Backend {
  readonly pool: pg.Pool;
  readonly boss: PgBoss;
  readonly run: <A, E>(effect: Effect.Effect<A, E, Services>) => Promise<A>;
  readonly close: () => Promise<void>;
}

export interface BackendRow {
  readonly name: string;
  readonly open: () => Promise<Backend>;
}

const SERVER = inject("postgresUrl");

export const backends: readonly BackendRow[] = [
  { name: "embedded", open: openEmbeddedBackend },
  ...(SERVER === null
    ? []
    : [{ name: "postgres", open: () => openServerBackend(SERVER) }]),
];

/** Runs of one user at work at once, in every backend. */
export const ACTIVE_RUNS_PER_USER = 3;

async function openEmbeddedBackend(): Promise<Backend> {
  const dataDir = temporaryDirectory();
  return openBackend({ DATA_DIR: dataDir }, async () =>
    rmSync(dataDir, { recursive: true, force: true }),
  );
}

async function openServerBackend(url: string): Promise<Backend> {
  const database = await freshDatabase(url);
  return openBackend({ DATABASE_URL: database.url }, database.drop);
}

async function openBackend(
  env: Record<string, string>,
  remove: () => Promise<void>,
): Promise<Backend> {
  const scope = Scope.makeUnsafe();
  const config = await configOf({ JWT_SECRET: TEST_SECRET, ...env });
  const { pool } = await Effect.runPromise(
    Scope.provide(openPool(config), scope),
  );
  const boss = await openBoss(pool, { supervise: false });
  const policy = { activeRunsPerUser: ACTIVE_RUNS_PER_USER };
  const runtime = ManagedRuntime.make(
    Layer.mergeAll(
      storeLayer(policy),
      usageStoreLayer,
      reportStoreLayer,
      sessionStoreLayer,
      jobsLayer(boss),
    ).pipe(
      Layer.provideMerge(Layer.succeed(Database, makeDatabase(pool))),
      Layer.provideMerge(memoryBusLayer),
    ),
  );
  return {
    pool,
    boss,
    run: (effect) => runtime.runPromise(effect),
    close: async () => {
      await runtime.dispose();
      await boss.stop({ graceful: false });
      await Effect.runPromise(Scope.close(scope, Exit.void));
      await remove();
    },
  };
}
