/**
 * The TypeScript client, published as `goldenpath/client`, for browsers and Node 22 or newer. Owns nothing but this list of names.
 * Promises: no framework and no schema library behind it, only XState.
 */
import { Client } from "./client.ts";
import type { ClientOptions } from "./client.ts";

export type { Client, ClientOptions } from "./client.ts";
export { endsRun, isEvent } from "./frames.ts";
export { FeedOverflow } from "./feed.ts";
export { TokenRefused } from "./transport.ts";
export type { ClientStorage, OutboxItem, Refusal } from "./outbox.ts";
export type { SendOptions, Sent, Settled } from "./submissions.ts";
export type {
  ClientSnapshot,
  ConnectionState,
  Session,
  ThreadState,
} from "./snapshot.ts";

/** Makes a client; it stays offline until `connect`. */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}
