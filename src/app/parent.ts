/**
 * The shell that npm puts before the server does not pass signals on: asked to stop, it ends, npm with it, and the server would stay. Promises:
 * a server that npm started ends after the shell, as if the signal had reached it; one that was started otherwise never does.
 */
import { Effect } from "effect";
import { limits } from "../domain/limits.ts";

/** Taken at once: the shell may end while the server starts. */
const shell = process.ppid;

/** Done when the shell that npm started this process with has ended. */
export const untilOrphaned: Effect.Effect<void> = Effect.suspend(() =>
  process.env["npm_lifecycle_event"] === undefined
    ? Effect.never
    : Effect.sleep(limits.parentLookIntervalMs).pipe(
        Effect.repeat({ until: () => process.ppid !== shell }),
        Effect.asVoid,
      ),
);
