/** docs/PROTOCOL.md section 1: what a token must be, whatever it is signed with, and how one under a secret is attacked. */
import { Effect, Exit } from "effect";
import { generateKeyPair, SignJWT } from "jose";
import type { JWTPayload } from "jose";
import { describe, expect, test } from "vitest";
import { tokenVerifierLayer } from "../../src/adapters/jwt.ts";
import { limits } from "../../src/domain/limits.ts";
import { TokenVerifier } from "../../src/domain/ports.ts";
import { encode, GOOD, now, SECRET, sign, verdict } from "./jwtSupport.ts";

describe("claims", () => {
  test("§1 a token with exp and sub is its user", async () => {
    expect(await verdict(await sign(GOOD))).toBe("alice");
    expect(await verdict(await sign({ ...GOOD, token_type: "access" }))).toBe(
      "alice",
    );
  });

  test.each<[string, JWTPayload, string]>([
    ["exp is missing", { sub: "alice" }, "token_invalid"],
    [
      "exp is no number",
      { sub: "alice", exp: "soon" as unknown as number },
      "token_invalid",
    ],
    ["exp has passed", { sub: "alice", exp: now() - 60 }, "token_expired"],
    [
      "exp has passed within the tolerance",
      { sub: "alice", exp: now() - 3 },
      "alice",
    ],
    [
      "exp has passed beyond the tolerance",
      { sub: "alice", exp: now() - 7 },
      "token_expired",
    ],
    ["nbf is to come", { ...GOOD, nbf: now() + 60 }, "token_invalid"],
    [
      "nbf is to come within the tolerance",
      { ...GOOD, nbf: now() + 3 },
      "alice",
    ],
    ["sub is missing", { exp: GOOD.exp }, "token_invalid"],
    ["sub is empty", { ...GOOD, sub: "" }, "token_invalid"],
    [
      "sub is no string",
      { ...GOOD, sub: 7 as unknown as string },
      "token_invalid",
    ],
    [
      "sub has 128 characters",
      { ...GOOD, sub: "x".repeat(128) },
      "x".repeat(128),
    ],
    [
      "sub has 129 characters",
      { ...GOOD, sub: "x".repeat(129) },
      "token_invalid",
    ],
    ["sub has U+0000", { ...GOOD, sub: "a\u0000" }, "token_invalid"],
    [
      "token_type is refresh",
      { ...GOOD, token_type: "refresh" },
      "token_invalid",
    ],
    ["token_type is null", { ...GOOD, token_type: null }, "token_invalid"],
    ["jti is no string", { ...GOOD, jti: {} as string }, "token_invalid"],
  ])("§1 when %s", async (_, claims, expected) => {
    expect(await verdict(await sign(claims))).toBe(expected);
  });

  test("§1 iss and aud count where configured", async () => {
    const rules = { issuer: "https://id.example", audience: "chat" };
    const fits = { ...GOOD, iss: rules.issuer, aud: ["other", "chat"] };
    expect(await verdict(await sign(fits), rules)).toBe("alice");
    for (const wrong of [
      { ...fits, iss: "https://evil.example" },
      { ...fits, aud: "other" },
      { ...GOOD, aud: "chat" },
      { ...GOOD, iss: rules.issuer },
    ]) {
      expect(await verdict(await sign(wrong), rules)).toBe("token_invalid");
    }
    expect(await verdict(await sign(fits))).toBe("alice");
  });

  test("§1 an exp beyond every calendar still has an instant", async () => {
    const layer = tokenVerifierLayer({
      keys: { kind: "secret", secret: SECRET },
      issuer: null,
      audience: null,
    });
    const token = await sign({ ...GOOD, exp: 1e300 });
    const identity = await Effect.runPromise(
      Effect.flatMap(TokenVerifier, (it) => it.verify(token)).pipe(
        Effect.provide(layer),
      ),
    );
    expect(new Date(identity.expires_at_ms).toISOString()).toMatch(/^9999/);
  });
});

describe("signatures", () => {
  test("§1 alg none, with and without a signature part, is token_invalid", async () => {
    for (const alg of ["none", "None", "NONE"]) {
      const unsigned = `${encode({ alg })}.${encode(GOOD)}.`;
      expect(await verdict(unsigned)).toBe("token_invalid");
      expect(await verdict(`${unsigned}x`)).toBe("token_invalid");
    }
  });

  test("§1 a wrong secret, another HS algorithm, a changed claim and rubbish are token_invalid", async () => {
    const other = new TextEncoder().encode(
      "another-secret-that-is-long-enough",
    );
    expect(await verdict(await sign(GOOD, other))).toBe("token_invalid");
    const long = new Uint8Array(64).fill(7);
    const keys = { kind: "secret", secret: long } as const;
    expect(await verdict(await sign(GOOD, long, "HS512"), { keys })).toBe(
      "token_invalid",
    );
    const [head, , signature] = (await sign(GOOD)).split(".");
    expect(
      await verdict(`${head}.${encode({ ...GOOD, sub: "bob" })}.${signature}`),
    ).toBe("token_invalid");
    for (const rubbish of ["", ".", "..", "a.b.c", "a.b.c.d.e", "ü"]) {
      expect(await verdict(rubbish)).toBe("token_invalid");
    }
  });

  test("§1 an embedded jwk or an unknown crit in the header is not trusted", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256", {
      extractable: true,
    });
    const jwk = await crypto.subtle.exportKey("jwk", publicKey);
    const embedded = await new SignJWT(GOOD)
      .setProtectedHeader({
        alg: "ES256",
        jwk: { kty: "EC", crv: "P-256", x: jwk.x!, y: jwk.y! },
      })
      .sign(privateKey);
    expect(await verdict(embedded)).toBe("token_invalid");
    const critical = await new SignJWT(GOOD)
      .setProtectedHeader({ alg: "HS256", crit: ["exp"], exp: 1 })
      .sign(SECRET, { crit: { exp: true } });
    expect(await verdict(critical)).toBe("token_invalid");
  });

  test("§1 a token has at most 6 KiB", async () => {
    const padded = async (bytes: number) => {
      const bare = (await sign({ ...GOOD, pad: "" })).length;
      const pad = "x".repeat(Math.floor(((bytes - bare) * 3) / 4));
      return sign({ ...GOOD, pad });
    };
    const fits = await padded(limits.tokenBytesMax);
    const tooLong = await padded(limits.tokenBytesMax + 8);
    expect(fits.length).toBeLessThanOrEqual(limits.tokenBytesMax);
    expect(tooLong.length).toBeGreaterThan(limits.tokenBytesMax);
    expect(await verdict(fits)).toBe("alice");
    expect(await verdict(tooLong)).toBe("token_invalid");
  });

  test("§9 a secret of fewer than 32 bytes is refused at the start", async () => {
    const keys = { kind: "secret", secret: SECRET.slice(1) } as const;
    const layer = tokenVerifierLayer({ keys, issuer: null, audience: null });
    const exit = await Effect.runPromiseExit(
      Effect.provide(Effect.void, layer),
    );
    expect(Exit.isFailure(exit)).toBe(true);
  });
});
