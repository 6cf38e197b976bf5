/**
 * The wire contract, version 1 (docs/PROTOCOL.md): every frame and event as a schema, the close codes, the error codes.
 * Shared by server, client (types only), and tests. Promises: names and fields here are the page's, letter for letter.
 */
import { Schema } from "effect";
import { ERROR_CODES } from "./codes.ts";
import { limits } from "./limits.ts";
import { Count, Instant } from "./events.ts";
import type { Event } from "./events.ts";

export * from "./codes.ts";
export * from "./events.ts";

export const PROTOCOL_VERSION = 1;
export const SUBPROTOCOL = "goldenpath.v1";
export const SUBPROTOCOL_ALIAS = "jwt-auth";

// --- fields ----------------------------------------------------------------------------------------------------------------

const Identifier = Schema.String.check(
  Schema.isNonEmpty(),
  Schema.isMaxLength(limits.identifierCharactersMax),
);
const Text = Schema.String.check(
  Schema.isNonEmpty(),
  Schema.isMaxLength(limits.messageCharactersMax),
);

const RunStatus = Schema.Literals([
  "queued",
  "running",
  "awaiting_approval",
  "completed",
  "partial",
  "failed",
  "cancelled",
  "timed_out",
]);
const ActiveRun = Schema.Struct({
  run_id: Schema.String,
  status: RunStatus,
  started_at: Schema.NullOr(Instant),
});
const ServiceStatus = Schema.Literals(["up", "down", "absent"]);
const Services = Schema.Struct({
  database: ServiceStatus,
  cache: ServiceStatus,
  model: ServiceStatus,
});
const Mode = Schema.Literals(["full", "degraded"]);

// --- client → server (section 5) -------------------------------------------------------------------------------------------

export const UserMessage = Schema.Struct({
  type: Schema.Literal("user_message"),
  message_id: Schema.optionalKey(Identifier),
  text: Text,
  thread_id: Schema.optionalKey(Schema.NullOr(Identifier)),
  if_busy: Schema.optionalKey(
    Schema.Literals(["enqueue", "reject", "interrupt"]),
  ),
  user_id: Schema.optionalKey(Schema.String),
});
export const StopRun = Schema.Struct({
  type: Schema.Literal("stop_run"),
  run_id: Identifier,
});
export const JoinThread = Schema.Struct({
  type: Schema.Literal("join_thread"),
  thread_id: Identifier,
  after_seq: Schema.optionalKey(Count),
});
export const LeaveThread = Schema.Struct({
  type: Schema.Literal("leave_thread"),
  thread_id: Identifier,
});
export const AckEvents = Schema.Struct({
  type: Schema.Literal("ack_events"),
  thread_id: Identifier,
  seq: Count,
});
export const TokenRefresh = Schema.Struct({
  type: Schema.Literal("token_refresh"),
  token: Schema.String.check(Schema.isNonEmpty()),
});
export const Ping = Schema.Struct({
  type: Schema.Literal("ping"),
  id: Schema.optionalKey(
    Schema.Union([
      Schema.String.check(Schema.isMaxLength(limits.identifierCharactersMax)),
      Schema.Finite,
    ]),
  ),
});

export const clientFrames = {
  user_message: UserMessage,
  stop_run: StopRun,
  join_thread: JoinThread,
  leave_thread: LeaveThread,
  ack_events: AckEvents,
  token_refresh: TokenRefresh,
  ping: Ping,
} as const;
export type ClientFrameType = keyof typeof clientFrames;
export type ClientFrame = {
  [T in ClientFrameType]: (typeof clientFrames)[T]["Type"];
}[ClientFrameType];
export type FrameOf<T extends ClientFrameType> =
  (typeof clientFrames)[T]["Type"];

// --- server → client: connection frames (section 3) ------------------------------------------------------------------------

const JoinedThread = Schema.Struct({
  thread_id: Schema.String,
  title: Schema.String,
  last_seq: Count,
  active_run: Schema.NullOr(ActiveRun),
});

export const connectionFrames = {
  connection_ready: Schema.Struct({
    type: Schema.Literal("connection_ready"),
    connection_ready: Schema.Literal(true),
    connection_id: Schema.String,
    user_id: Schema.String,
    protocol_version: Schema.Literal(PROTOCOL_VERSION),
    server_time: Instant,
    mode: Mode,
    services: Services,
    heartbeat_interval_ms: Count,
    token_expires_at: Instant,
    limits: Schema.Struct({
      message_bytes: Count,
      messages_per_minute: Count,
      connections: Count,
      active_runs: Count,
    }),
    threads: Schema.Array(JoinedThread),
  }),
  ack: Schema.Struct({
    type: Schema.Literal("ack"),
    message_id: Schema.String,
    status: Schema.Literals(["accepted", "duplicate"]),
    thread_id: Schema.String,
    run_id: Schema.String,
    queue_position: Count,
  }),
  joined: Schema.Struct({
    type: Schema.Literal("joined"),
    thread_id: Schema.String,
    last_seq: Count,
    active_run: Schema.NullOr(ActiveRun),
  }),
  left: Schema.Struct({
    type: Schema.Literal("left"),
    thread_id: Schema.String,
    reason: Schema.optionalKey(Schema.Literal("deleted")),
  }),
  error: Schema.Struct({
    type: Schema.Literal("error"),
    code: Schema.Literals(ERROR_CODES),
    message: Schema.String,
    retryable: Schema.Boolean,
    message_id: Schema.optionalKey(Schema.String),
    retry_after_ms: Schema.optionalKey(Count),
    reason: Schema.optionalKey(Schema.String),
    path: Schema.optionalKey(Schema.String),
    hint: Schema.optionalKey(Schema.String),
  }),
  pong: Schema.Struct({
    type: Schema.Literal("pong"),
    id: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite])),
    server_time: Instant,
  }),
  service_status: Schema.Struct({
    type: Schema.Literal("service_status"),
    mode: Mode,
    services: Services,
  }),
  token_expiring: Schema.Struct({
    type: Schema.Literal("token_expiring"),
    expires_at: Instant,
  }),
  token_refreshed: Schema.Struct({
    type: Schema.Literal("token_refreshed"),
    expires_at: Instant,
  }),
  server_draining: Schema.Struct({
    type: Schema.Literal("server_draining"),
    reconnect_after_ms: Count,
  }),
  thread_updated: Schema.Struct({
    type: Schema.Literal("thread_updated"),
    thread_id: Schema.String,
    title: Schema.String,
    last_seq: Count,
    active_run: Schema.NullOr(ActiveRun),
  }),
  stream_chunk: Schema.Struct({
    type: Schema.Literal("stream_chunk"),
    thread_id: Schema.String,
    run_id: Schema.String,
    message_id: Schema.String,
    offset: Count,
    text: Schema.String,
  }),
} as const;
export type ConnectionFrameType = keyof typeof connectionFrames;
export type ConnectionFrameOf<T extends ConnectionFrameType> =
  (typeof connectionFrames)[T]["Type"];
export type ConnectionFrame = {
  [T in ConnectionFrameType]: ConnectionFrameOf<T>;
}[ConnectionFrameType];

export type ServerFrame = ConnectionFrame | Event;
