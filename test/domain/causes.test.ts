/** An error as an operator reads it: chain, bounds, and no secret. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { causeOf, withoutSecrets } from "../../src/domain/causes.ts";
import { limits } from "../../src/domain/limits.ts";

test("name, message, stack, plain fields and the chain of causes are there", () => {
  const root = Object.assign(new Error("no route"), { code: "ECONNREFUSED" });
  const error = new TypeError("it broke", { cause: root });
  expect(causeOf(error)).toMatchObject({
    name: "TypeError",
    message: "it broke",
    stack: expect.arrayContaining([expect.stringContaining("causes.test.ts")]),
    cause: { message: "no route", carried: { code: "ECONNREFUSED" } },
  });
  expect(causeOf("just a text")).toEqual({ thrown: "just a text" });
  expect(causeOf(undefined)).toEqual({ thrown: "undefined" });
});

test("a chain without an end and a text without an end are cut", () => {
  const ring = new Error("x".repeat(100_000));
  ring.cause = ring;
  const text = JSON.stringify(causeOf(ring));
  expect(text.match(/"message"/g)).toHaveLength(limits.causeDepthMax);
  const perLevel =
    limits.causeTextCharactersMax * 2 + limits.causeStackLinesMax * 400;
  expect(text.length).toBeLessThan(limits.causeDepthMax * perLevel);
});

test.each([
  ["Bearer eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl was refused", "eyJ"],
  ["connect postgres://user:hunter2@db/x failed", "hunter2"],
  ['{"api_key": "sk-12345"}', "sk-12345"],
  ["password=hunter2;", "hunter2"],
  ["GET /ws?ticket=abcdef", "abcdef"],
  ["Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
])("no secret stays in %s", (text, secret) => {
  expect(withoutSecrets(text)).not.toContain(secret);
  const error = Object.assign(new Error(text), { secret, note: text });
  expect(JSON.stringify({ ...causeOf(error), stack: [] })).not.toContain(
    secret,
  );
});

test("whatever is thrown can be told, as JSON", () => {
  fc.assert(
    fc.property(fc.anything(), (thrown) => {
      const told = JSON.stringify(causeOf(thrown));
      expect(told.length).toBeLessThan(2 * limits.causeTextCharactersMax + 100);
    }),
  );
});
