/**
 * What a database needs before it may be used: the newest schema, users kept apart, and the queue. Promises: done once, however often it is
 * asked for, and by several nodes at once; a database that is away is tried again at the next asking; a wrong one is told once.
 */
import { Effect } from "effect";
import { ServiceUnavailable } from "../domain/errors.ts";
import { isPassing } from "./outage.ts";

export interface Preparation {
  /** Prepares, or waits for what is under way: whoever stops waiting does not stop it. */
  readonly run: Effect.Effect<void, ServiceUnavailable>;
  readonly isDone: () => boolean;
}

/** `steps` in order, each safe to repeat; `wrong` hears of a failure that no waiting will mend. */
export function makePreparation(
  steps: readonly (() => Promise<void>)[],
  wrong: (cause: unknown) => void,
): Preparation {
  let done = false;
  let underWay: Promise<void> | null = null;
  const prepare = async () => {
    try {
      for (const step of steps) await step();
      done = true;
    } catch (cause) {
      if (isPassing(cause)) underWay = null;
      else wrong(cause);
      throw cause;
    }
  };
  return {
    run: Effect.tryPromise({
      try: () => (underWay ??= prepare()),
      catch: (cause) => new ServiceUnavailable({ service: "database", cause }),
    }),
    isDone: () => done,
  };
}
