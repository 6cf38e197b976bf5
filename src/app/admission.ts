/**
 * Who may ask for a WebSocket at all: allowed origins, a serving node with room, and whose address counts. Promises: what is refused here
 * is refused in HTTP, before any token is looked at.
 */
import type { IncomingMessage } from "node:http";
import type { Problem } from "../adapters/problem.ts";
import type { AppConfig } from "./config.ts";

/** Why this upgrade is refused before it is looked at; null where it may go on. `open` counts the sockets there are. */
export function refusalOf(
  request: IncomingMessage,
  config: AppConfig,
  state: string,
  open: number,
): Problem | null {
  if (!isAllowedOrigin(request, config.allowedOrigins)) {
    return {
      status: 403,
      title: "Forbidden",
      detail: "This origin may not connect here.",
    };
  }
  if (state !== "serving" || open >= config.connectionsMax) {
    return {
      status: 503,
      title: "Not now",
      detail: "This server takes no new connections now. Try again shortly.",
      retryAfterSeconds: 1,
    };
  }
  return null;
}

/** Programs send no Origin; pages must be this host's own or on the list. */
function isAllowedOrigin(
  { headers }: IncomingMessage,
  allowed: readonly string[],
): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes(origin)) return true;
  return (
    URL.canParse(origin) &&
    host !== undefined &&
    new URL(origin).host === host.toLowerCase()
  );
}

/** Where the peer is; behind a trusted proxy, what that proxy says. */
export function addressOf(
  request: IncomingMessage,
  trusted: readonly string[],
): string {
  const peer = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const forwarded = request.headers["x-forwarded-for"];
  if (!trusted.includes(peer) || typeof forwarded !== "string") return peer;
  return forwarded.split(",").at(-1)!.trim();
}
