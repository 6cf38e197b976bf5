/**
 * Where the runtime tells what went wrong with a run, for the operator's report. Owns the entries that wait to be stored. Promises: telling
 * never waits and never fails a run; what cannot be stored is logged and dropped.
 */
import { Context, Effect, Layer, Queue } from "effect";
import { limits } from "./limits.ts";
import { ReportStore } from "./ports.ts";
import type { ReportEntry } from "./ports.ts";

export class Reports extends Context.Service<
  Reports,
  { readonly note: (entry: ReportEntry) => void }
>()("goldenpath/Reports") {}

export const reportsLayer: Layer.Layer<Reports, never, ReportStore> =
  Layer.effect(
    Reports,
    Effect.gen(function* () {
      const store = yield* ReportStore;
      const waiting = yield* Queue.dropping<ReportEntry>(
        limits.reportsWaitingMax,
      );
      const save = (entries: readonly ReportEntry[]) =>
        entries.length === 0
          ? Effect.void
          : store.save(entries).pipe(
              Effect.timeout(limits.reportWriteTimeoutMs),
              Effect.catchCause((cause) =>
                Effect.logWarning("a run's report could not be written", cause),
              ),
            );
      yield* Effect.addFinalizer(() =>
        Effect.flatMap(Queue.clear(waiting), save),
      );
      yield* Queue.takeAll(waiting).pipe(
        Effect.flatMap((entries) => Effect.uninterruptible(save(entries))),
        Effect.forever,
        Effect.forkScoped,
      );
      return Reports.of({
        note: (entry) => void Queue.offerUnsafe(waiting, entry),
      });
    }),
  );
