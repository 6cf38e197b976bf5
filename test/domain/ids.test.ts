/** New ids: that they differ, whichever draw they come from, and sort by time. */
import { validate, version } from "uuid";
import { expect, test } from "vitest";
import { newId } from "../../src/domain/ids.ts";
import { limits } from "../../src/domain/limits.ts";

test("ids of many draws are all different UUIDs of version 7", () => {
  const ids = Array.from({ length: limits.idsPerDraw * 40 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((it) => validate(it) && version(it) === 7)).toBe(true);
  // The random bits too: time alone would make most of them differ.
  expect(new Set(ids.map((it) => it.slice(-17))).size).toBe(ids.length);
});

test("an id of a later millisecond sorts after an earlier one", async () => {
  const before = newId();
  const began = Date.now();
  await expect.poll(() => Date.now()).toBeGreaterThan(began);
  expect(newId() > before).toBe(true);
});
