/** Reading and telling apart what the server sends. Promises: text that is not a frame becomes null, never a throw. */
import type { Event, ServerFrame } from "../domain/protocol.ts";

/** The frame in a text, or null where there is none. The server's word on its fields is taken: it is the same project. */
export function parseFrame(text: unknown): ServerFrame | null {
  if (typeof text !== "string") return null;
  try {
    const value: unknown = JSON.parse(text);
    return isFrame(value) ? value : null;
  } catch {
    return null;
  }
}

function isFrame(value: unknown): value is ServerFrame {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string"
  );
}

/** True for a stored, sequenced event; false for a frame of the connection itself. */
export function isEvent(frame: ServerFrame): frame is Event {
  return "event_id" in frame;
}

/** True for the event that ends its run (rule R1). */
export function endsRun(event: Event): boolean {
  return event.type === "agent_completed" && event.parent_agent === null;
}
