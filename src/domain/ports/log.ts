/** The event log as the Store port speaks of it: what goes in, and what comes out. */
import type {
  RunId,
  Step,
  ThreadId,
  Timestamp,
  ToolCall,
  UserId,
} from "../model.ts";
import type { Event, EventBody } from "../protocol.ts";

/** An event before the database gave it its seq: the body and the part of the envelope that the emitter knows. */
export type PendingEvent = EventBody & {
  readonly event_id: string;
  readonly timestamp: Timestamp;
  readonly agent_name: string;
  readonly parent_agent: string | null;
};

/** A piece of a thread's log; `more` where a bound ended it, so that there may be more. */
export interface EventPage {
  readonly events: readonly Event[];
  readonly more: boolean;
}

/** What one run wants in the log at once, fenced by its attempt. Steps and tool results are stored with their events or not at all. */
export interface Append {
  readonly user_id: UserId;
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
  readonly attempt: number;
  readonly events: readonly PendingEvent[];
  readonly steps: readonly { readonly position: number; readonly step: Step }[];
  readonly calls: readonly ToolCall[];
}

/** The answer to one Append: its events with their seq, or fenced: nothing of it was stored. */
export type Appended =
  | {
      readonly fenced: false;
      readonly events: readonly Event[];
      readonly stopRequested: boolean;
    }
  | { readonly fenced: true };
