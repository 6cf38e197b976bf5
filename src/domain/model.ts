/**
 * The nouns of the domain: threads, messages, runs, steps, usage records and the report. Types only; the page imports them too.
 * Ids are branded so that one kind can never be passed for another. Promises: every value here is plain JSON.
 */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type UserId = Branded<"UserId">;
export type ThreadId = Branded<"ThreadId">;
export type RunId = Branded<"RunId">;
export type MessageId = Branded<"MessageId">;
export type ConnectionId = Branded<"ConnectionId">;
export type ImportId = Branded<"ImportId">;

/** A value that survives JSON.stringify and JSON.parse unchanged. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** ISO 8601 in UTC with milliseconds, e.g. 2026-11-22T09:11:22.000Z. */
export type Timestamp = string;

export type * from "./model/report.ts";
export type * from "./model/usage.ts";

// --- runs ------------------------------------------------------------------------------------------------------------------

export type ActiveStatus = "queued" | "running" | "awaiting_approval";
export type FinalStatus =
  "completed" | "partial" | "failed" | "cancelled" | "timed_out";
export type RunStatus = ActiveStatus | FinalStatus;
/** How an agent ended; `interrupted` is an agent whose node died under it. */
export type AgentStatus = FinalStatus | "interrupted";

/** What went wrong, in words for a person; `code` is stable and for programs. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface Run {
  readonly run_id: RunId;
  readonly thread_id: ThreadId;
  readonly message_id: MessageId;
  readonly status: RunStatus;
  readonly attempt: number;
  readonly queue_position: number | null;
  readonly created_at: Timestamp;
  readonly started_at: Timestamp | null;
  readonly ended_at: Timestamp | null;
  readonly error: Failure | null;
}

export interface ActiveRun {
  readonly run_id: RunId;
  readonly status: RunStatus;
  readonly started_at: Timestamp | null;
}

export interface Thread {
  readonly thread_id: ThreadId;
  readonly title: string;
  readonly created_at: Timestamp;
  readonly updated_at: Timestamp;
  readonly last_seq: number;
  readonly active_run: ActiveRun | null;
}

export interface Message {
  readonly message_id: MessageId;
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
  readonly role: "user" | "assistant";
  readonly content: string;
  readonly report: JsonObject | null;
  readonly created_at: Timestamp;
}

/** One use of a tool, with its full result: what a figure of the report points back to. */
export interface ToolCall {
  readonly tool_call_id: string;
  readonly tool_name: string;
  readonly parameters: JsonObject;
  readonly success: boolean;
  readonly summary: string;
  readonly result: JsonObject | null;
  readonly error: Failure | null;
}

/** A finished agent: the unit of durability. A stored step is never run again. */
export interface Step {
  readonly agent_name: string;
  readonly status: AgentStatus;
  readonly summary: string;
  readonly result: JsonObject | null;
  readonly error: Failure | null;
  readonly calls: readonly ToolCall[];
}

/** What a run answers with. `report` is the application's own structure; the runtime only carries it. */
export interface Answer {
  readonly content: string;
  readonly report: JsonObject;
  readonly partial: boolean;
}
