/**
 * Every failure the domain can name, as a tagged value, and the one place that turns a failure into what a client may read:
 * a code, whether trying again helps, and words for a person. Promises: no stack, SQL, path or token gets past `describe`.
 */
import { Data } from "effect";
import { limits } from "./limits.ts";
import type { ErrorCode, UnauthorizedReason } from "./protocol.ts";

export class Unauthorized extends Data.TaggedError("Unauthorized")<{
  readonly reason: UnauthorizedReason;
}> {}
export class TooManyConnections extends Data.TaggedError("TooManyConnections")<{
  readonly limit: number;
}> {}
export class MessageTooLarge extends Data.TaggedError("MessageTooLarge")<{
  readonly limitBytes: number;
}> {}
export class InvalidJson extends Data.TaggedError("InvalidJson")<{}> {}
export class InvalidMessage extends Data.TaggedError("InvalidMessage")<{
  readonly problem: string;
  readonly path?: string;
}> {}
export class UnknownMessageType extends Data.TaggedError("UnknownMessageType")<{
  readonly type: string;
}> {}
export class UserMismatch extends Data.TaggedError("UserMismatch")<{}> {}
export class RateLimited extends Data.TaggedError("RateLimited")<{
  readonly retryAfterMs: number;
}> {}
export class Draining extends Data.TaggedError("Draining")<{
  readonly retryAfterMs: number;
}> {}
/** A dependency did not answer. What was asked of it may have been done nevertheless: whoever asks again must be able to. */
export class ServiceUnavailable extends Data.TaggedError("ServiceUnavailable")<{
  readonly service: "database" | "cache" | "model";
  readonly cause: unknown;
}> {}
export class ThreadNotFound extends Data.TaggedError("ThreadNotFound")<{}> {}
export class RunNotFound extends Data.TaggedError("RunNotFound")<{}> {}
export class Busy extends Data.TaggedError("Busy")<{}> {}
export class TooManyRuns extends Data.TaggedError("TooManyRuns")<{
  readonly limit: number;
}> {}
/** More runs wait for a node than this cluster can work on soon; nothing was changed. */
export class QueueFull extends Data.TaggedError("QueueFull")<{}> {}
export class ConnectionNotFound extends Data.TaggedError(
  "ConnectionNotFound",
)<{}> {}
export class ImportNotFound extends Data.TaggedError("ImportNotFound")<{}> {}
/** A file that is refused whole; nothing of it was kept. */
export class ImportRefused extends Data.TaggedError("ImportRefused")<{
  readonly problem: string;
  readonly expected: string;
}> {}
export class InvalidRequest extends Data.TaggedError("InvalidRequest")<{
  readonly problem: string;
  readonly path?: string;
}> {}
/** A run without a report that could be exported: none yet, or for good once it has ended. */
export class NoReport extends Data.TaggedError("NoReport")<{
  readonly ended: boolean;
}> {}
/** A tool that could not do its work; the agent sees it and the run goes on. */
export class ToolFailed extends Data.TaggedError("ToolFailed")<{
  readonly code: string;
  readonly problem: string;
}> {}
/** The run was claimed anew elsewhere or has ended: this owner may write nothing more. */
export class RunFenced extends Data.TaggedError("RunFenced")<{}> {}

export type FrameFailure =
  | Unauthorized
  | TooManyConnections
  | MessageTooLarge
  | InvalidJson
  | InvalidMessage
  | UnknownMessageType
  | UserMismatch
  | RateLimited
  | Draining
  | ServiceUnavailable
  | ThreadNotFound
  | RunNotFound
  | Busy
  | TooManyRuns
  | QueueFull;

/** The part of an `error` frame that describes the failure itself. */
export interface ErrorDescription {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly retry_after_ms?: number;
  readonly reason?: string;
  readonly path?: string;
  readonly hint?: string;
}

