/**
 * The caches that there are: in process, on a Redis, and on a Redis cluster of its own; each only where its servers are. Promises: what was
 * opened is closed by `close`.
 */
import { Layer } from "effect";
import { inject } from "vitest";
import { memoryCacheLayer } from "../../src/adapters/memory/cache.ts";
import { redisCacheLayer } from "../../src/adapters/redis/cache.ts";
import { healthLayer } from "../../src/domain/health.ts";
import type { Cache } from "../../src/domain/ports.ts";
import { hasRedis } from "./ownServers.ts";
import { OwnRedisCluster } from "./redisCluster.ts";

const SERVER = inject("redisUrl");

export interface CacheRow {
  readonly name: string;
  readonly open: () => Promise<CacheBackend>;
  /** A server's clock cannot be set: there time passes by itself. */
  readonly clock: "set" | "real";
}

export interface CacheBackend {
  readonly layer: Layer.Layer<Cache>;
  readonly close: () => Promise<void>;
}

const nothing = async () => undefined;
const onRedis = (url: string) =>
  redisCacheLayer(url).pipe(Layer.provide(healthLayer));

const memory: CacheRow = {
  name: "memory",
  open: async () => ({ layer: memoryCacheLayer, close: nothing }),
  clock: "set",
};

const redis = (url: string): CacheRow => ({
  name: "redis",
  open: async () => ({ layer: onRedis(url), close: nothing }),
  clock: "real",
});

const redisCluster: CacheRow = {
  name: "redis cluster",
  open: async () => {
    const cluster = await OwnRedisCluster.start();
    return { layer: onRedis(cluster.url), close: () => cluster.remove() };
  },
  clock: "real",
};

export const caches: readonly CacheRow[] = [
  memory,
  ...(SERVER === null ? [] : [redis(SERVER)]),
  ...(hasRedis() ? [redisCluster] : []),
];
