/**
 * Tokens by jose: HS256 with a secret, or an asymmetric key from a PEM file or a JWKS URL. Owns the key set and its refreshing. Promises:
 * the algorithms are fixed by configuration, `exp` and `sub` are required, and cached keys go on serving while the key server is away.
 */
import { Effect, Layer, Schedule } from "effect";
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  importSPKI,
  importX509,
  jwtVerify,
} from "jose";
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from "jose";
import { setTimeout } from "node:timers/promises";
import { Unauthorized } from "../domain/errors.ts";
import { limits } from "../domain/limits.ts";
import type { UserId } from "../domain/model.ts";
import { TokenVerifier } from "../domain/ports.ts";
import type { Identity } from "../domain/ports.ts";

export type KeySource =
  | { readonly kind: "secret"; readonly secret: Uint8Array }
  | { readonly kind: "publicKey"; readonly pem: string }
  | { readonly kind: "jwks"; readonly url: string };

export interface TokenRules {
  readonly keys: KeySource;
  readonly issuer: string | null;
  readonly audience: string | null;
}

/** Every asymmetric algorithm that signs with a key of the key's own kind; never `none`, never a secret. */
const ASYMMETRIC = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"];

export function tokenVerifierLayer(
  rules: TokenRules,
): Layer.Layer<TokenVerifier, Error> {
  return Layer.effect(
    TokenVerifier,
    Effect.gen(function* () {
      const keys = yield* openKeys(rules.keys);
      const options: JWTVerifyOptions = {
        algorithms: rules.keys.kind === "secret" ? ["HS256"] : ASYMMETRIC,
        clockTolerance: limits.clockToleranceSeconds,
        requiredClaims: ["exp", "sub"],
        ...(rules.issuer === null ? {} : { issuer: rules.issuer }),
        ...(rules.audience === null ? {} : { audience: rules.audience }),
      };
      return TokenVerifier.of({
        verify: (token) =>
          Effect.tryPromise({
            try: async () => (await jwtVerify(token, keys, options)).payload,
            catch: (cause) => new Unauthorized({ reason: reasonOf(cause) }),
          }).pipe(Effect.flatMap(toIdentity)),
      });
    }),
  );
}

function openKeys(source: KeySource) {
  switch (source.kind) {
    case "secret":
      return checkSecret(source.secret);
    case "publicKey":
      return Effect.tryPromise({
        try: () => importPublicKey(source.pem),
        catch: () =>
          new Error("JWT_PUBLIC_KEY_FILE holds no usable public key"),
      });
    case "jwks":
      return openKeySet(source.url);
  }
}

function checkSecret(
  secret: Uint8Array,
): Effect.Effect<JWTVerifyGetKey, Error> {
  if (secret.length < limits.jwtSecretBytesMin) {
    return Effect.fail(
      new Error(`JWT_SECRET needs ${limits.jwtSecretBytesMin} bytes at least`),
    );
  }
  return Effect.succeed(async () => secret);
}

/** A PEM key may be of any kind; which algorithm it takes is asked of the key, by trying, never of a token. */
async function importPublicKey(pem: string): Promise<JWTVerifyGetKey> {
  const isCertificate = pem.includes("BEGIN CERTIFICATE");
  const keys = new Map<string, CryptoKey>();
  for (const algorithm of ASYMMETRIC) {
    try {
      const load = isCertificate ? importX509 : importSPKI;
      keys.set(algorithm, await load(pem, algorithm));
    } catch {
      continue;
    }
  }
  if (keys.size === 0) throw new Error("no algorithm takes this key");
  return async ({ alg }) => {
    const key = keys.get(alg ?? "");
    if (key === undefined) throw new errors.JOSEAlgNotAllowed("not this key's");
    return key;
  };
}

/**
 * A key set that is fetched for unknown keys and now and then; what was fetched last serves until something newer is. It is not fetched
 * twice within limits.keysCooldownMs: a token with an unknown key waits that long, so that a key of a rotation just now is found too.
 */
function openKeySet(url: string) {
  return Effect.gen(function* () {
    const keySet = createRemoteJWKSet(new URL(url), {
      cacheMaxAge: Infinity,
      cooldownDuration: limits.keysCooldownMs,
      timeoutDuration: limits.keysRequestTimeoutMs,
      [customFetch]: fetchKeys,
    });
    const refresh = Effect.tryPromise(() => keySet.reload()).pipe(
      Effect.ignore,
    );
    yield* Effect.forkScoped(
      Effect.repeat(refresh, Schedule.spaced(limits.keysRefreshIntervalMs)),
    );
    const getKey: JWTVerifyGetKey = async (header, token) => {
      const fetchedJustNow = keySet.coolingDown;
      try {
        return await keySet(header, token);
      } catch (error) {
        const unknown = error instanceof errors.JWKSNoMatchingKey;
        if (!unknown || !fetchedJustNow) throw error;
        await setTimeout(limits.keysCooldownMs);
        return keySet(header, token);
      }
    };
    return getKey;
  });
}

/** A key server that answers with an error, or with anything but keys, is as good as away. */
async function fetchKeys(url: string, options: object): Promise<Response> {
  try {
    const response = await fetch(url, options);
    const keySet = (await response.json()) as {
      readonly keys?: unknown;
    } | null;
    if (response.ok && Array.isArray(keySet?.keys))
      return Response.json(keySet);
  } catch {
    throw new KeysUnavailable();
  }
  throw new KeysUnavailable();
}

class KeysUnavailable extends Error {}

function reasonOf(cause: unknown): Unauthorized["reason"] {
  if (cause instanceof errors.JWTExpired) return "token_expired";
  if (cause instanceof KeysUnavailable || cause instanceof errors.JWKSTimeout) {
    return "keys_unavailable";
  }
  return "token_invalid";
}

/** The last instant that the contract's timestamps can name, in milliseconds; no token outlives it. */
const LAST_INSTANT_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function toIdentity(
  payload: JWTPayload & {
    readonly token_type?: unknown;
    readonly role?: unknown;
  },
): Effect.Effect<Identity, Unauthorized> {
  const { sub, exp, iat, jti, token_type, role } = payload;
  const fits =
    typeof sub === "string" &&
    sub.length >= 1 &&
    sub.length <= limits.subjectCharactersMax &&
    !sub.includes("\u0000") &&
    sub.isWellFormed() &&
    (jti === undefined || typeof jti === "string") &&
    (token_type === undefined || token_type === "access");
  if (!fits) return Effect.fail(new Unauthorized({ reason: "token_invalid" }));
  return Effect.succeed({
    user_id: sub as UserId,
    token_id: jti ?? null,
    issued_at_ms: typeof iat === "number" ? iat * 1_000 : 0,
    expires_at_ms: Math.min(exp! * 1_000, LAST_INSTANT_MS),
    admin: role === "admin",
  });
}