const UNAUTHORIZED_TEXT: Record<UnauthorizedReason, string> = {
  token_missing: "This connection carries no token. Sign in and connect again.",
  token_invalid: "This token is not valid here. Sign in again.",
  token_expired:
    "This session has expired. Sign in again; your threads are kept.",
  token_revoked:
    "This session was ended. Sign in again; your threads are kept.",
  keys_unavailable:
    "The key server that vouches for this token is away. Your session is fine; try again shortly.",
};

type Describe = {
  readonly [Tag in FrameFailure["_tag"]]: (
    failure: Extract<FrameFailure, { readonly _tag: Tag }>,
  ) => ErrorDescription;
};

const KNOWN_TYPES =
  "user_message, stop_run, join_thread, leave_thread, ack_events, token_refresh, ping";

/** What each failure is called and how a person is told of it: what happened, what was kept, what to do. */
const descriptions: Describe = {
  Unauthorized: ({ reason }) => ({
    code: "unauthorized",
    message: UNAUTHORIZED_TEXT[reason],
    retryable: reason === "keys_unavailable",
    reason,
  }),
  TooManyConnections: ({ limit }) =>
    refusal(
      "too_many_connections",
      `You have ${limit} connections open already. Close one and try again.`,
    ),
  MessageTooLarge: ({ limitBytes }) =>
    refusal(
      "message_too_large",
      `A message may have fewer than ${limitBytes} bytes. Nothing was stored; shorten it.`,
    ),
  InvalidJson: () =>
    refusal("invalid_json", "This frame is not JSON. Nothing was stored."),
  InvalidMessage: ({ problem, path }) => ({
    ...refusal(
      "invalid_message",
      `This message was not understood: ${problem}. Nothing was stored.`,
    ),
    ...(path === undefined ? {} : { path }),
  }),
  UnknownMessageType: () => ({
    ...refusal(
      "unknown_message_type",
      "This server knows no message of that type. Nothing was stored.",
    ),
    hint: KNOWN_TYPES,
  }),
  UserMismatch: () =>
    refusal(
      "user_mismatch",
      "The user_id in this message is not the one of your token. Nothing was stored.",
    ),
  RateLimited: ({ retryAfterMs }) =>
    again(
      "rate_limited",
      "That was a lot at once. Nothing was stored; send it again shortly.",
      retryAfterMs,
    ),
  Draining: ({ retryAfterMs }) =>
    again(
      "draining",
      "This server is restarting. Nothing was stored; send it again after reconnecting.",
      retryAfterMs,
    ),
  ServiceUnavailable: () =>
    again(
      "service_unavailable",
      "A part of this server is away. Nothing was stored; send it again shortly.",
      limits.serviceRetryAfterMs,
    ),
  ThreadNotFound: () => refusal("thread_not_found", "There is no such thread."),
  RunNotFound: () => refusal("run_not_found", "There is no such run."),
  Busy: () =>
    refusal(
      "busy",
      "This thread is still working on an answer. Nothing was stored; wait for it or stop it.",
    ),
  TooManyRuns: ({ limit }) =>
    refusal(
      "too_many_runs",
      `You have ${limit} questions waiting already. Nothing was stored; wait for one to end.`,
    ),
  // Retryable, unlike too_many_runs: this is nothing the user did or could end, and the client's outbox sends it again by itself.
  QueueFull: () => ({
    ...again(
      "service_unavailable",
      "More questions are waiting than can be answered soon. Nothing was stored; send it again in a few seconds.",
      limits.overloadRetryAfterMs,
    ),
    reason: "queue_full",
  }),
};

/** Words for a person: what happened, what was kept, what to do. */
export function describe(failure: FrameFailure): ErrorDescription {
  const words: (it: never) => ErrorDescription = descriptions[failure._tag];
  return words(failure as never);
}

function refusal(code: ErrorCode, message: string): ErrorDescription {
  return { code, message, retryable: false };
}

function again(
  code: ErrorCode,
  message: string,
  retryAfterMs: number,
): ErrorDescription {
  return { code, message, retryable: true, retry_after_ms: retryAfterMs };
}
