/**
 * The thread that is open: loads it, follows it, sends into it, and gives React one immutable snapshot. Promises: frames are folded
 * together, once per animation frame, and also in a hidden tab; a new thread keeps its transcript when it gets its id.
 */
import type { Client, OutboxItem } from "../../client/index.ts";
import { isEvent } from "../../client/index.ts";
import type {
  Message,
  MessageId,
  RunId,
  ThreadId,
} from "../../domain/model.ts";
import type {
  ConnectionFrameOf,
  Event,
  ServerFrame,
} from "../../domain/protocol.ts";
import { ApiError, wordsOf } from "./api.ts";
import type { Api } from "./api.ts";
import {
  emptyTranscript,
  withChunk,
  withEvents,
  withMessages,
} from "./transcript.ts";
import type { Transcript } from "./transcript.ts";
import { isActive } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** Milliseconds after which waiting frames are folded even where no animation frame comes, as in a hidden tab. */
const FOLD_AT_LATEST_MS = 100;

export interface ConversationSnapshot {
  /** Null: a new thread that has no message yet. */
  readonly threadId: string | null;
  readonly phase: "loading" | "ready" | "missing" | "failed";
  /** What went wrong, in words, when `failed`. */
  readonly problem: string | null;
  readonly transcript: Transcript;
}

type Waiting = Event | ConnectionFrameOf<"stream_chunk">;

export class Conversation {
  readonly #client: Client;
  readonly #api: Api;
  readonly #onOpened: (threadId: string) => void;
  readonly #listeners = new Set<() => void>();
  readonly #waiting: Waiting[] = [];
  #snapshot: ConversationSnapshot = fresh(null, "ready");
  #foldScheduled = false;

  /** `onOpened` hears the id that a new thread got. */
  constructor(client: Client, api: Api, onOpened: (id: string) => void) {
    this.#client = client;
    this.#api = api;
    this.#onOpened = onOpened;
    client.onFrame((frame) => this.#onFrame(frame));
  }

  readonly getSnapshot = (): ConversationSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Shows a thread, or an empty new one; showing it again changes nothing. */
  open(threadId: string | null): void {
    const before = this.#snapshot;
    if (before.threadId === threadId && before.phase !== "failed") return;
    if (before.threadId !== null) this.#client.leave(before.threadId);
    this.#waiting.length = 0;
    this.#set(fresh(threadId, threadId === null ? "ready" : "loading"));
    if (threadId === null) return;
    this.#client.join(threadId, 0);
    void this.#loadMessages(threadId);
  }

  /** Loads again after a failure. */
  reload(): void {
    if (this.#snapshot.phase === "failed") this.open(this.#snapshot.threadId);
  }

  send(text: string): void {
    this.#client.send(text, { threadId: this.#snapshot.threadId });
  }

  /** Stops the run that is at work, else the first that waits. */
  stop(): void {
    const { turns } = this.#snapshot.transcript;
    const turn =
      turns.find((it) => it.status === "running") ?? turns.find(isActive);
    if (turn !== undefined) this.#client.stop(turn.run_id);
  }

  async #loadMessages(threadId: string): Promise<void> {
    const change = await this.#api
      .messages(threadId)
      .then(({ items }) => ({ phase: "ready" as const, items, problem: null }))
      .catch((error: unknown) => ({
        phase: isMissing(error) ? ("missing" as const) : ("failed" as const),
        items: [],
        problem: wordsOf(error),
      }));
    if (this.#snapshot.threadId !== threadId) return;
    const { items, phase, problem } = change;
    const transcript = withMessages(this.#snapshot.transcript, items);
    this.#set({ ...this.#snapshot, phase, problem, transcript });
  }

  #onFrame(frame: ServerFrame): void {
    if (frame.type === "ack") return this.#onAck(frame);
    if (frame.type === "left" && frame.reason === "deleted")
      return this.#onDeleted(frame.thread_id);
    if (!isEvent(frame) && frame.type !== "stream_chunk") return;
    if (frame.thread_id !== this.#snapshot.threadId) return;
    this.#waiting.push(frame);
    this.#scheduleFold();
  }

  /** The message moves from the outbox into the transcript in one step, so that its bubble never flickers. */
  #onAck(ack: ConnectionFrameOf<"ack">): void {
    const { outbox, session } = this.#client.getSnapshot();
    const item = outbox.find((it) => it.message_id === ack.message_id);
    if (item === undefined) return;
    const isNew = this.#snapshot.threadId === null && item.thread_id === null;
    if (!isNew && ack.thread_id !== this.#snapshot.threadId) return;
    const atMs = Date.now() + (session?.clock_offset_ms ?? 0);
    const transcript = withMessages(this.#snapshot.transcript, [
      toMessage(item, ack, new Date(atMs).toISOString()),
    ]);
    this.#set({ ...this.#snapshot, threadId: ack.thread_id, transcript });
    if (isNew) this.#onOpened(ack.thread_id);
  }

  #onDeleted(threadId: string): void {
    if (threadId !== this.#snapshot.threadId) return;
    this.#set({ ...fresh(threadId, "missing") });
  }

  #scheduleFold(): void {
    if (this.#foldScheduled) return;
    this.#foldScheduled = true;
    const fold = () => {
      if (!this.#foldScheduled) return;
      this.#foldScheduled = false;
      clearTimeout(timer);
      cancelAnimationFrame(request);
      this.#fold();
    };
    const request = requestAnimationFrame(fold);
    const timer = setTimeout(fold, FOLD_AT_LATEST_MS);
  }

  #fold(): void {
    const frames = this.#waiting.splice(0);
    const transcript = frames.reduce(
      (before, frame) =>
        isEvent(frame) ? withEvents(before, [frame]) : withChunk(before, frame),
      this.#snapshot.transcript,
    );
    this.#set({ ...this.#snapshot, transcript });
    const { threadId, phase } = this.#snapshot;
    const asksUnknown = transcript.turns.some((it) => isNewUnknown(it, frames));
    if (threadId !== null && phase === "ready" && asksUnknown)
      void this.#loadMessages(threadId);
  }

  #set(snapshot: ConversationSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}

/** True for a run that has just started and whose question another tab or device asked. */
function isNewUnknown(turn: Turn, frames: readonly Waiting[]): boolean {
  return (
    turn.question === null &&
    frames.some(
      (it) =>
        it.type === "agent_started" &&
        it.parent_agent === null &&
        it.run_id === turn.run_id,
    )
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

function fresh(
  threadId: string | null,
  phase: ConversationSnapshot["phase"],
): ConversationSnapshot {
  return { threadId, phase, problem: null, transcript: emptyTranscript };
}

function toMessage(
  item: OutboxItem,
  ack: ConnectionFrameOf<"ack">,
  at: string,
): Message {
  return {
    message_id: item.message_id as MessageId,
    thread_id: ack.thread_id as ThreadId,
    run_id: ack.run_id as RunId,
    role: "user",
    content: item.text,
    report: null,
    created_at: at,
  };
}
