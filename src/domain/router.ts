/**
 * Message type → handler, exhaustive. Each handler answers through its connection and fails with the values of errors.ts. Promises: the
 * checks after the fields come in the order of docs/PROTOCOL.md section 5; a refused submission stores nothing.
 */
import { Effect } from "effect";
import { Draining, RateLimited, ServiceUnavailable } from "./errors.ts";
import type { FrameFailure } from "./errors.ts";
import { newId } from "./ids.ts";
import { limits } from "./limits.ts";
import type { MessageId, RunId, Thread, ThreadId, UserId } from "./model.ts";
import { Cache, Store } from "./ports.ts";
import type { Bus } from "./ports.ts";
import type { Identity, Submitted } from "./ports.ts";
import type {
  ClientFrame,
  ClientFrameType,
  ConnectionFrame,
  FrameOf,
  UnauthorizedReason,
} from "./protocol.ts";
import { Health } from "./health.ts";
import type { Revocations } from "./revocations.ts";
import { Runs } from "./runs.ts";
import { authenticate } from "./sessions.ts";
import type { TokenVerifier } from "./ports.ts";

/** What a handler may do with its connection. */
export interface Caller {
  readonly user_id: UserId;
  /** The direct answer to the frame that is being handled. */
  readonly answer: (frame: ConnectionFrame) => void;
  /** Delivers a thread from after `afterSeq` on, anew if it was joined already. */
  readonly join: (
    thread: Thread,
    afterSeq: number,
  ) => Effect.Effect<void, never, Bus | Store>;
  /** Delivers a submitted run from its first event on; a thread joined already goes on as it was. */
  readonly follow: (
    submitted: Submitted,
  ) => Effect.Effect<void, never, Bus | Store>;
  /** Delivers nothing while `work` goes on: an `ack` precedes every event of its run. */
  readonly holding: <A, E, R>(
    work: Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E, R>;
  readonly leave: (thread: ThreadId) => Effect.Effect<void>;
  readonly acknowledge: (thread: ThreadId, seq: number) => void;
  /** Takes a verified token's expiry and answers so; null when it is another user's. */
  readonly refresh: (identity: Identity) => ConnectionFrame | null;
  /** Ends the connection as unauthorized. */
  readonly dismiss: (reason: Dismissal) => void;
}

/** Why a token is no good, as opposed to why nobody can say. */
export type Dismissal = Exclude<UnauthorizedReason, "keys_unavailable">;

export interface RouterSettings {
  readonly messagesPerMinute: number;
  readonly isDraining: () => boolean;
}

export type RouterNeeds =
  Runs | Store | Bus | Cache | Health | TokenVerifier | Revocations;

type Handler<T extends ClientFrameType> = (
  frame: FrameOf<T>,
  caller: Caller,
  settings: RouterSettings,
) => Effect.Effect<void, FrameFailure, RouterNeeds>;

const handlers: { readonly [T in ClientFrameType]: Handler<T> } = {
  user_message: submitMessage,
  stop_run: (frame, caller) =>
    Effect.flatMap(Runs, (runs) =>
      runs.stop(caller.user_id, frame.run_id as RunId),
    ),
  join_thread: joinThread,
  leave_thread: (frame, caller) => {
    const thread_id = frame.thread_id as ThreadId;
    return Effect.andThen(
      caller.leave(thread_id),
      Effect.sync(() => caller.answer({ type: "left", thread_id })),
    );
  },
  ack_events: (frame, caller) =>
    Effect.sync(() =>
      caller.acknowledge(frame.thread_id as ThreadId, frame.seq),
    ),
  token_refresh: refreshToken,
  ping: (frame, caller) =>
    Effect.sync(() => {
      const server_time = new Date().toISOString();
      const id = frame.id === undefined ? {} : { id: frame.id };
      caller.answer({ type: "pong", ...id, server_time });
    }),
};

/** Answered whatever else is queued. */
export const URGENT: ReadonlySet<ClientFrameType> = new Set([
  "ping",
  "stop_run",
]);

/** Handles one frame. */
export function route<F extends ClientFrame>(
  frame: F,
  caller: Caller,
  settings: RouterSettings,
): Effect.Effect<void, FrameFailure, RouterNeeds> {
  const handler = handlers[frame.type] as Handler<F["type"]>;
  return handler(frame as FrameOf<F["type"]>, caller, settings);
}

function submitMessage(
  frame: FrameOf<"user_message">,
  caller: Caller,
  settings: RouterSettings,
): Effect.Effect<void, FrameFailure, RouterNeeds> {
  return Effect.gen(function* () {
    yield* takeRate(caller.user_id, settings.messagesPerMinute);
    if (settings.isDraining())
      return yield* new Draining({ retryAfterMs: limits.reconnectAfterMs });
    yield* requireDatabase;
    const submitted = yield* caller.holding(submitAndAnswer(frame, caller));
    yield* caller.follow(submitted);
  });
}

function submitAndAnswer(
  frame: FrameOf<"user_message">,
  caller: Caller,
): Effect.Effect<Submitted, FrameFailure, RouterNeeds> {
  return Effect.gen(function* () {
    const runs = yield* Runs;
    const submitted = yield* runs.submit(caller.user_id, {
      message_id: (frame.message_id ?? newId()) as MessageId,
      text: frame.text,
      thread_id: (frame.thread_id ?? null) as ThreadId | null,
      if_busy: frame.if_busy ?? "enqueue",
    });
    const { status, message_id, thread_id, run_id, queue_position } = submitted;
    caller.answer({
      type: "ack",
      status,
      message_id,
      thread_id,
      run_id,
      queue_position,
    });
    return submitted;
  });
}

function joinThread(
  frame: FrameOf<"join_thread">,
  caller: Caller,
): Effect.Effect<void, FrameFailure, RouterNeeds> {
  return Effect.gen(function* () {
    const store = yield* Store;
    const thread = yield* store.findThread(
      caller.user_id,
      frame.thread_id as ThreadId,
    );
    const { thread_id, last_seq, active_run } = thread;
    caller.answer({ type: "joined", thread_id, last_seq, active_run });
    yield* caller.join(thread, Math.min(frame.after_seq ?? 0, last_seq));
  });
}

/** Another user's token ends the connection, and so does one that is no good; while nobody can say, the one in use goes on. */
function refreshToken(
  frame: FrameOf<"token_refresh">,
  caller: Caller,
): Effect.Effect<void, FrameFailure, RouterNeeds> {
  const { token } = frame;
  return authenticate({ kind: "token", token }).pipe(
    Effect.map((identity) => {
      const answer = caller.refresh(identity);
      if (answer === null) caller.dismiss("token_invalid");
      else caller.answer(answer);
    }),
    Effect.catchTag("Unauthorized", (failure) => {
      const { reason } = failure;
      return reason === "keys_unavailable"
        ? Effect.fail(failure)
        : Effect.sync(() => caller.dismiss(reason));
    }),
  );
}

function takeRate(
  user: UserId,
  perMinute: number,
): Effect.Effect<void, RateLimited, Cache> {
  return Effect.gen(function* () {
    const cache = yield* Cache;
    const burst = Math.max(1, Math.floor(perMinute * limits.messageBurstShare));
    const { retryAfterMs } = yield* cache
      .consume(`messages:${user}`, { burst, perMinute })
      .pipe(Effect.orElseSucceed(() => ({ retryAfterMs: 0 })));
    if (retryAfterMs > 0) return yield* new RateLimited({ retryAfterMs });
  });
}

const requireDatabase = Effect.flatMap(Health, (health) =>
  health.status().services.database === "down"
    ? Effect.fail(
        new ServiceUnavailable({
          service: "database",
          cause: "known to be down",
        }),
      )
    : Effect.void,
);
