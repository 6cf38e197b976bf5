/**
 * Calls that are made again until the database has answered. Promises: a second try says that it is one, since the first may have been
 * done and only its answer lost.
 */
import { Effect } from "effect";
import type { Schedule } from "effect";
import { ServiceUnavailable } from "./errors.ts";
import type { Try } from "./ports.ts";

export function untilAnswered<A, E, R>(
  call: (which: Try) => Effect.Effect<A, E | ServiceUnavailable, R>,
  schedule: Schedule.Schedule<unknown>,
  countAgain: () => void,
): Effect.Effect<A, E | ServiceUnavailable, R> {
  return Effect.suspend(() => {
    let next: Try = "first";
    const once = Effect.suspend(() => {
      const which = next;
      if (which === "again") countAgain();
      next = "again";
      return call(which);
    });
    return Effect.retry(once, {
      schedule,
      while: (error) => error instanceof ServiceUnavailable,
    });
  });
}
