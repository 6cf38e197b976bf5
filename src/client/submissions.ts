/**
 * Sends what the outbox holds and settles it: by an ack, by a final refusal, or by waiting and sending again.
 * Promises: a message that could never be taken (too large, too many waiting) is refused here, in words, without being sent.
 */
import type { ClientFrame, ConnectionFrameOf } from "../domain/protocol.ts";
import { clientLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import type { ClientStorage, OutboxItem, Refusal } from "./outbox.ts";

export interface SendOptions {
  /** Absent or null: a new thread. */
  readonly threadId?: string | null;
  /** What to do when the thread is at work already; `enqueue` when absent. */
  readonly ifBusy?: "enqueue" | "reject" | "interrupt";
}

export type Settled =
  | { readonly accepted: true; readonly ack: ConnectionFrameOf<"ack"> }
  | { readonly accepted: false; readonly refusal: Refusal };

export interface Sent {
  readonly messageId: string;
  /** Resolves when the server took the message or refused it for good; stays pending while offline. Never rejects. */
  readonly settled: Promise<Settled>;
}

export interface SubmissionsOptions {
  readonly storage: ClientStorage | undefined;
  /** Writes to the line; false when there is none. */
  readonly write: (frame: ClientFrame) => boolean;
  readonly isOnline: () => boolean;
  readonly onChange: (items: readonly OutboxItem[]) => void;
}

export class Submissions {
  readonly #options: SubmissionsOptions;
  readonly #outbox: Outbox;
  readonly #settlers = new Map<string, (settled: Settled) => void>();
  #messageBytes: number = clientLimits.messageBytes;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SubmissionsOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.storage);
  }

  items(): readonly OutboxItem[] {
    return this.#outbox.items();
  }

  send(text: string, { threadId = null, ifBusy }: SendOptions): Sent {
    const messageId = crypto.randomUUID();
    const settled = new Promise<Settled>((resolve) =>
      this.#settlers.set(messageId, resolve),
    );
    if (this.items().length >= clientLimits.outboxMessagesMax) {
      this.#settle(messageId, { accepted: false, refusal: OUTBOX_FULL });
      return { messageId, settled };
    }
    this.#outbox.add({
      message_id: messageId,
      text,
      thread_id: threadId,
      if_busy: ifBusy ?? "enqueue",
    });
    this.#changed();
    this.flush();
    return { messageId, settled };
  }

  retry(messageId: string): void {
    this.#outbox.reopen(messageId);
    this.#changed();
    this.flush();
  }

  discard(messageId: string): void {
    this.#outbox.remove(messageId);
    this.#settle(messageId, { accepted: false, refusal: DISCARDED });
  }

  onReady(frame: ConnectionFrameOf<"connection_ready">): void {
    this.#messageBytes = frame.limits.message_bytes;
    this.#outbox.onReady(frame.user_id);
    this.#changed();
  }

  onAck(ack: ConnectionFrameOf<"ack">): void {
    this.#outbox.remove(ack.message_id);
    this.#settle(ack.message_id, { accepted: true, ack });
  }

  onError(frame: ConnectionFrameOf<"error">): void {
    const id = frame.message_id;
    if (id === undefined) return;
    if (!frame.retryable) return this.#refuse(id, frame);
    const waitMs = frame.retry_after_ms ?? clientLimits.retryDefaultMs;
    this.#outbox.postpone(id, Date.now() + waitMs);
    this.#schedule();
  }

  /** Sends everything that is due, if there is a line. */
  flush(): void {
    if (!this.#options.isOnline()) return;
    for (const frame of this.#outbox.takeDue(Date.now())) {
      if (byteLength(frame) < this.#messageBytes) this.#options.write(frame);
      else this.#refuse(frame.message_id ?? "", tooLarge(this.#messageBytes));
    }
    this.#schedule();
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const at = this.#outbox.nextDueAtMs();
    if (at === null) return;
    this.#timer = setTimeout(() => this.flush(), Math.max(0, at - Date.now()));
  }

  #refuse(id: string, { code, message }: Refusal): void {
    const refusal = { code, message };
    this.#outbox.refuse(id, refusal);
    this.#settle(id, { accepted: false, refusal });
  }

  #settle(id: string, settled: Settled): void {
    this.#changed();
    this.#settlers.get(id)?.(settled);
    this.#settlers.delete(id);
  }

  #changed(): void {
    this.#options.onChange(this.#outbox.items());
  }
}

const OUTBOX_FULL: Refusal = {
  code: "outbox_full",
  message: `${clientLimits.outboxMessagesMax} messages wait to be sent already. Nothing was kept of this one.`,
};
const DISCARDED: Refusal = {
  code: "discarded",
  message: "This message was discarded before the server took it.",
};

function tooLarge(limitBytes: number): Refusal {
  return {
    code: "message_too_large",
    message: `A message may have fewer than ${limitBytes} bytes. Nothing was sent; shorten it.`,
  };
}

function byteLength(frame: ClientFrame): number {
  return new TextEncoder().encode(JSON.stringify(frame)).length;
}
