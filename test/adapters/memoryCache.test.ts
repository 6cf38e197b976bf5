/** The cache in process keeps so many bytes and no more, whatever it is given; what was not used for longest goes first. */
import { Effect } from "effect";
import { expect, test } from "vitest";
import { memoryCacheLayer } from "../../src/adapters/memory/cache.ts";
import { limits } from "../../src/domain/limits.ts";
import { Cache } from "../../src/domain/ports.ts";

const LIFETIME_SECONDS = 60;
/** A character takes two bytes. */
const CHARACTERS_MAX = limits.cacheBytesMax / 2;
const share = (part: number) => "x".repeat(CHARACTERS_MAX * part);

/** Runs against an empty cache. */
const withCache = <A>(
  work: (cache: Cache["Service"]) => Effect.Effect<A, unknown>,
): Promise<A> =>
  Effect.runPromise(
    Effect.flatMap(Cache, work).pipe(Effect.provide(memoryCacheLayer)),
  );

const member = (group: string, name: string, value: string) => ({
  group,
  name,
  value,
});

test("values: the bytes are bounded, and those not used for longest go first", async () => {
  const names = Array.from({ length: 30 }, (_, index) => `value ${index}`);
  const kept = await withCache((cache) =>
    Effect.gen(function* () {
      for (const name of names) {
        yield* cache.set(name, share(0.1), LIFETIME_SECONDS);
        yield* cache.get(names[0]!);
      }
      return yield* cache.getAll(names);
    }),
  );
  const there = names.filter((_, index) => kept[index] !== null);
  expect(there).toEqual([names[0], ...names.slice(-8)]);
});

test("values: many small ones are bounded as well, by what each takes beside its text", async () => {
  const most = limits.cacheBytesMax / limits.cacheBytesPerEntry;
  const kept = await withCache((cache) =>
    Effect.gen(function* () {
      yield* cache.set("first", "", LIFETIME_SECONDS);
      const entries = Array.from({ length: most }, (_, index) => ({
        key: index.toString(36),
        value: "",
      }));
      yield* cache.setAll(entries, LIFETIME_SECONDS);
      return yield* cache.getAll(["first", entries.at(-1)!.key]);
    }),
  );
  expect(kept).toEqual([null, ""]);
});

test("values: one that is over the bound is not kept, nor what it was to replace; the others stay", async () => {
  const kept = await withCache((cache) =>
    Effect.gen(function* () {
      yield* cache.set("other", "1", LIFETIME_SECONDS);
      yield* cache.set("replaced", "2", LIFETIME_SECONDS);
      yield* cache.set("replaced", share(1), LIFETIME_SECONDS);
      return yield* cache.getAll(["other", "replaced"]);
    }),
  );
  expect(kept).toEqual(["1", null]);
});

test("groups: the bytes of all members are bounded, and what is removed or replaced makes room", async () => {
  const counts = await withCache((cache) =>
    Effect.gen(function* () {
      const put = (group: string, name: string, value: string) =>
        cache.putMembers([member(group, name, value)], LIFETIME_SECONDS);
      yield* put("one", "small", "");
      yield* put("one", "large", share(0.6));
      yield* put("one", "large", share(0.6));
      yield* cache.removeMembers([{ group: "one", name: "large" }]);
      yield* put("two", "large", share(0.6));
      const both = [
        yield* cache.countMembers("two"),
        yield* cache.countMembers("one"),
      ];
      yield* put("three", "large", share(0.6));
      yield* put("three", "too large", share(0.6));
      yield* put("four", "small", "");
      const after = yield* Effect.forEach(
        ["one", "two", "three", "four"],
        cache.countMembers,
      );
      return { both, after };
    }),
  );
  expect(counts.both).toEqual([1, 1]);
  expect(counts.after).toEqual([1, 0, 0, 1]);
});

test("rate counters: the bytes are bounded, and a counter that is in use stays", async () => {
  const rate = { burst: 1, perMinute: 1 };
  const waits = await withCache((cache) =>
    Effect.gen(function* () {
      const consume = (key: string) =>
        Effect.map(cache.consume(key, rate), (it) => it.retryAfterMs > 0);
      yield* consume("used");
      yield* consume("idle");
      for (let index = 0; index < 20; index += 1) {
        yield* consume(share(0.1) + index);
        yield* consume("used");
      }
      return { used: yield* consume("used"), idle: yield* consume("idle") };
    }),
  );
  expect(waits).toEqual({ used: true, idle: false });
});
