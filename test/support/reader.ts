/** An outlet of a thread's events for tests of delivery. Owns what it got. Promises: it takes as much as it has room for, and says when there is room again. */
import { Effect, Latch } from "effect";
import type { Outlet } from "../../src/domain/delivery.ts";
import type { Event } from "../../src/domain/protocol.ts";

/** An outlet that takes so many events, then no more until it is opened for the next ones. */
export class Reader implements Outlet {
  readonly got: Event[] = [];
  /** How often it was told that its thread is gone. */
  left = 0;
  readonly #latch = Latch.makeUnsafe(true);
  readonly writable = Effect.suspend(() => this.#latch.await);
  #room: number;

  constructor(room = Number.POSITIVE_INFINITY) {
    this.#room = room;
  }

  deliver(event: Event): void {
    this.got.push(event);
    this.#room -= 1;
    if (this.#room <= 0) this.#latch.closeUnsafe();
  }

  gone(): void {
    this.left += 1;
  }

  isWritable(): boolean {
    return this.#room > 0;
  }

  makeRoom(room: number): void {
    this.#room = room;
    this.#latch.openUnsafe();
  }
}
