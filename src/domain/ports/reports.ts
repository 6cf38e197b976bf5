/**
 * What an operator may read about a run beside what its user sees: who claimed it when, and what went wrong with its causes. Promises: none
 * of it reaches a client; a run keeps limits.reportsPerRunMax entries at most.
 */
import { Context } from "effect";
import type { Effect } from "effect";
import type { RunNotFound, ServiceUnavailable } from "../errors.ts";
import type { JsonObject, Run, RunId, Timestamp, UserId } from "../model.ts";
import type { Event } from "../protocol.ts";

/** `claimed` is written by the claim itself; the others are told by the runtime. */
export type ReportKind =
  "claimed" | "tool_failed" | "defect" | "events_refused";

export interface ReportEntry {
  readonly run_id: RunId;
  readonly user_id: UserId;
  readonly attempt: number;
  readonly at: Timestamp;
  readonly kind: ReportKind;
  readonly detail: JsonObject;
}

/** An entry as it was kept, with the node that wrote it. */
export interface KeptEntry extends Omit<ReportEntry, "run_id" | "user_id"> {
  readonly node: string;
  readonly version: string;
}

export interface RunFile {
  readonly user_id: UserId;
  readonly run: Run;
  readonly events: readonly Event[];
  readonly entries: readonly KeptEntry[];
}

export class ReportStore extends Context.Service<
  ReportStore,
  {
    /** Entries of runs that are gone, and beyond the bound of a run, are left out. */
    readonly save: (
      entries: readonly ReportEntry[],
    ) => Effect.Effect<void, ServiceUnavailable>;
    /** Everything about one run, whoever's it is: for operators only. */
    readonly read: (
      run: RunId,
    ) => Effect.Effect<RunFile, RunNotFound | ServiceUnavailable>;
  }
>()("goldenpath/ReportStore") {}
