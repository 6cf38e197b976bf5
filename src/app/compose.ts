/**
 * Puts the parts together: database, queue, services, runtime. The one place where ports meet adapters. Promises: whatever was opened is
 * closed, in reverse, when the scope closes; the embedded database is opened under the lock of its directory.
 */
import { Deferred, Effect, Layer, ManagedRuntime } from "effect";
import type { Scope } from "effect";
import type pg from "pg";
import { linkedBusLayer } from "../adapters/bus.ts";
import { tokenVerifierLayer } from "../adapters/jwt.ts";
import type { KeySource } from "../adapters/jwt.ts";
import { memoryBusLayer } from "../adapters/memory/bus.ts";
import { memoryCacheLayer } from "../adapters/memory/cache.ts";
import { notifyLink } from "../adapters/notify.ts";
import { redisLink } from "../adapters/redis/bus.ts";
import { redisCacheLayer } from "../adapters/redis/cache.ts";
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
import { reportsLayer } from "../domain/reports.ts";
import { revocationsLayer } from "../domain/revocations.ts";
import { runsLayer } from "../domain/runs.ts";
import type { AppConfig } from "./config.ts";
import type { Lock } from "./lock.ts";
import { priceBookLayer } from "./priceBook.ts";
import { signingSecret } from "./secret.ts";
import { loggerLayer, spansLayer } from "./telemetry.ts";
import type { AppServices } from "./services.ts";
import { breakerOf, openStorage, storageLayer } from "./storage.ts";
import type { Storage } from "./storage.ts";
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
  /** Fails when the node turns out to be of no use: its database came to answer, and is a wrong one. */
  readonly failed: Effect.Effect<never, unknown>;
}

/** Opens everything and builds the services. */
export function compose(
  options: ComposeOptions,
): Effect.Effect<Composed, unknown, Scope.Scope> {
  return Effect.gen(function* () {
    const storage = yield* openStorage(options.config);
    const wrong = yield* Deferred.make<never, unknown>();
    const runtime = yield* Effect.acquireRelease(
      buildRuntime(appLayer(options, storage, wrong)),
      (it) => it.disposeEffect,
    );
    return { runtime, lock: storage.lock, failed: Deferred.await(wrong) };
  });
}

/** Builds all services now, so that what fails fails the start; afterwards running an effect cannot fail for want of one. */
function buildRuntime(layer: Layer.Layer<AppServices, unknown>) {
  return Effect.gen(function* () {
    const runtime = ManagedRuntime.make(layer);
    yield* runtime.contextEffect;
    return runtime as ManagedRuntime.ManagedRuntime<AppServices, never>;
  });
}

function appLayer(
  { config, application, isDraining, verifier, throughBus }: ComposeOptions,
  storage: Storage,
  wrong: Deferred.Deferred<never, unknown>,
): Layer.Layer<AppServices, unknown> {
  const outside = Layer.mergeAll(
    busLayer(config, storage.pool, throughBus),
    cacheLayer(config),
    priceBookLayer(config),
    verifier ?? tokenVerifierLayer({ ...config, keys: keySource(config) }),
  ).pipe(Layer.provideMerge(healthLayer));
  return connectionsLayer({ ...config, isDraining }).pipe(
    Layer.provideMerge(
      runsLayer({
        application,
        settings: { ...config, programVersion: VERSION },
      }),
    ),
    Layer.provideMerge(
      Layer.mergeAll(eventLogLayer, headsLayer, reportsLayer, revocationsLayer),
    ),
    Layer.provideMerge(storageLayer(storage, config, wrong)),
    Layer.provideMerge(outside),
    Layer.provideMerge(spansLayer(config)),
    Layer.provideMerge(loggerLayer(config)),
  );
}

/** Redis first, PostgreSQL where there is no Redis or while it is away; the embedded database has one process only. */
export function busLayer(
  { redisUrl, databaseUrl }: AppConfig,
  pool: pg.Pool,
  through: (bus: Bus["Service"]) => Bus["Service"] = (it) => it,
): Layer.Layer<Bus, never, Health> {
  const layerOf = (health: Health["Service"]) => {
    const breaker = breakerOf(health, null);
    const links = [
      ...(redisUrl === null ? [] : [redisLink(redisUrl)]),
      ...(databaseUrl === null
        ? []
        : [notifyLink({ connectionString: databaseUrl, pool, breaker })]),
    ];
    return links.length === 0 ? memoryBusLayer : linkedBusLayer(links);
  };
  return Layer.effect(Bus, Effect.map(Bus, through)).pipe(
    Layer.provide(Layer.unwrap(Effect.map(Health, layerOf))),
  );
}

/** In process the cache is as alive as the process. */
export function cacheLayer({
  redisUrl,
}: AppConfig): Layer.Layer<Cache, never, Health> {
  if (redisUrl !== null) return redisCacheLayer(redisUrl);
  const watched = Effect.flatMap(Health, (it) =>
    it.watch("cache", Effect.void),
  );
  return Layer.merge(memoryCacheLayer, Layer.effectDiscard(watched));
}

function keySource(config: AppConfig): KeySource {
  if (config.keys.kind === "publicKey" || config.keys.kind === "jwks")
    return config.keys;
  return { kind: "secret", secret: signingSecret(config)! };
}
