/**
 * The events of a run as schemas (docs/PROTOCOL.md section 4): stored, sequenced, replayable. Part of the wire contract and exported with
 * it from protocol.ts. Promises: what an emitter provides and what the log adds are told apart.
 */
import { Schema } from "effect";

export const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0));
export const Instant = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
);
const Failure = Schema.Struct({ code: Schema.String, message: Schema.String });

const envelope = {
  event_id: Schema.String.check(Schema.isUUID(7)),
  seq: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  timestamp: Instant,
  user_id: Schema.String,
  thread_id: Schema.String,
  run_id: Schema.String,
  agent_name: Schema.String,
  parent_agent: Schema.NullOr(Schema.String),
  attempt: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
};
const AgentStatus = Schema.Literals([
  "completed",
  "partial",
  "failed",
  "cancelled",
  "timed_out",
  "interrupted",
]);

/** The fields of each event type beside the envelope: what an emitter provides. */
export const eventBodies = {
  agent_started: { type: Schema.Literal("agent_started"), goal: Schema.String },
  agent_thinking: {
    type: Schema.Literal("agent_thinking"),
    thought: Schema.NonEmptyString,
    step: Schema.optionalKey(Count),
    progress: Schema.optionalKey(Schema.Finite),
  },
  tool_executing: {
    type: Schema.Literal("tool_executing"),
    tool_call_id: Schema.String,
    tool_name: Schema.String,
    parameters: Schema.JsonObject,
    purpose: Schema.String,
  },
  tool_completed: {
    type: Schema.Literal("tool_completed"),
    tool_call_id: Schema.String,
    tool_name: Schema.String,
    success: Schema.Boolean,
    duration_ms: Schema.Finite,
    summary: Schema.String,
    results: Schema.Json,
    /** The result was kept from an earlier call over the same data. */
    cached: Schema.optionalKey(Schema.Literal(true)),
    error: Schema.NullOr(Failure),
  },
  agent_completed: {
    type: Schema.Literal("agent_completed"),
    success: Schema.Boolean,
    status: AgentStatus,
    duration_ms: Schema.Finite,
    summary: Schema.String,
    result: Schema.Json,
    error: Schema.NullOr(Failure),
  },
  final_response: {
    type: Schema.Literal("final_response"),
    message_id: Schema.String,
    content: Schema.String,
    report: Schema.JsonObject,
    partial: Schema.Boolean,
  },
} as const;
export type EventType = keyof typeof eventBodies;

/** Written out for each type: through a generic function the fields would lose their types. */
export const events = {
  agent_started: Schema.Struct({ ...envelope, ...eventBodies.agent_started }),
  agent_thinking: Schema.Struct({ ...envelope, ...eventBodies.agent_thinking }),
  tool_executing: Schema.Struct({ ...envelope, ...eventBodies.tool_executing }),
  tool_completed: Schema.Struct({ ...envelope, ...eventBodies.tool_completed }),
  agent_completed: Schema.Struct({
    ...envelope,
    ...eventBodies.agent_completed,
  }),
  final_response: Schema.Struct({ ...envelope, ...eventBodies.final_response }),
} as const;
export type EventOf<T extends EventType> = (typeof events)[T]["Type"];
export type Event = { [T in EventType]: EventOf<T> }[EventType];
export type EventBody = {
  [T in EventType]: Schema.Struct.Type<(typeof eventBodies)[T]>;
}[EventType];
