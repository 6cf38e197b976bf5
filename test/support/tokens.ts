/** What tests do with tokens and tickets beside using them. */
import { Effect } from "effect";
import { Revocations } from "../../src/domain/revocations.ts";
import { issueToken } from "../../src/app/secret.ts";
import type { UserId } from "../../src/domain/model.ts";
import { configOf, TEST_SECRET } from "./config.ts";
import type { TestServer } from "./server.ts";

/** The claims of a token, unverified. */
export function claimsOf(token: string): {
  readonly exp: number;
  readonly jti: string;
} {
  const [, claims = ""] = token.split(".");
  return JSON.parse(Buffer.from(claims, "base64url").toString());
}

export async function revoke(server: TestServer, token: string): Promise<void> {
  const { jti } = claimsOf(token);
  const revoking = Revocations.use((it) =>
    it.revoke({ kind: "token", name: jti }),
  );
  await server.node.services.runPromise(Effect.asVoid(revoking));
}

/** A fresh ticket for the holder of `token`. */
export async function ticketFor(
  server: TestServer,
  token: string,
): Promise<string> {
  const response = await fetch(`${server.url}/api/tickets`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
  });
  return ((await response.json()) as { ticket: string }).ticket;
}

/** A token of somebody who may revoke others'; every server of the tests takes it. */
export async function adminToken(): Promise<string> {
  const config = await configOf({ JWT_SECRET: TEST_SECRET });
  const secret = new TextEncoder().encode(TEST_SECRET);
  const user = `admin-${crypto.randomUUID()}` as UserId;
  const role = { role: "admin" } as const;
  return (await issueToken(secret, config, user, 60, role)).token;
}
