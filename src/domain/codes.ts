/**
 * The codes of the wire contract: how a connection is closed, and what an `error` frame may say. Part of the contract and exported with it
 * from protocol.ts. Promises: a code is never given a second meaning.
 */

/** Section 6: the range of a close code is the client's policy. */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  policy: 1008,
  tooBig: 1009,
  internal: 1011,
  restart: 1012,
  tryAgain: 1013,
  slowConsumer: 4301,
  heartbeatTimeout: 4302,
  unauthorized: 4401,
  forbidden: 4403,
  authenticationTimeout: 4408,
  tooManyConnections: 4429,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

export const ERROR_CODES = [
  "unauthorized",
  "too_many_connections",
  "message_too_large",
  "invalid_json",
  "invalid_message",
  "unknown_message_type",
  "user_mismatch",
  "rate_limited",
  "draining",
  "service_unavailable",
  "thread_not_found",
  "run_not_found",
  "busy",
  "too_many_runs",
  "internal",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export const UNAUTHORIZED_REASONS = [
  "token_missing",
  "token_invalid",
  "token_expired",
  "token_revoked",
  "keys_unavailable",
] as const;
export type UnauthorizedReason = (typeof UNAUTHORIZED_REASONS)[number];
