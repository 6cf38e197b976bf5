/**
 * Holds a connection's events back while something that must precede them is on its way: with several nodes, a run may be at work
 * elsewhere before its `ack` is out here. Promises: what is held back is delivered when the work is done, however it ends.
 */
import { Effect, Latch } from "effect";
import type { Outlet } from "./delivery.ts";

export class Holding {
  readonly #latch = Latch.makeUnsafe(true);
  #works = 0;

  /** The outlet that takes nothing while work is going on. */
  over(outlet: Outlet): Outlet {
    return {
      deliver: (event) => outlet.deliver(event),
      gone: (thread) => outlet.gone(thread),
      isWritable: () => this.#works === 0 && outlet.isWritable(),
      writable: Effect.suspend(() =>
        Effect.andThen(this.#latch.await, outlet.writable),
      ),
    };
  }

  during<A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        this.#works += 1;
        this.#latch.closeUnsafe();
      }),
      () => work,
      () =>
        Effect.sync(() => {
          this.#works -= 1;
          if (this.#works === 0) this.#latch.openUnsafe();
        }),
    );
  }
}
