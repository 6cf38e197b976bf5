/**
 * Puts the parts together: database, queue, services, runtime. The one place where ports meet adapters. Promises: whatever was opened is
 * closed, in reverse, when the scope closes; the embedded database is opened under the lock of its directory.
 */
import { Effect, Layer, Logger, ManagedRuntime, References } from "effect";
import type { Scope } from "effect";
import { join } from "node:path";
import pg from "pg";
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
  makeEnqueue,
  openBoss,
  reclaimAll,
} from "../adapters/jobs.ts";
import { linkedBusLayer } from "../adapters/bus.ts";
import { tokenVerifierLayer } from "../adapters/jwt.ts";
import type { KeySource } from "../adapters/jwt.ts";
import { memoryBusLayer } from "../adapters/memory/bus.ts";
import { memoryCacheLayer } from "../adapters/memory/cache.ts";
import { notifyLink } from "../adapters/notify.ts";
import { redisLink } from "../adapters/redis/bus.ts";
import { redisCacheLayer } from "../adapters/redis/cache.ts";
import { priceBook } from "../adapters/prices.ts";
import { storeLayer, usageStoreLayer } from "../adapters/store/index.ts";
import type { Application } from "../domain/agents/definition.ts";
import { connectionsLayer } from "../domain/connections.ts";
import { Health, healthLayer } from "../domain/health.ts";
import { headsLayer } from "../domain/heads.ts";
import { eventLogLayer } from "../domain/log.ts";
import { Bus } from "../domain/ports.ts";
import type {
  Cache,
  PriceBook,
  TokenVerifier,
  UsageStore,
} from "../domain/ports.ts";
import { runsLayer } from "../domain/runs.ts";
import type { AppConfig } from "./config.ts";
import { takeLock } from "./lock.ts";
import type { Lock } from "./lock.ts";
import { signingSecret } from "./secret.ts";
import type { AppServices } from "./services.ts";
import { VERSION } from "./version.ts";

/** What the tools of an application may use. */
export type ToolServices = UsageStore | PriceBook | Cache;

export interface ComposeOptions {
  readonly config: AppConfig;
  readonly application: Application<ToolServices>;
  readonly isDraining: () => boolean;
  /** Stands in for the verifier that the configuration names. */
  readonly verifier?: Layer.Layer<TokenVerifier>;
  /** Stands between the services and the bus, to lose what it likes. */
  readonly throughBus?: (bus: Bus["Service"]) => Bus["Service"];
}

export interface Composed {
  readonly runtime: ManagedRuntime.ManagedRuntime<AppServices, never>;
  /** The lock of the embedded database; null on a server's. */
  readonly lock: Lock | null;
}

/** Opens everything and builds the services. */
export function compose(
  options: ComposeOptions,
): Effect.Effect<Composed, unknown, Scope.Scope> {
  return Effect.gen(function* () {
    const { config } = options;
    const { pool, lock } = yield* openPool(config);
    const boss = yield* Effect.acquireRelease(
      Effect.tryPromise(() => openBoss(pool, { supervise: true })),
      (it) => Effect.promise(() => it.stop({ graceful: false })),
    );
    if (lock !== null) {
      yield* Effect.tryPromise(() => reclaimAll(boss, makeDatabase(pool)));
    }
    const runtime = yield* Effect.acquireRelease(
      buildRuntime(appLayer(options, pool, boss)),
      (it) => it.disposeEffect,
    );
    return { runtime, lock };
  });
}

/** Builds all services now, so that what fails fails the start; afterwards running an effect cannot fail for want of one. */
function buildRuntime(layer: Layer.Layer<AppServices, Error>) {
  return Effect.gen(function* () {
    const runtime = ManagedRuntime.make(layer);
    yield* runtime.contextEffect;
    return runtime as ManagedRuntime.ManagedRuntime<AppServices, never>;
  });
}

/** A pool on the server that DATABASE_URL names, or on the embedded database in DATA_DIR; migrated. */
export function openPool(
  config: AppConfig,
): Effect.Effect<
  { readonly pool: pg.Pool; readonly lock: Lock | null },
  unknown,
  Scope.Scope
> {
  return Effect.gen(function* () {
    const opened =
      config.databaseUrl === null
        ? yield* openLocalPool(config.dataDir)
        : yield* openServerPool(config.databaseUrl);
    yield* Effect.tryPromise({
      try: () => migrate(opened.pool),
      catch: (cause) => cause,
    });
    return opened;
  });
}

