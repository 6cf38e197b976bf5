/** What tests do with tokens and tickets beside using them. */
import { revokeToken } from "../../src/domain/sessions.ts";
import type { TestServer } from "./server.ts";

/** The claims of a token, unverified. */
export function claimsOf(token: string): {
  readonly exp: number;
  readonly jti: string;
} {
  const [, claims = ""] = token.split(".");
  return JSON.parse(Buffer.from(claims, "base64url").toString());
}

export function revoke(server: TestServer, token: string): Promise<void> {
  const { jti, exp } = claimsOf(token);
  return server.node.services.runPromise(revokeToken(jti, exp * 1_000));
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
