/** Who is at the other end of a request, as far as its connection and headers tell. */
import { getConnInfo } from "@hono/node-server/conninfo";
import type { AppContext } from "./answers.ts";
import { isLoopback } from "./config.ts";

/** The request came from this machine; through a proxy of this machine's too. */
export function isLocalPeer(c: AppContext): boolean {
  const address = getConnInfo(c).remote.address ?? "";
  return isLoopback(address.replace(/^::ffff:/, ""));
}

/** A proxy says that it passed this request on. */
export function isForwarded(c: AppContext): boolean {
  return [...c.req.raw.headers.keys()].some(
    (it) => it === "forwarded" || it.startsWith("x-forwarded-"),
  );
}

/** The token of the Authorization header; null where it carries none. */
export function bearerOf(c: AppContext): string | null {
  const header = c.req.header("Authorization") ?? "";
  return /^Bearer +(\S+)$/i.exec(header)?.[1] ?? null;
}
