/**
 * How a connection's end is told to its client: close code, close text and, where there is something to say, an `error` frame first.
 * One table for all ends. Promises: 1011 is for our own defects alone, and nothing of them is told.
 */
import type {
  ConnectionEnd,
  ConnectionEvent,
} from "../../machines/connection.ts";
import { describe, TooManyConnections, Unauthorized } from "./errors.ts";
import type { ErrorDescription } from "./errors.ts";
import { CloseCode } from "./protocol.ts";
import type { Dismissal } from "./router.ts";

export interface Closing {
  readonly code: CloseCode;
  /** The close text; at most 123 bytes, as RFC 6455 asks. */
  readonly reason: string;
  readonly error: ErrorDescription | null;
}

/** Null when there is nobody left to tell. */
export function closing(end: ConnectionEnd): Closing | null {
  switch (end.kind) {
    case "gone":
      return null;
    case "refused":
      return refusal(end.error);
    case "authenticationTimeout":
      return {
        code: CloseCode.authenticationTimeout,
        reason: "authentication_timeout",
        error: null,
      };
    case "tokenExpired":
      return unauthorized(new Unauthorized({ reason: "token_expired" }));
    case "revoked":
      return unauthorized(new Unauthorized({ reason: "token_revoked" }));
    case "identityChanged":
      return unauthorized(new Unauthorized({ reason: "token_invalid" }));
    case "heartbeatMissed":
      return {
        code: CloseCode.heartbeatTimeout,
        reason: "heartbeat_timeout",
        error: null,
      };
    case "consumerStalled":
      return {
        code: CloseCode.slowConsumer,
        reason: "slow_consumer",
        error: null,
      };
    case "policyViolated":
      return { code: CloseCode.policy, reason: "too_many_errors", error: null };
    case "removed":
      return { code: CloseCode.normal, reason: "closed_by_user", error: null };
    case "serverStopped":
      return { code: CloseCode.restart, reason: "server_restart", error: null };
    case "defect":
      return DEFECT;
  }
}

const DEFECT: Closing = {
  code: CloseCode.internal,
  reason: "internal",
  error: null,
};

function refusal(error: unknown): Closing {
  if (error instanceof Unauthorized) return unauthorized(error);
  if (error instanceof TooManyConnections) {
    return {
      code: CloseCode.tooManyConnections,
      reason: "too_many_connections",
      error: describe(error),
    };
  }
  return DEFECT;
}

function unauthorized(failure: Unauthorized): Closing {
  const away = failure.reason === "keys_unavailable";
  return {
    code: away ? CloseCode.tryAgain : CloseCode.unauthorized,
    reason: failure.reason,
    error: describe(failure),
  };
}

/** What a refused refresh is to the machine. */
export const DISMISSAL = {
  token_expired: "token.expired",
  token_revoked: "token.revoked",
  token_invalid: "identity.changed",
  token_missing: "identity.changed",
} as const satisfies Record<Dismissal, ConnectionEvent["type"]>;
