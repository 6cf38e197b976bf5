/**
 * What the domain asks of a transport: an upgrade that can be held, and the socket it becomes. The one place where the two meet is
 * `HeldUpgrade.accept`, called only after a verdict. Promises: nothing here knows ws or HTTP.
 */
import type { Credential } from "./sessions.ts";
import type { ThreadId } from "./model.ts";

export interface WireListener {
  /** A text frame and its size in bytes. */
  readonly onText: (text: string, bytes: number) => void;
  readonly onBinary: () => void;
  /** A pong, or any frame: the peer is alive. */
  readonly onActivity: () => void;
  /** The socket has taken some of what was sent. */
  readonly onSent: () => void;
}

export interface Wire {
  readonly send: (text: string) => void;
  readonly ping: () => void;
  /** Nothing is heard from then on. */
  readonly close: (code: number, reason: string) => void;
  /** Frames read from now on; until then they wait in the socket. */
  readonly listen: (listener: WireListener) => void;
  /** Stops and goes on reading from the socket. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Bytes that were sent and the socket has not taken. */
  readonly bufferedBytes: () => number;
}

export interface HeldUpgrade {
  readonly credential: Credential;
  readonly thread_id: ThreadId | null;
  /** Completes the upgrade; null when the client is gone. Called at most once. Who is refused counts as not signed in until it is gone. */
  readonly accept: (verdict: "identified" | "refused") => Wire | null;
  /** Calls back once, when the client is gone, before or after the upgrade. */
  readonly onGone: (callback: () => void) => void;
}
