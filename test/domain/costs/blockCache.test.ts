/** The replay of a prompt cache against the plainest one, and its bound. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { BlockCache } from "../../../src/domain/costs/blockCache.ts";

const MINUTE_MS = 60_000;

/** A request is the path to a node of a small tree, so that requests share prefixes; its blocks are named by their path, as hashes do. */
const request = fc.record({
  wait: fc.constantFrom(
    0,
    1,
    MINUTE_MS,
    5 * MINUTE_MS,
    5 * MINUTE_MS + 1,
    61 * MINUTE_MS,
  ),
  path: fc.array(fc.constantFrom("a", "b"), { maxLength: 5 }),
  rest: fc.nat({ max: 9 }),
});
const namesOf = (path: readonly string[]) =>
  path.map((_, index) => path.slice(0, index + 1).join(""));

describe("BlockCache", () => {
  test.prop([fc.array(request, { maxLength: 40 })])(
    "reads the leading blocks that some request used within the lifetime, and writes the others",
    (requests) => {
      const cache = new BlockCache(10);
      const history: { at: number; names: readonly string[] }[] = [];
      let at = 0;
      for (const { wait, path, rest } of requests) {
        at += wait;
        const names = namesOf(path);
        const now = at;
        const expected = (lifetime: number) => {
          const alive = (name: string) =>
            history.some(
              (it) => now - it.at <= lifetime && it.names.includes(name),
            );
          const read = names.filter((_, index) =>
            names.slice(0, index + 1).every(alive),
          ).length;
          return { read: read * 10, written: (names.length - read) * 10 };
        };
        const blocks = rest === 0 ? names : [...names, "tail"];
        expect(cache.use(now, blocks, names.length * 10 + rest)).toEqual({
          five_minutes: expected(5 * MINUTE_MS),
          one_hour: expected(60 * MINUTE_MS),
        });
        history.push({ at: now, names });
      }
    },
  );

  it("reads nothing behind a gap", () => {
    const cache = new BlockCache(10);
    cache.use(0, ["a", "b"], 20);
    expect(cache.use(1, ["x", "b"], 20)?.one_hour).toEqual({
      read: 0,
      written: 20,
    });
  });

  it("forgets what has expired, and the ends before the prefixes when it is full", () => {
    const cache = new BlockCache(10, 10);
    const blocks = Array.from({ length: 11 }, (_, index) => index);
    cache.use(0, blocks, 110);
    expect(cache.size).toBe(9);
    expect(cache.use(1, blocks, 110)?.five_minutes.read).toBe(90);
    cache.use(61 * MINUTE_MS, ["new"], 10);
    expect(cache.size).toBe(1);
  });

  it("holds its bound whatever comes", () => {
    const cache = new BlockCache(1, 100);
    for (let at = 0; at < 1_000; at += 1) {
      cache.use(at, [at, -at - 1], 2);
      expect(cache.size).toBeLessThanOrEqual(100);
    }
  });
});
