/**
 * The local mode's secret: random, made once, kept in DATA_DIR, readable by its owner only; and the tokens signed with it or with
 * JWT_SECRET. Promises: a token that this machine issues names one user and ends.
 */
import { Redacted } from "effect";
import { SignJWT } from "jose";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { v4 as uuid } from "uuid";
import type { UserId } from "../domain/model.ts";
import type { AppConfig } from "./config.ts";

export const LOCAL_USER = "local" as UserId;
export const LOCAL_SESSION_SECONDS = 12 * 3_600;

/** The secret of this machine, made on first use. */
export function localSecret(dataDir: string): Uint8Array {
  const file = join(dataDir, "jwt.secret");
  mkdirSync(dataDir, { recursive: true });
  try {
    writeFileSync(file, randomBytes(48).toString("base64url"), {
      flag: "wx",
      mode: 0o600,
    });
  } catch (error) {
    const exists =
      error instanceof Error && "code" in error && error.code === "EEXIST";
    if (!exists) throw error;
  }
  return new TextEncoder().encode(readFileSync(file, "utf8").trim());
}

/** The secret that tokens can be signed with here; null where only a public key is known. */
export function signingSecret(config: AppConfig): Uint8Array | null {
  if (config.keys.kind === "local") return localSecret(config.dataDir);
  if (config.keys.kind !== "secret") return null;
  return new TextEncoder().encode(Redacted.value(config.keys.secret));
}

export interface IssuedToken {
  readonly token: string;
  readonly user_id: UserId;
  readonly expires_at: string;
}

/** A token for `user` that ends after `lifetimeSeconds`; an administrator's where it says so. */
export async function issueToken(
  secret: Uint8Array,
  config: AppConfig,
  user: UserId,
  lifetimeSeconds: number,
  claims: { readonly role?: "admin" } = {},
): Promise<IssuedToken> {
  const expiresAt = Math.floor(Date.now() / 1_000) + lifetimeSeconds;
  const jwt = new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(user)
    .setJti(uuid())
    .setIssuedAt()
    .setExpirationTime(expiresAt);
  if (config.issuer !== null) jwt.setIssuer(config.issuer);
  if (config.audience !== null) jwt.setAudience(config.audience);
  return {
    token: await jwt.sign(secret),
    user_id: user,
    expires_at: new Date(expiresAt * 1_000).toISOString(),
  };
}
