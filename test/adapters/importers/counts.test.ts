/** Counts of many numbers are those that a Map keeps. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { Counts } from "../../../src/adapters/importers/counts.ts";

const LARGEST = 2 ** 52 - 1;

describe("counts", () => {
  const number = fc.oneof(
    fc.integer({ min: 0, max: 9 }),
    // All in one table, and all from its first slot on.
    fc.integer({ min: 0, max: 40 }).map((it) => it * 2 ** 40),
    fc.integer({ min: 0, max: LARGEST }),
    fc.constantFrom(0, 1, LARGEST),
  );

  test.prop([fc.array(number, { maxLength: 400, size: "max" })])(
    "are those of a Map",
    (numbers) => {
      expect(counted(numbers)).toEqual(mapped(numbers));
    },
  );

  it("stay exact while they grow", () => {
    const numbers = Array.from(
      { length: 200_000 },
      (_, index) => ((index % 150_000) * 2_654_435_761) % LARGEST,
    );
    expect(counted(numbers)).toEqual(mapped(numbers));
  });
});

function counted(numbers: readonly number[]): number[] {
  const counts = new Counts();
  return numbers.map((it) => counts.add(it));
}

function mapped(numbers: readonly number[]): number[] {
  const counts = new Map<number, number>();
  return numbers.map((it) => {
    const before = counts.get(it) ?? 0;
    counts.set(it, before + 1);
    return before;
  });
}
