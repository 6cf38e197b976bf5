/** docs/PROTOCOL.md section 4: display copies are bounded, without secrets, and the original stays as it was. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { displayCopy } from "../../src/domain/display.ts";
import { limits } from "../../src/domain/limits.ts";
import type { Json, JsonObject } from "../../src/domain/model.ts";

const MARK = "s3cr3t-value";

describe("secrets", () => {
  test.each([
    "password",
    "PASSWORD",
    "user_password",
    "dbPassword",
    "passwd",
    "passphrase",
    "secret",
    "client_secret",
    "clientSecret",
    "api_key",
    "apiKey",
    "API_KEY",
    "apikey",
    "x-api-key",
    "OPENAI_API_KEY",
    "authorization",
    "Authorization",
    "proxy-authorization",
    "private_key",
    "privateKey",
    "credentials",
    "access_token",
    "refreshToken",
    "bearer",
    "cookie",
    "set-cookie",
    "token",
    "APIKey",
    "secrets",
    "api_keys",
    "passwords",
    "x.api.key",
    "Api Key",
  ])(
    "§4 the value of %s is redacted, whatever it is and however deep",
    (key) => {
      const values: Json[] = [MARK, { inner: MARK }, [MARK], 5_551_234];
      for (const value of values) {
        const shown = JSON.stringify(
          displayCopy({ list: [{ [key]: value }], [key]: value }),
        );
        expect(shown).not.toContain(MARK);
        expect(shown).not.toContain("5551234");
        expect(shown).toContain("[redacted]");
      }
    },
  );

  test.each([
    "total_tokens",
    "input_tokens",
    "outputTokens",
    "max_tokens",
    "tokens",
    "tokenizer",
    "secretary",
    "passenger",
    "keyboard",
    "monkey",
    "api_keyboard",
    "author",
  ])("§4 %s is no secret", (key) => {
    expect(displayCopy({ [key]: "shown" })).toEqual({ [key]: "shown" });
    expect(displayCopy({ [key]: 7 })).toEqual({ [key]: 7 });
  });
});

describe("bounds", () => {
  test("§4 strings are cut at 500 characters, never within a pair", () => {
    expect(displayCopy({ text: "x".repeat(500) })).toEqual({
      text: "x".repeat(500),
    });
    const cut = displayCopy({ text: "x".repeat(501) })["text"] as string;
    expect(cut).toHaveLength(500);
    const pairs = displayCopy({ text: `x${"😀".repeat(400)}` })[
      "text"
    ] as string;
    expect(pairs.isWellFormed()).toBe(true);
    expect(pairs.length).toBeLessThanOrEqual(500);
  });

  test("§4 lists are cut at 20 items and say how many are hidden", () => {
    const twenty = Array.from({ length: 20 }, (_, at) => at);
    expect(displayCopy({ list: twenty })).toEqual({ list: twenty });
    expect(displayCopy({ list: [...twenty, 20, 21] })).toEqual({
      list: [...twenty, "… 2 more"],
    });
  });

  const anyObject = fc.object({
    maxDepth: 12,
    withNullPrototype: false,
    values: [
      fc.string({ maxLength: 2_000 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    ],
  });

  test.prop([anyObject])(
    "§4 any copy has 16 KiB at most, is JSON, and leaves its original alone",
    (value) => {
      const before = JSON.stringify(value);
      const copy = displayCopy(JSON.parse(before) as JsonObject);
      const text = JSON.stringify(copy);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(
        limits.displayBytesMax,
      );
      expect(JSON.stringify(JSON.parse(text))).toBe(text);
      expect(JSON.stringify(value)).toBe(before);
    },
  );

  test("§4 too large a whole becomes a note that is small itself", () => {
    const fat = (key: string) =>
      Object.fromEntries(
        Array.from({ length: 60 }, (_, at) => [`${key}${at}`, "x".repeat(500)]),
      );
    expect(displayCopy(fat("short"))).toMatchObject({
      truncated: true,
      bytes: expect.any(Number),
    });
    for (const value of [fat("k".repeat(4_000)), fat("é".repeat(400))]) {
      expect(
        Buffer.byteLength(JSON.stringify(displayCopy(value))),
      ).toBeLessThanOrEqual(limits.displayBytesMax);
    }
  });

  test("a __proto__ key is copied as a key", () => {
    const copy = displayCopy(
      JSON.parse('{"__proto__":{"polluted":true}}') as JsonObject,
    );
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":true}}');
  });
});
