/**
 * The database and what lives in it, as layers: store, usage, jobs. Promises: a server's database need not be there at start: until it is,
 * every call is refused, and once it is, it is prepared and used without a restart; a wrong one is told, never waited for.
 */
import { Deferred, Effect, Layer } from "effect";
import type { Scope } from "effect";
import { join } from "node:path";
import type pg from "pg";
import type { PgBoss } from "pg-boss";
import {
  Database,
  makeDatabase,
  migrate,
  poolTypes,
} from "../adapters/database.ts";
import { openEmbedded } from "../adapters/embedded.ts";
import {
  jobsLayer,
  makeBoss,
  reclaimAll,
  startBoss,
} from "../adapters/jobs.ts";
import { attempt } from "../adapters/outage.ts";
import type { Breaker } from "../adapters/outage.ts";
import { openServer } from "../adapters/pool.ts";
import type { OpenedDatabase } from "../adapters/pool.ts";
import { makePreparation } from "../adapters/preparation.ts";
import { storeLayer, usageStoreLayer } from "../adapters/store/index.ts";
import { reportStoreLayer } from "../adapters/store/reports.ts";
import { sessionStoreLayer } from "../adapters/store/sessions.ts";
import { Health } from "../domain/health.ts";
import { limits } from "../domain/limits.ts";
import type {
  Bus,
  Jobs,
  ReportStore,
  SessionStore,
  Store,
  UsageStore,
} from "../domain/ports.ts";
import type { AppConfig } from "./config.ts";
import { takeLock } from "./lock.ts";
import type { Lock } from "./lock.ts";
import { nameSession } from "./telemetry.ts";
import { APPLICATION_NAME } from "./version.ts";

export interface Storage extends OpenedDatabase {
  /** The lock of the embedded database; null on a server's. */
  readonly lock: Lock | null;
}

/** A pool on the server that DATABASE_URL names, or on the embedded database in DATA_DIR; migrated. For commands, which do not wait. */
export function openPool(
  config: AppConfig,
): Effect.Effect<
  { readonly pool: pg.Pool; readonly lock: Lock | null },
  unknown,
  Scope.Scope
> {
  return Effect.tap(openStorage(config), (it) =>
    Effect.tryPromise({ try: it.migrate, catch: (cause) => cause }),
  );
}

/** The same, neither migrated nor even there, if it is a server's. */
export function openStorage(
  config: AppConfig,
): Effect.Effect<Storage, unknown, Scope.Scope> {
  return config.databaseUrl === null
    ? openLocal(config.dataDir)
    : Effect.map(openServer(config.databaseUrl, APPLICATION_NAME), (it) => ({
        ...it,
        lock: null,
      }));
}

function openLocal(
  dataDir: string,
): Effect.Effect<Storage, unknown, Scope.Scope> {
  return Effect.gen(function* () {
    const lock = yield* Effect.acquireRelease(
      Effect.try({ try: () => takeLock(dataDir), catch: (cause) => cause }),
      (it) => Effect.sync(() => it.release()),
    );
    const { pool } = yield* Effect.acquireRelease(
      Effect.tryPromise(() =>
        openEmbedded(join(dataDir, "database"), {
          types: poolTypes,
          onConnect: nameSession,
        }),
      ),
      ({ pool, close }) =>
        Effect.promise(async () => (await pool.end(), await close())),
    );
    return {
      pool,
      lock,
      migrate: () => migrate(pool),
      probe: async () => void (await pool.query("select 1")),
    };
  });
}

type Stored = Database | Jobs | ReportStore | SessionStore | Store | UsageStore;

/** `wrong` fails when the database answers and is not what it must be. */
export function storageLayer(
  storage: Storage,
  settings: { readonly activeRunsPerUser: number },
  wrong: Deferred.Deferred<never, unknown>,
): Layer.Layer<Stored, unknown, Health | Bus> {
  return Layer.unwrap(
    Effect.gen(function* () {
      const breaker = breakerOf(yield* Health, storage.lock);
      const boss = yield* prepareStorage(storage, breaker, wrong);
      return Layer.mergeAll(
        storeLayer(settings),
        usageStoreLayer,
        reportStoreLayer,
        sessionStoreLayer,
        jobsLayer(boss, breaker),
      ).pipe(
        Layer.provideMerge(
          Layer.succeed(Database, makeDatabase(storage.pool, breaker)),
        ),
      );
    }),
  );
}

/** `lock` is the embedded database's: that has one session, so a probe would only wait behind the call that is in doubt. */
export function breakerOf(
  health: Health["Service"],
  lock: Lock | null,
): Breaker {
  return {
    isDown: () => health.isDown("database"),
    failed: () => health.failed("database"),
    doubted: () => (lock === null ? health.doubted("database") : undefined),
  };
}

/** Watches the database, and prepares it as soon as it answers; done after the first look. */
function prepareStorage(
  storage: Storage,
  breaker: Breaker,
  wrong: Deferred.Deferred<never, unknown>,
): Effect.Effect<PgBoss, unknown, Scope.Scope | Health> {
  return Effect.gen(function* () {
    const boss: PgBoss = yield* Effect.acquireRelease(
      Effect.sync(() =>
        makeBoss(storage.pool, {
          supervise: true,
          monitorIntervalSeconds:
            storage.lock === null
              ? limits.jobMonitorIntervalSeconds
              : limits.jobMonitorIntervalSecondsAlone,
          breaker: {
            ...breaker,
            isDown: () => preparation.isDone() && breaker.isDown(),
          },
        }),
      ),
      (it) => Effect.promise(() => it.stop({ graceful: false })),
    );
    const preparation = makePreparation(
      [storage.migrate, () => startBoss(boss)],
      (cause) => Deferred.doneUnsafe(wrong, Effect.fail(cause)),
    );
    if (storage.lock !== null) {
      yield* Effect.mapError(preparation.run, (it) => it.cause);
      yield* Effect.tryPromise(() =>
        reclaimAll(boss, makeDatabase(storage.pool)),
      );
    }
    const probe = Effect.andThen(attempt(storage.probe), preparation.run);
    yield* (yield* Health).watch("database", probe);
    if (yield* Deferred.isDone(wrong)) yield* Deferred.await(wrong);
    return boss;
  });
}
