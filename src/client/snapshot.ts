/** What a client knows at one instant, as an immutable value, and how each frame of the connection changes it. Pure. */
import type { SnapshotFrom } from "xstate";
import type { clientMachine, Closing } from "../../machines/client.ts";
import type {
  ConnectionFrameOf,
  Event,
  ServerFrame,
} from "../domain/protocol.ts";
import { endsRun, isEvent } from "./frames.ts";
import type { OutboxItem } from "./outbox.ts";

export type ConnectionState =
  | "offline"
  | "connecting"
  | "ready"
  | "running"
  | "degraded"
  | "waiting"
  | "refused";

type Ready = ConnectionFrameOf<"connection_ready">;
type ThreadUpdate = ConnectionFrameOf<"thread_updated">;
export type ThreadState = Omit<ThreadUpdate, "type">;

/** What the server said of this connection. It stays while the line is down, as the last that is known. */
export interface Session {
  readonly user_id: string;
  readonly connection_id: string;
  readonly mode: Ready["mode"];
  readonly services: Ready["services"];
  readonly limits: Ready["limits"];
  /** Milliseconds to add to this machine's clock to get the server's. */
  readonly clock_offset_ms: number;
}

export interface ClientSnapshot {
  readonly connection: ConnectionState;
  /** Milliseconds since the epoch of the next attempt, while `waiting`. */
  readonly retryAtMs: number | null;
  /** The last close, while it explains why the client is not online. */
  readonly closing: Closing | null;
  readonly session: Session | null;
  /** The last refusal that belongs to no message. */
  readonly error: ConnectionFrameOf<"error"> | null;
  readonly threads: ReadonlyMap<string, ThreadState>;
  readonly outbox: readonly OutboxItem[];
}

export const initialSnapshot: ClientSnapshot = {
  connection: "offline",
  retryAtMs: null,
  closing: null,
  session: null,
  error: null,
  threads: new Map(),
  outbox: [],
};

/** The snapshot after a frame; the same object when the frame changes nothing in it. */
export function foldFrame(
  before: ClientSnapshot,
  frame: ServerFrame,
  nowMs: number,
): ClientSnapshot {
  if (isEvent(frame)) return foldEvent(before, frame);
  switch (frame.type) {
    case "connection_ready":
      return welcome(before, frame, nowMs);
    case "service_status":
      return before.session === null
        ? before
        : {
            ...before,
            session: {
              ...before.session,
              mode: frame.mode,
              services: frame.services,
            },
          };
    case "thread_updated":
      return withThread(before, frame.thread_id, frame);
    case "joined":
      return withThread(before, frame.thread_id, frame);
    case "ack":
      return frame.status === "accepted" ? withAck(before, frame) : before;
    case "left":
      return frame.reason === "deleted"
        ? withoutThread(before, frame.thread_id)
        : before;
    case "error":
      return frame.message_id === undefined
        ? { ...before, error: frame }
        : before;
    default:
      return before;
  }
}

/** The snapshot with what the machine says of the connection. */
export function withMachine(
  snapshot: ClientSnapshot,
  { value, context }: SnapshotFrom<typeof clientMachine>,
): ClientSnapshot {
  const connection: ConnectionState =
    typeof value === "string" ? value : value.online;
  const retryAtMs =
    connection !== "waiting"
      ? null
      : (snapshot.retryAtMs ?? Date.now() + context.delayMs);
  return { ...snapshot, connection, closing: context.closing, retryAtMs };
}

/** Active runs among some threads. */
export function countRuns(
  snapshot: ClientSnapshot,
  isFollowing: (threadId: string) => boolean,
): number {
  return [...snapshot.threads.values()].filter(
    (it) => it.active_run !== null && isFollowing(it.thread_id),
  ).length;
}

function welcome(
  before: ClientSnapshot,
  frame: Ready,
  nowMs: number,
): ClientSnapshot {
  const { user_id, connection_id, mode, services, limits } = frame;
  const clock_offset_ms = Date.parse(frame.server_time) - nowMs;
  return {
    ...before,
    error: null,
    session: {
      user_id,
      connection_id,
      mode,
      services,
      limits,
      clock_offset_ms,
    },
    threads: new Map(frame.threads.map((it) => [it.thread_id, it])),
  };
}

function withThread(
  before: ClientSnapshot,
  threadId: string,
  change: Partial<ThreadState>,
): ClientSnapshot {
  const known = before.threads.get(threadId);
  const thread: ThreadState = {
    thread_id: threadId,
    title: change.title ?? known?.title ?? "",
    last_seq: change.last_seq ?? known?.last_seq ?? 0,
    active_run:
      change.active_run === undefined
        ? (known?.active_run ?? null)
        : change.active_run,
  };
  return {
    ...before,
    threads: new Map(before.threads).set(threadId, thread),
  };
}

function withoutThread(
  before: ClientSnapshot,
  threadId: string,
): ClientSnapshot {
  const threads = new Map(before.threads);
  threads.delete(threadId);
  return { ...before, threads };
}

function withAck(
  before: ClientSnapshot,
  ack: ConnectionFrameOf<"ack">,
): ClientSnapshot {
  const active = before.threads.get(ack.thread_id)?.active_run ?? null;
  return withThread(before, ack.thread_id, {
    active_run: active ?? {
      run_id: ack.run_id,
      status: "queued",
      started_at: null,
    },
  });
}

/** Only the ending of a thread's active run changes what is known of the thread. */
function foldEvent(before: ClientSnapshot, event: Event): ClientSnapshot {
  const active = before.threads.get(event.thread_id)?.active_run;
  if (active?.run_id !== event.run_id) return before;
  if (endsRun(event))
    return withThread(before, event.thread_id, { active_run: null });
  return active.status === "running"
    ? before
    : withThread(before, event.thread_id, {
        active_run: {
          run_id: event.run_id,
          status: "running",
          started_at: event.timestamp,
        },
      });
}
