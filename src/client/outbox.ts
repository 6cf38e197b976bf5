/**
 * Messages between the person's Enter and the server's ack, kept in storage across reloads. Promises: a message keeps its id
 * until it is settled, so that a repeat is recognised; one user's messages are never sent under another user's connection.
 */
import type { FrameOf } from "../domain/protocol.ts";

/** The part of the Web Storage interface that the client needs; `localStorage` and `sessionStorage` fit. */
export interface ClientStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Why a message was not taken, in words for a person. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export interface OutboxItem {
  readonly message_id: string;
  readonly text: string;
  readonly thread_id: string | null;
  readonly if_busy: "enqueue" | "reject" | "interrupt";
  /** Null until the first connection says who this is; until then it is not stored. */
  readonly user_id: string | null;
  /** Set when the server refused it for good; it then waits for the person. */
  readonly refusal: Refusal | null;
}

const ITEMS_KEY = "goldenpath.outbox";
const USER_KEY = "goldenpath.user";

export class Outbox {
  readonly #storage: ClientStorage | undefined;
  #user: string | null;
  #items: readonly OutboxItem[];
  /** Milliseconds since the epoch before which a message is not sent again. */
  readonly #notBefore = new Map<string, number>();
  /** Sent on the present connection and not answered yet. */
  readonly #inFlight = new Set<string>();

  constructor(storage: ClientStorage | undefined) {
    this.#storage = storage;
    this.#user = storage?.getItem(USER_KEY) ?? null;
    this.#items = readItems(storage);
  }

  /** The present user's messages, oldest first. */
  items(): readonly OutboxItem[] {
    return this.#items.filter((item) => item.user_id === this.#user);
  }

  add(item: Omit<OutboxItem, "user_id" | "refusal">): void {
    this.#save([
      ...this.#items,
      { ...item, user_id: this.#user, refusal: null },
    ]);
  }

  /** A connection is ready: it has a user, and nothing of an earlier one is in flight on it. */
  onReady(userId: string): void {
    this.#inFlight.clear();
    this.#notBefore.clear();
    this.#user = userId;
    this.#storage?.setItem(USER_KEY, userId);
    this.#save(
      this.#items.map((item) => ({
        ...item,
        user_id: item.user_id ?? userId,
      })),
    );
  }

  /** What to send at an instant (milliseconds since the epoch), oldest first; it then is in flight. */
  takeDue(nowMs: number): FrameOf<"user_message">[] {
    const due = this.items().filter((item) => this.#isDue(item, nowMs));
    for (const { message_id } of due) {
      this.#inFlight.add(message_id);
      this.#notBefore.delete(message_id);
    }
    return due.map(toFrame);
  }

  /** Milliseconds since the epoch of the next retry; null when none waits. */
  nextDueAtMs(): number | null {
    return this.#notBefore.size === 0
      ? null
      : Math.min(...this.#notBefore.values());
  }

  remove(id: string): void {
    this.#forget(id);
    this.#save(this.#items.filter((item) => item.message_id !== id));
  }

  refuse(id: string, refusal: Refusal): void {
    this.#forget(id);
    this.#patch(id, { refusal });
  }

  /** A refusal that time may cure: the same id goes out again at an instant (milliseconds since the epoch). */
  postpone(id: string, untilMs: number): void {
    if (!this.#inFlight.delete(id)) return;
    this.#notBefore.set(id, untilMs);
  }

  /** The person wants a refused message sent again. */
  reopen(id: string): void {
    this.#patch(id, { refusal: null });
  }

  #isDue(item: OutboxItem, nowMs: number): boolean {
    return (
      item.refusal === null &&
      !this.#inFlight.has(item.message_id) &&
      (this.#notBefore.get(item.message_id) ?? 0) <= nowMs
    );
  }

  #forget(id: string): void {
    this.#inFlight.delete(id);
    this.#notBefore.delete(id);
  }

  #patch(id: string, change: Partial<OutboxItem>): void {
    this.#save(
      this.#items.map((item) =>
        item.message_id === id ? { ...item, ...change } : item,
      ),
    );
  }

  #save(items: readonly OutboxItem[]): void {
    this.#items = items;
    const owned = items.filter((item) => item.user_id !== null);
    this.#storage?.setItem(ITEMS_KEY, JSON.stringify(owned));
  }
}

function toFrame(item: OutboxItem): FrameOf<"user_message"> {
  const { message_id, text, thread_id, if_busy } = item;
  return { type: "user_message", message_id, text, thread_id, if_busy };
}

/** What an earlier page left; anything unreadable is dropped, since it cannot be sent. */
function readItems(storage: ClientStorage | undefined): readonly OutboxItem[] {
  try {
    const value: unknown = JSON.parse(storage?.getItem(ITEMS_KEY) ?? "[]");
    return Array.isArray(value) ? value.filter(isItem) : [];
  } catch {
    return [];
  }
}

function isItem(value: unknown): value is OutboxItem {
  return (
    typeof value === "object" &&
    value !== null &&
    "message_id" in value &&
    typeof value.message_id === "string" &&
    "text" in value &&
    typeof value.text === "string" &&
    "user_id" in value &&
    typeof value.user_id === "string"
  );
}
