/** What an application does once its answer is stored. Promises: bounded in time; whatever it comes to, the answer stands. */
import { Effect } from "effect";
import type { Application } from "./agents/definition.ts";
import { causeOf } from "./causes.ts";
import { countDefect } from "./metrics.ts";
import type { Claim, Ending } from "./ports.ts";

export function conclude<R>(
  { concluded }: Application<R>,
  { answer }: Ending,
  { user_id, thread_id, run_id, started_at }: Claim,
  given: {
    readonly timeoutMs: number;
    readonly labels: Readonly<Record<string, string>>;
  },
): Effect.Effect<void, never, R> {
  if (answer === null || concluded === undefined) return Effect.void;
  const now = Date.parse(started_at);
  return concluded(answer, { user_id, thread_id, run_id, now }).pipe(
    Effect.timeoutOption(given.timeoutMs),
    Effect.asVoid,
    Effect.catchDefect((defect) => {
      countDefect();
      return Effect.logError(
        "an answer could not be concluded",
        causeOf(defect),
      );
    }),
    Effect.annotateLogs(given.labels),
  );
}
