/**
 * The report of one run for an operator, from what is kept of it. Pure. Promises: the timeline names what happened and when, without the
 * user's texts, parameters or results; every error comes with its cause as it was kept.
 */
import type { Failure, JsonObject, Run, Timestamp, UserId } from "./model.ts";
import type { KeptEntry, ReportKind, RunFile } from "./ports.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import type { Event } from "./protocol.ts";

export interface RunReport extends Omit<Run, "queue_position"> {
  readonly user_id: UserId;
  readonly protocol: number;
  /** Who claimed the run, and with which versions. */
  readonly attempts: readonly {
    readonly attempt: number;
    readonly at: Timestamp;
    readonly node: string;
    readonly version: string;
  }[];
  /** Milliseconds since the message was stored. */
  readonly timeline: readonly TimelineItem[];
  readonly errors: readonly {
    readonly at: Timestamp;
    readonly attempt: number;
    readonly node: string;
    readonly kind: ReportKind;
    readonly detail: JsonObject;
  }[];
}

export interface TimelineItem {
  readonly offset_ms: number;
  readonly attempt: number;
  readonly seq: number;
  readonly agent: string;
  readonly event: string;
  readonly tool: string | null;
  readonly status: string | null;
  readonly error: string | null;
  readonly duration_ms: number | null;
}

export function reportOf({
  user_id,
  run,
  events,
  entries,
}: RunFile): RunReport {
  const { queue_position: _, ...shown } = run;
  const claims = entries.filter((it) => it.kind === "claimed");
  const errors = entries.filter((it) => it.kind !== "claimed");
  return {
    ...shown,
    user_id,
    protocol: PROTOCOL_VERSION,
    attempts: claims.map(toAttempt),
    timeline: events.map((it) => toItem(it, Date.parse(run.created_at))),
    errors: errors.map(({ version: __, ...it }) => it),
  };
}

function toAttempt({ attempt, at, node, version }: KeptEntry) {
  return { attempt, at, node, version };
}

function toItem(event: Event, sinceMs: number): TimelineItem {
  const error: Failure | null = "error" in event ? event.error : null;
  return {
    offset_ms: Date.parse(event.timestamp) - sinceMs,
    attempt: event.attempt,
    seq: event.seq,
    agent: event.agent_name,
    event: event.type,
    tool: "tool_name" in event ? event.tool_name : null,
    status: statusOf(event),
    error: error?.code ?? null,
    duration_ms: "duration_ms" in event ? event.duration_ms : null,
  };
}

function statusOf(event: Event): string | null {
  if (event.type === "agent_completed") return event.status;
  if (event.type !== "tool_completed") return null;
  return event.success ? "completed" : "failed";
}
