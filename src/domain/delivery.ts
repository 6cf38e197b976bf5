/**
 * Delivery of a thread's events to one connection: stored events after a cursor, then live ones, by one and the same loop. The log is
 * the truth; what the bus brings is only a shortcut. Promises: no gap and no duplicate between replay and live (R5), and the log is
 * read no faster than the socket drains.
 */
import { Effect, Queue } from "effect";
import type { Scope } from "effect";
import { limits } from "./limits.ts";
import type { ThreadId, UserId } from "./model.ts";
import { Bus, Store, topics } from "./ports.ts";
import type { BusMessage } from "./ports.ts";
import type { Event } from "./protocol.ts";

/** Where events go: a connection's sending end. */
export interface Outlet {
  readonly deliver: (event: Event) => void;
  /** False while too much is waiting in the socket. */
  readonly isWritable: () => boolean;
  /** Done as soon as it is writable again, or closed. */
  readonly writable: Effect.Effect<void>;
  /** The thread has been deleted, and nobody said so in time. May be called again. */
  readonly gone: (thread: ThreadId) => void;
}

/** Where one connection stands in one thread. Owns what the bus brought and the socket has not taken yet. */
class Position {
  /** The seq of the last event delivered. */
  delivered: number;
  /** The highest seq known to exist. */
  #head: number;
  /** Events that follow `delivered` without a gap. */
  #ready: Event[] = [];

  constructor(afterSeq: number) {
    this.delivered = afterSeq;
    this.#head = afterSeq;
  }

  /** Takes what continues the line; anything else is left to the log. */
  receive(events: readonly Event[], lastSeq: number): void {
    this.#head = Math.max(this.#head, lastSeq);
    for (const event of events) {
      const next = this.delivered + this.#ready.length + 1;
      const full = this.#ready.length >= limits.recentEventsPerThread;
      if (event.seq === next && !full) this.#ready.push(event);
    }
  }

  /** The next event that is at hand, now delivered; null when there is none. */
  takeReady(): Event | null {
    const event = this.#ready.shift();
    if (event === undefined) return null;
    this.delivered = event.seq;
    return event;
  }

  hasReady(): boolean {
    return this.#ready.length > 0;
  }

  isBehind(): boolean {
    return this.delivered < this.#head;
  }
}

/** Delivers a thread to an outlet from after `afterSeq` on, until the scope closes. */
export function deliverThread(
  outlet: Outlet,
  user: UserId,
  thread: ThreadId,
  afterSeq: number,
): Effect.Effect<void, never, Bus | Store | Scope.Scope> {
  return Effect.gen(function* () {
    const bus = yield* Bus;
    const store = yield* Store;
    const position = new Position(afterSeq);
    const wake = yield* Queue.dropping<void>(1);
    const flush = () => {
      while (outlet.isWritable()) {
        const event = position.takeReady();
        if (event === null) return;
        outlet.deliver(event);
      }
    };
    const onMessage = (message: BusMessage) => {
      if (message.kind === "deleted") return outlet.gone(thread);
      if (message.kind !== "events") return;
      position.receive(message.events, message.last_seq);
      flush();
      if (position.isBehind()) Queue.offerUnsafe(wake, undefined);
    };
    const readLog = Effect.gen(function* () {
      const page = yield* store.readEvents(
        user,
        thread,
        position.delivered,
        limits.replayPageEvents,
      );
      const last = page.events.at(-1)?.seq ?? 0;
      for (const event of page.events) {
        position.receive([event], last);
        flush();
        // What the socket does not take now is read again once it does: no page is held for it.
        if (position.hasReady()) break;
      }
      return page.more || position.hasReady();
    });
    /** What is at hand, then the log, until neither has more. */
    const catchUp = Effect.gen(function* () {
      do {
        yield* outlet.writable;
        flush();
      } while (yield* readLog);
    }).pipe(Effect.catch(() => tryAgain(wake)));

    yield* bus.subscribe(topics.thread(thread), onMessage);
    yield* catchUp.pipe(
      Effect.andThen(Effect.forever(Effect.andThen(Queue.take(wake), catchUp))),
      Effect.forkScoped,
    );
  });
}

/** The log could not be read: look again when the database may be back. */
function tryAgain(wake: Queue.Queue<void>): Effect.Effect<void> {
  return Effect.sleep(limits.serviceRetryAfterMs).pipe(
    Effect.andThen(Effect.sync(() => void Queue.offerUnsafe(wake, undefined))),
  );
}
