/** The Cache port: values with a lifetime, taken once, and token buckets. */
import { Effect, ManagedRuntime } from "effect";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { describe, expect, test, vi } from "vitest";
import { Cache } from "../../src/domain/ports.ts";
import { caches } from "../support/caches.ts";
import type { CacheBackend } from "../support/caches.ts";

const sleep = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What two clocks may differ by that both count milliseconds. */
const CLOCKS_MS = 5;

describe.each(caches)("Cache on $name", ({ open, clock }) => {
  const pass = (ms: number): Promise<unknown> =>
    clock === "set" ? vi.advanceTimersByTimeAsync(ms) : sleep(ms);
  let backend: CacheBackend;
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
    const askedMs = performance.now();
    await run(cache.set(it, "é💶\n", 2));
    const setMs = performance.now();
    // On a slow machine any step may take long, so what is judged is when it was seen, not what a wait should have come to.
    let seenMs = setMs;
    for (;;) {
      const lookedMs = performance.now();
      const value = await run(cache.get(it));
      if (value === null) break;
      expect(value).toBe("é💶\n");
      seenMs = lookedMs;
      await pass(50);
    }
    expect(performance.now() - askedMs).toBeGreaterThan(2_000 - CLOCKS_MS);
    expect(seenMs - setMs).toBeLessThan(2_000 + CLOCKS_MS);
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
    const rate = { burst: 3, perMinute: 20 };
    const consume = async () =>
      (await run(cache.consume(it, rate))).retryAfterMs;
    const startedMs = performance.now();
    for (let taken = 0; taken < 3; taken += 1) expect(await consume()).toBe(0);
    const wait = await consume();
    const passedMs = performance.now() - startedMs;
    expect(wait).toBeGreaterThan(3_000 - passedMs - CLOCKS_MS);
    expect(wait).toBeLessThanOrEqual(3_000);
    const earlyMs = clock === "set" ? 50 : 1_000;
    await pass(wait - earlyMs);
    expect(await consume()).toBeGreaterThan(0);
    await pass(earlyMs);
    expect(await consume()).toBe(0);
    expect(await consume()).toBeGreaterThan(0);
  });

  test("a bucket never holds more than its burst, and each key has its own", async () => {
    const rate = { burst: 4, perMinute: 60 };
    const [one, other] = [key(), key()];
    const isGiven = async (it: string) =>
      (await run(cache.consume(it, rate))).retryAfterMs === 0;
    expect(await isGiven(one)).toBe(true);
    // Three more by now if nothing stopped it at its burst.
    await pass(3_000);
    const startedMs = performance.now();
    let given = 0;
    for (let index = 0; index < 6; index += 1)
      if (await isGiven(one)) given += 1;
    expect(given).toBeGreaterThanOrEqual(4);
    const passedMs = performance.now() - startedMs + CLOCKS_MS;
    expect(given).toBeLessThanOrEqual(4 + passedMs / 1_000);
    expect(await isGiven(other)).toBe(true);
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
