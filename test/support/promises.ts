/**
 * What a connection promises its client, as one checker over the frames that it sent. Promises: it judges from what the client saw alone,
 * and names what was broken.
 */
import type { Event, ServerFrame } from "../../src/domain/protocol.ts";

/** Every broken promise, in the order of the frames; empty when all are kept. */
export function brokenPromises(
  frames: readonly ServerFrame[],
  userId: string,
): string[] {
  const problems: string[] = [];
  const following = new Map<string, number | null>();
  const begun = new Set<string>();
  if (frames.length > 0 && frames[0]!.type !== "connection_ready")
    problems.push(`the first frame is ${frames[0]!.type}`);
  for (const frame of frames) {
    if ("user_id" in frame && frame.user_id !== userId)
      problems.push(`a frame of ${frame.user_id}`);
    if (frame.type === "joined") following.set(frame.thread_id, null);
    if (frame.type === "left") following.delete(frame.thread_id);
    if (frame.type === "ack") {
      if (frame.status === "accepted" && begun.has(frame.run_id))
        problems.push(`an event of ${frame.run_id} before its ack`);
      if (!following.has(frame.thread_id)) following.set(frame.thread_id, null);
    }
    if (!("seq" in frame)) continue;
    problems.push(...deliveryProblems(frame, following));
    following.set(frame.thread_id, frame.seq);
    begun.add(frame.run_id);
  }
  return problems;
}

/** Only joined threads are delivered, each without gap or duplicate from where it was joined. */
function deliveryProblems(
  event: Event,
  following: ReadonlyMap<string, number | null>,
): string[] {
  const before = following.get(event.thread_id);
  if (before === undefined) return [`#${event.seq} of a thread not joined`];
  return before !== null && event.seq !== before + 1
    ? [`#${event.seq} after #${before}`]
    : [];
}
