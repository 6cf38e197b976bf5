/**
 * A connection's course as an operator sees it: how its handshake came out and how it ended, counted and logged. Promises: one line when it
 * opens and one when it is over, at debug level, since there may be thousands a minute; no token, no ticket, no address.
 */
import { Cause, Effect } from "effect";
import { causeOf } from "./causes.ts";
import type { Closing } from "./closing.ts";
import type { Connection } from "./connection.ts";
import {
  countConnectionClosed,
  countDefect,
  countHandshake,
} from "./metrics.ts";
import type { ConnectionId, UserId } from "./model.ts";

type Noted = Pick<Connection, "id" | "identity" | "openedAt">;

/** What stands in every log line about a connection. */
export function labelsOf(connection: {
  readonly id: ConnectionId;
  readonly identity: { readonly user_id: UserId } | null;
}): Record<string, string> {
  const { id, identity } = connection;
  return {
    connection_id: id,
    ...(identity === null ? {} : { user_id: identity.user_id }),
  };
}

export function opened(connection: Noted): Effect.Effect<void> {
  countHandshake("accepted");
  return Effect.logDebug("a connection was opened").pipe(
    Effect.annotateLogs(labelsOf(connection)),
  );
}

/** `how` null: the client was gone. `wasOpen` false: it had not been greeted. */
export function closed(
  connection: Noted,
  how: Closing | null,
  wasOpen: boolean,
): Effect.Effect<void> {
  const reason = how?.reason ?? "gone";
  if (!wasOpen) countHandshake(reason);
  countConnectionClosed(String(how?.code ?? "none"));
  const message = wasOpen
    ? "a connection was closed"
    : "a handshake was refused";
  return Effect.logDebug(message).pipe(
    Effect.annotateLogs({
      ...labelsOf(connection),
      code: how?.code ?? null,
      reason,
      duration_ms: Date.now() - Date.parse(connection.openedAt),
    }),
  );
}

/** The connection's machine failed: a defect of ours, closed with 1011. */
export function died(connection: Noted, error: unknown): Effect.Effect<void> {
  countDefect();
  return Effect.logError("a connection's machine failed", causeOf(error)).pipe(
    Effect.annotateLogs(labelsOf(connection)),
  );
}

/** The handler of a frame died; the client got `internal`, the connection stays open. */
export function frameDied(
  cause: Cause.Cause<unknown>,
  labels: Readonly<Record<string, string>>,
): Effect.Effect<void> {
  countDefect();
  const defect = causeOf(Cause.squash(cause));
  return Effect.logError("a frame could not be handled", defect).pipe(
    Effect.annotateLogs(labels),
  );
}
