/** The Cache port: values with a lifetime, taken once, and token buckets. */
import { Effect, Layer, ManagedRuntime } from "effect";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { describe, expect, inject, test, vi } from "vitest";
import { memoryCacheLayer } from "../../src/adapters/memory/cache.ts";
import { redisCacheLayer } from "../../src/adapters/redis/cache.ts";
import { healthLayer } from "../../src/domain/health.ts";
import { Cache } from "../../src/domain/ports.ts";
import { hasRedis } from "../support/ownServers.ts";
import { OwnRedisCluster } from "../support/redisCluster.ts";

const SERVER = inject("redisUrl");
const sleep = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

interface Row {
  readonly name: string;
  readonly open: () => Promise<Backend>;
  /** A server's clock cannot be set: there time passes by itself. */
  readonly clock: "set" | "real";
}

interface Backend {
  readonly layer: Layer.Layer<Cache>;
  readonly close: () => Promise<void>;
}

const nothing = async () => undefined;
const onRedis = (url: string) =>
  redisCacheLayer(url).pipe(Layer.provide(healthLayer));

const memory: Row = {
  name: "memory",
  open: async () => ({ layer: memoryCacheLayer, close: nothing }),
  clock: "set",
};

const redis = (url: string): Row => ({
  name: "redis",
  open: async () => ({ layer: onRedis(url), close: nothing }),
  clock: "real",
});

const redisCluster: Row = {
  name: "redis cluster",
  open: async () => {
    const cluster = await OwnRedisCluster.start();
    return { layer: onRedis(cluster.url), close: () => cluster.remove() };
  },
  clock: "real",
};

const backends: readonly Row[] = [
  memory,
  ...(SERVER === null ? [] : [redis(SERVER)]),
  ...(hasRedis() ? [redisCluster] : []),
];