function openLocalPool(dataDir: string) {
  return Effect.gen(function* () {
    const lock = yield* Effect.acquireRelease(
      Effect.try({ try: () => takeLock(dataDir), catch: (cause) => cause }),
      (it) => Effect.sync(() => it.release()),
    );
    const { pool } = yield* Effect.acquireRelease(
      Effect.tryPromise(() =>
        openEmbedded(join(dataDir, "database"), { types: poolTypes }),
      ),
      ({ pool, close }) =>
        Effect.promise(async () => (await pool.end(), await close())),
    );
    return { pool, lock };
  });
}

function openServerPool(connectionString: string) {
  return Effect.acquireRelease(
    Effect.sync(() => {
      const pool = new pg.Pool({ connectionString, types: poolTypes });
      // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
      pool.on("error", () => undefined);
      return pool;
    }),
    (pool) => Effect.promise(() => pool.end()),
  ).pipe(Effect.map((pool) => ({ pool, lock: null })));
}

function appLayer(
  { config, application, isDraining, verifier, throughBus }: ComposeOptions,
  pool: pg.Pool,
  boss: PgBoss,
): Layer.Layer<AppServices, Error> {
  const policy = {
    activeRunsPerUser: config.activeRunsPerUser,
    enqueue: makeEnqueue(boss),
  };
  const outside = Layer.mergeAll(
    watchedDatabase(pool),
    busLayer(config, pool, throughBus),
    cacheLayer(config),
    priceBook,
    verifier ?? tokenVerifierLayer({ ...config, keys: keySource(config) }),
  ).pipe(Layer.provideMerge(healthLayer));
  return connectionsLayer({ ...config, isDraining }).pipe(
    Layer.provideMerge(
      runsLayer({
        application,
        settings: { ...config, programVersion: VERSION },
      }),
    ),
    Layer.provideMerge(Layer.merge(eventLogLayer, headsLayer)),
    Layer.provideMerge(
      Layer.mergeAll(storeLayer(policy), usageStoreLayer, jobsLayer(boss)),
    ),
    Layer.provideMerge(outside),
    Layer.provideMerge(loggerLayer(config)),
  );
}

/** Redis first, PostgreSQL where there is no Redis or while it is away; the embedded database has one process only. */
function busLayer(
  { redisUrl, databaseUrl }: AppConfig,
  pool: pg.Pool,
  through: (bus: Bus["Service"]) => Bus["Service"] = (it) => it,
): Layer.Layer<Bus> {
  const links = [
    ...(redisUrl === null ? [] : [redisLink(redisUrl)]),
    ...(databaseUrl === null
      ? []
      : [notifyLink({ connectionString: databaseUrl, pool })]),
  ];
  const layer = links.length === 0 ? memoryBusLayer : linkedBusLayer(links);
  return Layer.effect(Bus, Effect.map(Bus, through)).pipe(Layer.provide(layer));
}

/** In process the cache is as alive as the process. */
function cacheLayer({
  redisUrl,
}: AppConfig): Layer.Layer<Cache, never, Health> {
  if (redisUrl !== null) return redisCacheLayer(redisUrl);
  const watched = Effect.flatMap(Health, (it) =>
    it.watch("cache", Effect.void),
  );
  return Layer.merge(memoryCacheLayer, Layer.effectDiscard(watched));
}

/** The database as a service whose outages are seen. */
function watchedDatabase(pool: pg.Pool): Layer.Layer<Database, never, Health> {
  return Layer.effect(
    Database,
    Effect.gen(function* () {
      const health = yield* Health;
      const database = makeDatabase(pool, () => health.failed("database"));
      yield* health.watch("database", database.probe);
      return database;
    }),
  );
}

function keySource(config: AppConfig): KeySource {
  if (config.keys.kind === "publicKey" || config.keys.kind === "jwks")
    return config.keys;
  return { kind: "secret", secret: signingSecret(config)! };
}

/** Structured lines on standard error, so that standard output stays the start's one line. */
export function loggerLayer(
  config: Pick<AppConfig, "logLevel">,
): Layer.Layer<never> {
  return Layer.mergeAll(
    Logger.layer([Logger.withConsoleError(Logger.formatJson)]),
    Layer.succeed(References.MinimumLogLevel, config.logLevel),
  );
}
