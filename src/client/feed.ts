/** Events as an async iterable for programs that read in a loop. Promises: bounded; a reader that is too slow is told so. */
import type { Event } from "../domain/protocol.ts";
import { clientLimits } from "./limits.ts";

/** The reader fell further behind than the bound; join the thread again from the last seq that was read. */
export class FeedOverflow extends Error {
  override readonly name = "FeedOverflow";
  constructor() {
    super(
      `More than ${clientLimits.iterableEventsMax} events wait unread; join again after the last seq.`,
    );
  }
}

type Waiter = (result: IteratorResult<Event, undefined>) => void;

/**
 * An iterable over what `subscribe` delivers from now on. It ends when the loop is left or `signal` aborts, and fails with
 * FeedOverflow when the reader is too slow.
 */
export function createFeed(
  subscribe: (listener: (event: Event) => void) => () => void,
  signal?: AbortSignal,
): AsyncIterableIterator<Event, undefined> {
  const buffer: Event[] = [];
  const waiters: Waiter[] = [];
  let state: "open" | "ended" | "overflown" = "open";

  const close = (next: "ended" | "overflown") => {
    state = next;
    unsubscribe();
    for (const resolve of waiters.splice(0)) resolve(done);
  };
  const unsubscribe = subscribe((event) => {
    const resolve = waiters.shift();
    if (resolve !== undefined) resolve({ value: event, done: false });
    else if (buffer.length < clientLimits.iterableEventsMax) buffer.push(event);
    else close("overflown");
  });
  if (signal?.aborted === true) close("ended");
  signal?.addEventListener("abort", () => close("ended"), { once: true });

  return {
    next: () => {
      const event = buffer.shift();
      if (event !== undefined)
        return Promise.resolve({ value: event, done: false });
      if (state === "overflown") return Promise.reject(new FeedOverflow());
      if (state === "ended") return Promise.resolve(done);
      return new Promise((resolve) => waiters.push(resolve));
    },
    return: () => {
      buffer.length = 0;
      close("ended");
      return Promise.resolve(done);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const done: IteratorResult<Event, undefined> = { value: undefined, done: true };