describe.each(backends)("Cache on $name", ({ open, clock }) => {
  const pass = (ms: number): Promise<unknown> =>
    clock === "set" ? vi.advanceTimersByTimeAsync(ms) : sleep(ms);
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  let cache: Cache["Service"];
  let runtime: ManagedRuntime.ManagedRuntime<Cache, never>;
  beforeEach(async () => {
    if (clock === "set")
      vi.useFakeTimers({ toFake: ["Date", "performance", "setTimeout"] });
    runtime = ManagedRuntime.make(backend.layer);
    cache = await runtime.runPromise(Cache.use(Effect.succeed));
    await expect
      .poll(() => Effect.runPromise(Effect.exit(cache.get("ready"))))
      .toMatchObject({ _tag: "Success" });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await runtime.dispose();
  });

  const run = Effect.runPromise;
  const key = () => crypto.randomUUID();

  test("a value is had until its lifetime is over", async () => {
    const it = key();
    expect(await run(cache.get(it))).toBeNull();
    await run(cache.set(it, "é💶\n", 2));
    expect(await run(cache.get(it))).toBe("é💶\n");
    await pass(1_900);
    expect(await run(cache.get(it))).toBe("é💶\n");
    await pass(200);
    expect(await run(cache.get(it))).toBeNull();
    expect(await run(cache.take(it))).toBeNull();
  });

  test("setting again replaces value and lifetime", async () => {
    const it = key();
    await run(cache.set(it, "one", 1));
    await run(cache.set(it, "two", 10));
    await pass(2_000);
    expect(await run(cache.get(it))).toBe("two");
  });

  test("of many takers one gets the value", async () => {
    const it = key();
    await run(cache.set(it, "ticket", 30));
    const taken = await Promise.all(
      Array.from({ length: 20 }, () => run(cache.take(it))),
    );
    expect(taken.filter((value) => value !== null)).toEqual(["ticket"]);
    expect(await run(cache.get(it))).toBeNull();
  });

  test("several are set and read at once, in the order asked, each with the lifetime", async () => {
    // So many that they are on all masters of a cluster.
    const entries = Array.from({ length: 20 }, (_, index) => ({
      key: key(),
      value: `${index}`,
    }));
    await run(cache.setAll(entries, 2));
    const keys = [...entries.map((it) => it.key).toReversed(), key()];
    const values = [...entries.map((it) => it.value).toReversed(), null];
    expect(await run(cache.getAll(keys))).toEqual(values);
    expect(await run(cache.get(keys[0]!))).toBe("19");
    await pass(2_100);
    expect(await run(cache.getAll(keys))).toEqual(keys.map(() => null));
    await run(cache.setAll([], 2));
    expect(await run(cache.getAll([]))).toEqual([]);
  });

  test("a group has the members that were put and not removed, each by its last value", async () => {
    const group = key();
    const others = Array.from({ length: 20 }, key);
    const member = (name: string, value: string, of = group) => ({
      group: of,
      name,
      value,
    });
    await run(
      cache.putMembers(
        [
          member("a", "1"),
          member("b", "2"),
          ...others.map((it) => member("a", "3", it)),
        ],
        10,
      ),
    );
    await run(cache.putMembers([member("b", "ü")], 10));
    expect(await run(cache.countMembers(group))).toBe(2);
    const found = await run(cache.members(group));
    expect(found.toSorted((x, y) => x.name.localeCompare(y.name))).toEqual([
      member("a", "1"),
      member("b", "ü"),
    ]);
    await run(
      cache.removeMembers([
        { group, name: "a" },
        { group, name: "never" },
        { group: key(), name: "a" },
      ]),
    );
    expect(await run(cache.members(group))).toEqual([member("b", "ü")]);
    for (const other of others)
      expect(await run(cache.countMembers(other))).toBe(1);
    expect(await run(cache.members(key()))).toEqual([]);
    expect(await run(cache.countMembers(key()))).toBe(0);
  });

  test("a group is gone when nothing was put into it for its lifetime", async () => {
    const group = key();
    const put = (name: string) =>
      run(cache.putMembers([{ group, name, value: "" }], 3));
    await put("first");
    await pass(2_000);
    await put("second");
    await put("third");
    await pass(2_000);
    await run(cache.removeMembers([{ group, name: "third" }]));
    expect(await run(cache.countMembers(group))).toBe(2);
    await pass(1_500);
    expect(await run(cache.countMembers(group))).toBe(0);
    expect(await run(cache.members(group))).toEqual([]);
  });

  test("a bucket gives its burst, then says how long to wait, and that long is enough", async () => {
    const it = key();
    const rate = { burst: 3, perMinute: 60 };
    const consume = async () =>
      (await run(cache.consume(it, rate))).retryAfterMs;
    for (let taken = 0; taken < 3; taken += 1) expect(await consume()).toBe(0);
    const wait = await consume();
    expect(wait).toBeGreaterThan(900);
    expect(wait).toBeLessThanOrEqual(1_000);
    await pass(wait - 50);
    expect(await consume()).toBeGreaterThan(0);
    await pass(50);
    expect(await consume()).toBe(0);
    expect(await consume()).toBeGreaterThan(0);
  });

  test("a bucket never holds more than its burst, and each key has its own", async () => {
    const rate = { burst: 2, perMinute: 600 };
    const [one, other] = [key(), key()];
    await pass(clock === "set" ? 60_000 : 300);
    const taken = [];
    for (let index = 0; index < 4; index += 1)
      taken.push((await run(cache.consume(one, rate))).retryAfterMs === 0);
    expect(taken).toEqual([true, true, false, false]);
    expect((await run(cache.consume(other, rate))).retryAfterMs).toBe(0);
  });

  test("over any sequence of waits no more is given than burst and rate allow", async () => {
    const waits = fc.array(
      fc.integer({ min: 0, max: clock === "set" ? 3_000 : 200 }),
      { maxLength: clock === "set" ? 60 : 20 },
    );
    const property = fc.asyncProperty(waits, async (given) => {
      const it = key();
      const rate = { burst: 4, perMinute: 60 };
      let taken = 0;
      const startedMs = performance.now();
      for (const wait of given) {
        await pass(wait);
        const { retryAfterMs } = await run(cache.consume(it, rate));
        const elapsedMs = performance.now() - startedMs;
        if (retryAfterMs === 0) taken += 1;
        expect(taken).toBeLessThanOrEqual(4 + elapsedMs / 1_000 + 1e-6);
      }
    });
    await fc.assert(property, { numRuns: clock === "set" ? 50 : 2 });
  });
});
