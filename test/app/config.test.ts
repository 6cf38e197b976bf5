/** Settings whose form is checked at start: a wrong one is refused in one line that names the variable. */
import { expect, test } from "vitest";
import { configOf } from "../support/config.ts";

test.each([
  ["", null],
  ["redis://cache", "redis://cache"],
  ["redis://:secret@cache:6380/5", "redis://:secret@cache:6380/5"],
  ["redis://one:1, rediss://two:2 ,", "redis://one:1,rediss://two:2"],
])("§9 REDIS_URL %o is taken as %o", async (REDIS_URL, expected) => {
  expect(await configOf({ REDIS_URL })).toMatchObject({ redisUrl: expected });
});

test.each([
  "cache:6379",
  "http://cache",
  "redis://",
  "redis://one:1,two:2",
  "redis://one:1/5,redis://two:2/5",
])("§9 REDIS_URL %o is refused by name, in one line", async (REDIS_URL) => {
  await expect(configOf({ REDIS_URL })).rejects.toThrow(
    /^REDIS_URL: must be a redis or rediss URL[^\n]*$/,
  );
});
