/** Tokens of every kind, and one verifier's verdict on them. */
import { Effect, Layer, ManagedRuntime } from "effect";
import { SignJWT } from "jose";
import type { CryptoKey, JWTPayload } from "jose";
import { tokenVerifierLayer } from "../../src/adapters/jwt.ts";
import type { TokenRules } from "../../src/adapters/jwt.ts";
import { memoryCacheLayer } from "../../src/adapters/memory/cache.ts";
import { Revocations } from "../../src/domain/revocations.ts";
import { authenticate } from "../../src/domain/sessions.ts";

export const SECRET = new TextEncoder().encode(
  "0123456789abcdef0123456789abcdef",
);
export const now = () => Math.floor(Date.now() / 1_000);
export const GOOD = { sub: "alice", exp: now() + 3_600 };

type Key = CryptoKey | Uint8Array;

export function sign(
  claims: JWTPayload,
  key: Key = SECRET,
  alg = "HS256",
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(key);
}

const nothingRevoked = Layer.succeed(Revocations, {
  cover: () => false,
  isRevoked: () => Effect.succeed(false),
  revoke: () => Effect.never,
});

/** The identity's user, or why it was refused. */
export async function verdict(
  token: string,
  rules: Partial<TokenRules> = {},
): Promise<string> {
  const keys = { kind: "secret", secret: SECRET } as const;
  const layer = tokenVerifierLayer({
    keys,
    issuer: null,
    audience: null,
    ...rules,
  });
  const runtime = ManagedRuntime.make(
    Layer.mergeAll(layer, memoryCacheLayer, nothingRevoked),
  );
  const attempt = Effect.match(authenticate({ kind: "token", token }), {
    onSuccess: (it) => String(it.user_id),
    onFailure: (it) => it.reason,
  });
  return runtime.runPromise(attempt).finally(() => runtime.dispose());
}

/** One part of a token, unsigned. */
export const encode = (value: object) =>
  Buffer.from(JSON.stringify(value)).toString("base64url");
