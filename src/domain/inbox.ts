/**
 * The frames one connection has sent: read, judged and handled one after another. Owns the lanes and the strikes. Promises: answers come
 * in the order of the frames, but a ping waits for pings alone and a stop for stops; all are bounded by no longer reading from the
 * socket, and none keeps more than one call to the store under way.
 */
import { Cause, Effect, Exit, Result } from "effect";
import type { Fiber } from "effect";
import { frameDied } from "./connectionNotes.ts";
import { describe, InvalidMessage } from "./errors.ts";
import type { ErrorDescription, FrameFailure } from "./errors.ts";
import { decodeFrame } from "./frames.ts";
import type { Decoded, Envelope } from "./frames.ts";
import { Lane } from "./lane.ts";
import { limits } from "./limits.ts";
import type { UserId } from "./model.ts";
import type { ClientFrame, ConnectionFrame, ErrorCode } from "./protocol.ts";
import { route, URGENT } from "./router.ts";
import type { Caller, RouterNeeds, RouterSettings } from "./router.ts";

export interface InboxGiven {
  readonly user: UserId;
  /** What stands in a log line about its frames. */
  readonly labels: Readonly<Record<string, string>>;
  readonly caller: Omit<Caller, "answer">;
  readonly settings: RouterSettings;
  readonly fork: (
    effect: Effect.Effect<void, never, RouterNeeds>,
  ) => Fiber.Fiber<void>;
  readonly send: (frame: object) => void;
  /** False while too many answers wait in the socket. */
  readonly isWritable: () => boolean;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Called with the strike that is one too many. */
  readonly overStrikes: () => void;
}

type FrameLane = Lane<Decoded, RouterNeeds>;

/** Failures that a well-made client never causes. */
const STRIKES: ReadonlySet<string> = new Set([
  "MessageTooLarge",
  "InvalidJson",
  "InvalidMessage",
  "UnknownMessageType",
  "UserMismatch",
]);
const MINUTE_MS = 60_000;

export class Inbox {
  readonly #given: InboxGiven;
  readonly #ordered: FrameLane;
  readonly #urgent: ReadonlyMap<string, FrameLane>;
  readonly #strikesMs: number[] = [];
  #paused = false;

  constructor(given: InboxGiven) {
    this.#given = given;
    const { fork } = given;
    const handle = (it: Decoded) => this.#handle(it);
    const makeLane = (): FrameLane => new Lane({ fork, handle });
    this.#ordered = makeLane();
    this.#urgent = new Map([...URGENT].map((type) => [type, makeLane()]));
  }

  /** Nothing is read at present: the client cannot make itself heard. */
  get isPaused(): boolean {
    return this.#paused;
  }

  /** Takes the thread that the URL names, if any, as if it had been asked for first. */
  joinFromUrl(thread_id: string | null): void {
    if (thread_id === null) return;
    const text = JSON.stringify({ type: "join_thread", thread_id });
    this.receiveText(text, text.length);
  }

  receiveText(text: string, bytes: number): void {
    this.#receive(decodeFrame(text, bytes, this.#given.user));
  }

  receiveBinary(): void {
    const failure = new InvalidMessage({
      problem: "frames are text, not binary",
    });
    this.#receive({ envelope: { rpcId: null }, frame: Result.fail(failure) });
  }

