/**
 * Chance in the fault tests. FAULT_SEED names it and stands in every title; FAULT_LONG=1 makes the tests long. Promises: the same seed draws
 * the same plan; when it happens within the processes is theirs.
 */
import fc from "fast-check";

export const SEED = Number(
  process.env["FAULT_SEED"] ?? Math.floor(Math.random() * 2 ** 31),
);
const IS_LONG = process.env["FAULT_LONG"] === "1";

/** A title that says how to run the test again. */
export const seeded = (title: string): string =>
  `${title} [FAULT_SEED=${SEED}]`;

/** How much of it: a little among all tests, more in `npm run faults`. */
export const amount = (short: number, long: number): number =>
  IS_LONG ? long : short;

/** `count` draws for one purpose. */
export function draw<T>(
  purpose: string,
  arbitrary: fc.Arbitrary<T>,
  count: number,
): T[] {
  const seed = [...purpose].reduce(
    (sum, it) => (sum * 31 + it.charCodeAt(0)) | 0,
    SEED,
  );
  return fc.sample(arbitrary, { seed, numRuns: count });
}
