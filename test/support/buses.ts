/**
 * The ways nodes talk: in process, over Redis, a Redis cluster, PostgreSQL, and Redis with PostgreSQL behind it. Promises: two buses of one
 * opened backend are two nodes; what was opened is closed by `close`.
 */
import { Effect, Exit, ManagedRuntime, Scope } from "effect";
import type { Layer } from "effect";
import pg from "pg";
import { inject } from "vitest";
import { linkedBusLayer } from "../../src/adapters/bus.ts";
import type { OpenLink } from "../../src/adapters/bus.ts";
import { memoryBusLayer } from "../../src/adapters/memory/bus.ts";
import { notifyLink } from "../../src/adapters/notify.ts";
import { UNBROKEN } from "../../src/adapters/outage.ts";
import { redisLink } from "../../src/adapters/redis/bus.ts";
import { Bus } from "../../src/domain/ports.ts";
import type { BusMessage } from "../../src/domain/ports.ts";
import { hasRedis } from "./ownServers.ts";
import { OwnRedisCluster } from "./redisCluster.ts";

export interface BusBackend {
  readonly layer: Layer.Layer<Bus>;
  readonly close: () => Promise<void>;
}

export interface BusRow {
  readonly name: string;
  readonly open: () => Promise<BusBackend>;
}

const POSTGRES = inject("postgresUrl");
const REDIS = inject("redisUrl");

/** A way over PostgreSQL, with a pool of its own. */
export function notifyOver(connectionString: string): {
  readonly link: OpenLink;
  readonly end: () => Promise<void>;
} {
  const pool = new pg.Pool({ connectionString, max: 4 });
  pool.on("error", () => undefined);
  return {
    link: notifyLink({ connectionString, pool, breaker: UNBROKEN }),
    end: () => pool.end(),
  };
}

const memory: BusRow = {
  name: "memory",
  open: async () => ({ layer: memoryBusLayer, close: async () => undefined }),
};

const redis = (url: string): BusRow => ({
  name: "redis",
  open: async () => ({
    layer: linkedBusLayer([redisLink(url)]),
    close: async () => undefined,
  }),
});

const redisCluster: BusRow = {
  name: "redis cluster",
  open: async () => {
    const cluster = await OwnRedisCluster.start();
    return {
      layer: linkedBusLayer([redisLink(cluster.url)]),
      close: () => cluster.remove(),
    };
  },
};

const postgres = (url: string): BusRow => ({
  name: "postgres",
  open: async () => {
    const { link, end } = notifyOver(url);
    return { layer: linkedBusLayer([link]), close: end };
  },
});

const both = (redisUrl: string, postgresUrl: string): BusRow => ({
  name: "redis and postgres",
  open: async () => {
    const { link, end } = notifyOver(postgresUrl);
    return { layer: linkedBusLayer([redisLink(redisUrl), link]), close: end };
  },
});

/** Those that reach other nodes; each only where its servers are. */
export const linkedBuses: readonly BusRow[] = [
  ...(REDIS === null ? [] : [redis(REDIS)]),
  ...(hasRedis() ? [redisCluster] : []),
  ...(POSTGRES === null ? [] : [postgres(POSTGRES)]),
  ...(REDIS === null || POSTGRES === null ? [] : [both(REDIS, POSTGRES)]),
];

export const buses: readonly BusRow[] = [memory, ...linkedBuses];

/** One node's end of a bus. */
export class BusNode {
  readonly bus: Bus["Service"];
  readonly #runtime: ManagedRuntime.ManagedRuntime<Bus, never>;

  private constructor(
    bus: Bus["Service"],
    runtime: ManagedRuntime.ManagedRuntime<Bus, never>,
  ) {
    this.bus = bus;
    this.#runtime = runtime;
  }

  static async open(layer: Layer.Layer<Bus>): Promise<BusNode> {
    const runtime = ManagedRuntime.make(layer);
    const bus = await runtime.runPromise(Bus.use(Effect.succeed));
    return new BusNode(bus, runtime);
  }

  close(): Promise<void> {
    return this.#runtime.dispose();
  }

  publish(topic: string, message: BusMessage): Promise<void> {
    return Effect.runPromise(this.bus.publish(topic, message));
  }

  /** A subscriber that keeps what it hears. */
  async listen(topic: string): Promise<{
    readonly heard: BusMessage[];
    readonly leave: () => Promise<void>;
  }> {
    const scope = Scope.makeUnsafe();
    const heard: BusMessage[] = [];
    const subscribing = this.bus.subscribe(topic, (it) => void heard.push(it));
    await Effect.runPromise(Scope.provide(subscribing, scope));
    const leave = () => Effect.runPromise(Scope.close(scope, Exit.void));
    return { heard, leave };
  }

  /** Counts how often a way to the others was there again. */
  async countRestored(): Promise<() => number> {
    let count = 0;
    const counting = this.bus.onRestored(() => void (count += 1));
    await Effect.runPromise(Scope.provide(counting, Scope.makeUnsafe()));
    return () => count;
  }
}
