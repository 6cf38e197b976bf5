/**
 * Which threads the client follows and how far it has come in each. Pure bookkeeping: frames in, verdicts and frames to send out.
 * Promises: what it lets through is, per thread, contiguous and without repeats, across gaps, joins and reconnects.
 */
import type {
  ClientFrame,
  ConnectionFrameOf,
  Event,
} from "../domain/protocol.ts";

interface Cursor {
  /** Last seq let through; null until the first event of a thread that was joined by a message. */
  last: number | null;
  /** Joins that the server has not answered; until then events of the thread are dropped, since the replay brings them. */
  joining: number;
  acknowledged: number;
}

export interface Verdict {
  readonly deliver: boolean;
  /** The join to send, where an event before this one is missing. */
  readonly send: ClientFrame | null;
}

const DROP: Verdict = { deliver: false, send: null };

export class Cursors {
  /** The thread that was heard or asked of last comes last. */
  readonly #cursors = new Map<string, Cursor>();

  isFollowing(threadId: string): boolean {
    return this.#cursors.has(threadId);
  }

  /** Follows a thread from after a seq; answers the frame that asks the server for it. */
  join(threadId: string, afterSeq: number): ClientFrame {
    const cursor = this.follow(threadId);
    cursor.last = afterSeq;
    cursor.joining += 1;
    return { type: "join_thread", thread_id: threadId, after_seq: afterSeq };
  }

  leave(threadId: string): void {
    this.#cursors.delete(threadId);
  }

  /** Follows a thread that the server joined by itself, as it does for a submission: from the run's first event on. */
  follow(threadId: string): Cursor {
    const known = this.#cursors.get(threadId);
    const cursor = known ?? { last: null, joining: 0, acknowledged: 0 };
    this.#cursors.delete(threadId);
    this.#cursors.set(threadId, cursor);
    return cursor;
  }

  /** After a restore the log may be shorter than the cursor: the server then goes on from its own last seq. */
  onJoined(frame: ConnectionFrameOf<"joined">): void {
    const cursor = this.#cursors.get(frame.thread_id);
    if (cursor === undefined) return;
    cursor.joining = Math.max(0, cursor.joining - 1);
    cursor.last = Math.min(cursor.last ?? 0, frame.last_seq);
  }

  /** Whether to deliver an event, and how to fill the gap before it. */
  onEvent(event: Event): Verdict {
    const cursor = this.#cursors.get(event.thread_id);
    if (cursor === undefined || cursor.joining > 0) return DROP;
    const expected = cursor.last === null ? event.seq : cursor.last + 1;
    if (event.seq < expected) return DROP;
    if (event.seq > expected)
      return { deliver: false, send: this.join(event.thread_id, expected - 1) };
    this.follow(event.thread_id).last = event.seq;
    return { deliver: true, send: null };
  }

  /**
   * On a new connection: joins everything again, each from where it stands; a thread without any event yet from 0. Where there are more than a
   * connection may join, the server drops the first: so those in use come last.
   */
  resume(): ClientFrame[] {
    for (const cursor of this.#cursors.values()) cursor.joining = 0;
    return [...this.#cursors].map(([id, cursor]) =>
      this.join(id, cursor.last ?? 0),
    );
  }

  /** Cumulative acknowledgements of what was let through since the last call. */
  takeAcks(): ClientFrame[] {
    const frames: ClientFrame[] = [];
    for (const [id, cursor] of this.#cursors) {
      if (cursor.last === null || cursor.last <= cursor.acknowledged) continue;
      cursor.acknowledged = cursor.last;
      frames.push({ type: "ack_events", thread_id: id, seq: cursor.last });
    }
    return frames;
  }
}
