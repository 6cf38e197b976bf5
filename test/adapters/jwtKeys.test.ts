/** docs/PROTOCOL.md section 1: tokens under a public key from a PEM file; its text must never serve as a secret. */
import { Effect, Exit } from "effect";
import { exportSPKI, generateKeyPair } from "jose";
import { describe, expect, test } from "vitest";
import { tokenVerifierLayer } from "../../src/adapters/jwt.ts";
import { encode, GOOD, sign, verdict } from "./jwtSupport.ts";

describe("public keys", () => {
  test.each(["RS256", "PS256", "ES256", "ES384", "EdDSA"])(
    "§1 a PEM key takes %s, and its text is no HMAC secret",
    async (alg) => {
      const { publicKey, privateKey } = await generateKeyPair(alg, {
        extractable: true,
      });
      const pem = await exportSPKI(publicKey);
      const keys = { kind: "publicKey", pem } as const;
      expect(await verdict(await sign(GOOD, privateKey, alg), { keys })).toBe(
        "alice",
      );
      const confused = await sign(GOOD, new TextEncoder().encode(pem));
      expect(await verdict(confused, { keys })).toBe("token_invalid");
      const other = (await generateKeyPair(alg)).privateKey;
      expect(await verdict(await sign(GOOD, other, alg), { keys })).toBe(
        "token_invalid",
      );
      const unsigned = `${encode({ alg: "none" })}.${encode(GOOD)}.`;
      expect(await verdict(unsigned, { keys })).toBe("token_invalid");
    },
  );

  test("§1 an algorithm of another kind of key is token_invalid", async () => {
    const { publicKey } = await generateKeyPair("RS256", { extractable: true });
    const keys = {
      kind: "publicKey",
      pem: await exportSPKI(publicKey),
    } as const;
    const { privateKey } = await generateKeyPair("ES256");
    expect(await verdict(await sign(GOOD, privateKey, "ES256"), { keys })).toBe(
      "token_invalid",
    );
  });

  test("§9 a file that holds no public key is refused at the start", async () => {
    const keys = {
      kind: "publicKey",
      pem: "-----BEGIN PUBLIC KEY-----\nno\n",
    } as const;
    const layer = tokenVerifierLayer({ keys, issuer: null, audience: null });
    const exit = await Effect.runPromiseExit(
      Effect.provide(Effect.void, layer),
    );
    expect(Exit.isFailure(exit)).toBe(true);
  });
});