  /** Forgets what waits and interrupts what is being handled, but for a stop; what was committed stays committed. */
  close(): void {
    this.#ordered.interrupt();
    for (const lane of this.#urgent.values()) lane.clear();
  }

  #receive(decoded: Decoded): void {
    const { frame } = decoded;
    const type = Result.isSuccess(frame) ? frame.success.type : "none";
    (this.#urgent.get(type) ?? this.#ordered).push(decoded);
    this.#bound();
  }

  /** The socket has taken some answers: perhaps more may be asked. */
  noteSent(): void {
    this.#bound();
  }

  /** Reads on only while what waits to be handled stays within its bound, and the client takes its answers. */
  #bound(): void {
    let pending = this.#ordered.length;
    for (const lane of this.#urgent.values()) pending += lane.length;
    const writable = this.#given.isWritable();
    const isFull = pending >= limits.framesPendingMax || !writable;
    const isFree = pending <= limits.framesPendingMax / 2 && writable;
    if (!this.#paused && isFull) {
      this.#paused = true;
      this.#given.pause();
    } else if (this.#paused && isFree) {
      this.#paused = false;
      this.#given.resume();
    }
  }

  #handle(decoded: Decoded): Effect.Effect<void, never, RouterNeeds> {
    return Effect.andThen(
      this.#judge(decoded),
      Effect.sync(() => this.#bound()),
    );
  }

  #judge({
    envelope,
    frame,
  }: Decoded): Effect.Effect<void, never, RouterNeeds> {
    if (Result.isFailure(frame)) {
      return Effect.sync(() => this.#refuse(frame.failure, envelope, null));
    }
    return this.#route(frame.success, envelope);
  }

  #route(
    frame: ClientFrame,
    envelope: Envelope,
  ): Effect.Effect<void, never, RouterNeeds> {
    const answers: ConnectionFrame[] = [];
    const answer = (it: ConnectionFrame) => {
      answers.push(it);
      this.#given.send(asAnswer(it, envelope));
    };
    const messageId =
      frame.type === "user_message" ? (frame.message_id ?? null) : null;
    return route(
      frame,
      { ...this.#given.caller, answer },
      this.#given.settings,
    ).pipe(
      Effect.exit,
      Effect.flatMap((exit) => {
        if (Exit.isSuccess(exit))
          return Effect.sync(() => this.#confirm(envelope, answers));
        const failure = Cause.findErrorOption(exit.cause);
        if (failure._tag === "Some")
          return Effect.sync(() =>
            this.#refuse(failure.value, envelope, messageId),
          );
        if (Cause.hasInterruptsOnly(exit.cause)) return Effect.void;
        this.#sendError(INTERNAL, envelope, messageId);
        return frameDied(exit.cause, this.#given.labels);
      }),
    );
  }

  /** A JSON-RPC call is answered even where the plain frame has no answer. */
  #confirm(envelope: Envelope, answers: readonly ConnectionFrame[]): void {
    if (envelope.rpcId === null || answers.length > 0) return;
    this.#given.send({ jsonrpc: "2.0", id: envelope.rpcId, result: {} });
  }

  #refuse(
    failure: FrameFailure,
    envelope: Envelope,
    messageId: string | null,
  ): void {
    this.#sendError(describe(failure), envelope, messageId);
    if (STRIKES.has(failure._tag)) this.#strike();
  }

  #sendError(
    error: ErrorDescription,
    envelope: Envelope,
    messageId: string | null,
  ): void {
    const id = messageId === null ? {} : { message_id: messageId };
    this.#given.send(asAnswer({ type: "error", ...error, ...id }, envelope));
  }

  #strike(): void {
    const now = performance.now();
    this.#strikesMs.push(now);
    while (this.#strikesMs[0]! < now - MINUTE_MS) this.#strikesMs.shift();
    if (this.#strikesMs.length >= limits.strikesPerMinuteMax)
      this.#given.overStrikes();
  }
}

const INTERNAL: ErrorDescription = {
  code: "internal",
  message: "Something went wrong on our side. Nothing was stored; try again.",
  retryable: true,
};

/** JSON-RPC 2.0, section 5.1: the reserved codes that fit; all others are errors of the server's own kind. */
const RPC_CODES: { readonly [code in ErrorCode]?: number } = {
  unknown_message_type: -32_601,
  invalid_message: -32_602,
  internal: -32_603,
};
const RPC_SERVER_ERROR = -32_000;

function asAnswer(frame: ConnectionFrame, { rpcId }: Envelope): object {
  if (rpcId === null) return frame;
  if (frame.type !== "error")
    return { jsonrpc: "2.0", id: rpcId, result: frame };
  const code = RPC_CODES[frame.code] ?? RPC_SERVER_ERROR;
  return {
    jsonrpc: "2.0",
    id: rpcId,
    error: { code, message: frame.message, data: frame },
  };
}
