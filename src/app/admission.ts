/**
 * Who may ask for a WebSocket at all: allowed origins, a serving node with room, and whose address counts. Promises: what is refused here
 * is refused in HTTP, before any token is looked at.
 */
import ipaddr from "ipaddr.js";
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

/** What one IPv6 host has to itself, at the least: it may come from any address of it. */
const IPV6_HOST_PREFIX_BITS = 64;

/** The host that the peer is, or behind a trusted proxy, the one that proxy names: an IPv4 address, or an IPv6 network of one host. */
export function addressOf(
  request: IncomingMessage,
  trusted: readonly string[],
): string {
  const peer = request.socket.remoteAddress ?? "";
  const forwarded = request.headers["x-forwarded-for"];
  if (!trusted.includes(unmapped(peer)) || typeof forwarded !== "string")
    return hostOf(peer);
  return hostOf(forwarded.split(",").at(-1)!.trim());
}

/** IPv4 as it is written, also where a socket of both families says ::ffff: before it; what is no address stays as it is. */
function unmapped(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}

function hostOf(address: string): string {
  const plain = unmapped(address);
  if (!ipaddr.IPv6.isValid(plain)) return plain;
  const range = `${plain}/${IPV6_HOST_PREFIX_BITS}`;
  return ipaddr.IPv6.networkAddressFromCIDR(range).toString();
}
