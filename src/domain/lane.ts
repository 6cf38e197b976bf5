/**
 * Things that are handled one after another. Owns those that wait and the fiber that handles them. Promises: one is handled at a time, in the
 * order in which they came.
 */
import { Effect } from "effect";
import type { Fiber } from "effect";

export interface LaneGiven<Item, Needs> {
  readonly fork: (
    effect: Effect.Effect<void, never, Needs>,
  ) => Fiber.Fiber<void>;
  readonly handle: (item: Item) => Effect.Effect<void, never, Needs>;
}

export class Lane<Item, Needs> {
  readonly #given: LaneGiven<Item, Needs>;
  readonly #waiting: Item[] = [];
  #handling: Fiber.Fiber<void> | null = null;

  constructor(given: LaneGiven<Item, Needs>) {
    this.#given = given;
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length;
  }

  push(item: Item): void {
    this.#waiting.push(item);
    this.#handling ??= this.#given.fork(this.#handleWaiting);
  }

  /** Forgets what waits; what is being handled goes on. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** Forgets what waits and interrupts what is being handled. */
  interrupt(): void {
    this.clear();
    this.#handling?.interruptUnsafe();
  }

  readonly #handleWaiting: Effect.Effect<void, never, Needs> = Effect.gen(
    { self: this },
    function* () {
      yield* Effect.yieldNow;
      for (
        let next = this.#waiting.shift();
        next !== undefined;
        next = this.#waiting.shift()
      ) {
        yield* this.#given.handle(next);
      }
      this.#handling = null;
    },
  );
}
