/**
 * What the domain needs from the outside, each as an Effect service: stores, jobs, bus, cache, prices, tokens. Adapters implement
 * them; one contract suite per port holds every implementation to the same promises. A port fails only with values of errors.ts.
 */
import { Context } from "effect";
import type { Effect, Scope } from "effect";
import type {
  ImportNotFound,
  RunFenced,
  RunNotFound,
  Busy,
  ServiceUnavailable,
  ThreadNotFound,
  TooManyRuns,
  Unauthorized,
} from "./errors.ts";
import type {
  Answer,
  Dimension,
  Failure,
  FinalStatus,
  ImportId,
  ImportResult,
  Message,
  MessageId,
  Period,
  Preferences,
  PricedRecord,
  Run,
  RunId,
  Step,
  Thread,
  ThreadId,
  Timestamp,
  Tokens,
  ToolCall,
  UsageRecord,
  UserId,
} from "./model.ts";
import type { Event, EventBody } from "./protocol.ts";

// --- identity --------------------------------------------------------------------------------------------------------------

export interface Identity {
  readonly user_id: UserId;
  /** The token's own id; null where it has none, and then it cannot be revoked alone. */
  readonly token_id: string | null;
  readonly expires_at_ms: number;
  readonly admin: boolean;
}

export class TokenVerifier extends Context.Service<
  TokenVerifier,
  { readonly verify: (token: string) => Effect.Effect<Identity, Unauthorized> }
>()("goldenpath/TokenVerifier") {}

// --- threads, runs and the log ---------------------------------------------------------------------------------------------

export interface Submission {
  readonly message_id: MessageId;
  readonly text: string;
  readonly thread_id: ThreadId | null;
  readonly if_busy: "enqueue" | "reject" | "interrupt";
}

export interface Submitted {
  readonly status: "accepted" | "duplicate";
  readonly message_id: MessageId;
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
  readonly queue_position: number;
  /** The thread's last seq when the run was stored: its first event comes after it. */
  readonly after_seq: number;
  /** Runs of the thread that must be stopped first, because of `interrupt`. */
  readonly interrupted: readonly RunId[];
  readonly dispatched: boolean;
  /** The run has not ended. */
  readonly active: boolean;
  readonly thread: Thread;
}

/** An event before the database gave it its seq: the body and the part of the envelope that the emitter knows. */
export type PendingEvent = EventBody & {
  readonly event_id: string;
  readonly timestamp: Timestamp;
  readonly agent_name: string;
  readonly parent_agent: string | null;
};

/** What one run wants in the log at once, fenced by its attempt. Steps and tool results are stored with their events or not at all. */
export interface Append {
  readonly user_id: UserId;
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
  readonly attempt: number;
  readonly events: readonly PendingEvent[];
  readonly steps: readonly { readonly position: number; readonly step: Step }[];
  readonly calls: readonly ToolCall[];
}

/** The answer to one Append: its events with their seq, or fenced: nothing of it was stored. */
export type Appended =
  | {
      readonly fenced: false;
      readonly events: readonly Event[];
      readonly stopRequested: boolean;
    }
  | { readonly fenced: true };

export interface Claim {
  readonly run_id: RunId;
  readonly user_id: UserId;
  readonly thread_id: ThreadId;
  readonly message_id: MessageId;
  readonly question: string;
  readonly earlier: readonly string[];
  readonly preferences: Preferences;
  readonly attempt: number;
  readonly started_at: Timestamp;
  readonly stopRequested: boolean;
  readonly steps: readonly Step[];
  /** The run's events of earlier attempts, in order; empty on the first. */
  readonly log: readonly Event[];
}

export interface Ending {
  readonly status: FinalStatus;
  readonly error: Failure | null;
  readonly answer: (Answer & { readonly message_id: MessageId }) | null;
}

/** What an ending stored. `dispatched` says that the user's next run became due with it. */
export interface Ended {
  readonly events: readonly Event[];
  readonly dispatched: boolean;
  readonly thread: Thread;
}

/** `over`: it had ended before. `marked`: its node must end it. */
export type StopOutcome =
  { readonly state: "over" | "marked" } | ({ readonly state: "ended" } & Ended);

export class Store extends Context.Service<
  Store,
  {
    /** Thread, message, run and job in one transaction, or none of them. */
    readonly submit: (
      user: UserId,
      submission: Submission,
    ) => Effect.Effect<
      Submitted,
      ThreadNotFound | Busy | TooManyRuns | ServiceUnavailable
    >;
    /** Takes a run for this node: attempt + 1. Null when it has ended or is gone. */
    readonly claim: (
      user: UserId,
      run: RunId,
    ) => Effect.Effect<Claim | null, ServiceUnavailable>;
    /** Group commit: many runs' events in one transaction. Answers in the order asked. */
    readonly append: (
      batch: readonly Append[],
    ) => Effect.Effect<readonly Appended[], ServiceUnavailable>;
    /** Last events, assistant message, status and the user's next jobs in one transaction. The first ending wins. */
    readonly end: (
      last: Append,
      ending: Ending,
    ) => Effect.Effect<Ended, RunFenced | ServiceUnavailable>;
    /**
     * Stops a run. A queued one ends at once with the events that `lastWords` makes; a running one is marked, and its node ends it;
     * an ended one stays as it is.
     */
    readonly requestStop: (
      user: UserId,
      run: RunId,
      lastWords: () => readonly PendingEvent[],
    ) => Effect.Effect<StopOutcome, RunNotFound | ServiceUnavailable>;
    readonly readEvents: (
      user: UserId,
      thread: ThreadId,
      afterSeq: number,
      limit: number,
    ) => Effect.Effect<readonly Event[], ServiceUnavailable>;
    readonly findThread: (
      user: UserId,
      thread: ThreadId,
    ) => Effect.Effect<Thread, ThreadNotFound | ServiceUnavailable>;
    readonly findRun: (
      user: UserId,
      run: RunId,
    ) => Effect.Effect<Run, RunNotFound | ServiceUnavailable>;
    readonly listThreads: (
      user: UserId,
      page: { readonly before: string | null; readonly limit: number },
    ) => Effect.Effect<readonly Thread[], ServiceUnavailable>;
    /** The user's threads with an active run. */
    readonly activeThreads: (
      user: UserId,
    ) => Effect.Effect<readonly Thread[], ServiceUnavailable>;
    readonly createThread: (
      user: UserId,
      title: string,
    ) => Effect.Effect<Thread, ServiceUnavailable>;
    readonly renameThread: (
      user: UserId,
      thread: ThreadId,
      title: string,
    ) => Effect.Effect<Thread, ThreadNotFound | ServiceUnavailable>;
    /** Deletes a thread with all it holds; answers the runs that were active. */
    readonly deleteThread: (
      user: UserId,
      thread: ThreadId,
    ) => Effect.Effect<readonly RunId[], ThreadNotFound | ServiceUnavailable>;
    readonly listMessages: (
      user: UserId,
      thread: ThreadId,
    ) => Effect.Effect<readonly Message[], ThreadNotFound | ServiceUnavailable>;
    /** The full result of a tool call, for the figure that cites it. */
    readonly findToolCall: (
      user: UserId,
      run: RunId,
      call: string,
    ) => Effect.Effect<ToolCall, RunNotFound | ServiceUnavailable>;
    readonly preferences: (
      user: UserId,
    ) => Effect.Effect<Preferences, ServiceUnavailable>;
    readonly savePreferences: (
      user: UserId,
      preferences: Preferences,
    ) => Effect.Effect<void, ServiceUnavailable>;
  }
>()("goldenpath/Store") {}

// --- usage -----------------------------------------------------------------------------------------------------------------

export type UsageFilter = {
  readonly [D in Exclude<Dimension, "day">]?: readonly (string | null)[];
};

export interface UsageQuery {
  readonly period: Period;
  readonly time_zone: string;
  /** None to two dimensions; rows come grouped by all of them, dearest first. */
  readonly group_by: readonly Dimension[];
  readonly filter: UsageFilter;
}

export interface UsageRow {
  /** One key for each dimension of group_by, in its order. */
  readonly keys: readonly (string | null)[];
  readonly requests: number;
  readonly tokens: Tokens;
  /** US dollars of the priced part. */
  readonly computed_usd: number;
  /** US dollars as billed; null where no record of the row names any. */
  readonly billed_usd: number | null;
  /** All tokens of records without a price. */
  readonly unpriced_tokens: number;
  /** Tokens sent under the batch tier. */
  readonly batch_tokens: number;
}

/** What data a user has, as a whole. */
export interface Coverage {
  readonly records: number;
  /** First record's start and last record's start; null without records. */
  readonly first: Timestamp | null;
  readonly last: Timestamp | null;
  readonly models: readonly string[];
  readonly unpriced_models: readonly string[];
  readonly sample: boolean;
  /** Grows with every change of the data: what was computed holds for one version. */
  readonly data_version: number;
}

export interface IdentifiedRecord extends PricedRecord {
  /** Hex; the same for the same record in two files, different for two equal rows of one file. */
  readonly identity: string;
}

export class UsageStore extends Context.Service<
  UsageStore,
  {
    /** Sample rows are read only while the user has no other data. */
    readonly coverage: (
      user: UserId,
    ) => Effect.Effect<Coverage, ServiceUnavailable>;
    readonly aggregate: (
      user: UserId,
      query: UsageQuery,
    ) => Effect.Effect<readonly UsageRow[], ServiceUnavailable>;
    readonly beginImport: (
      user: UserId,
      source: {
        readonly format: string;
        readonly sample: boolean;
        readonly file_name: string | null;
      },
    ) => Effect.Effect<ImportId, ServiceUnavailable>;
    /** Stores one batch; a record whose identity is there already counts as a duplicate and is linked to this import too. */
    readonly saveRecords: (
      user: UserId,
      id: ImportId,
      records: readonly IdentifiedRecord[],
    ) => Effect.Effect<
      { readonly kept: number; readonly duplicate: number },
      ServiceUnavailable
    >;
    readonly finishImport: (
      user: UserId,
      result: ImportResult,
    ) => Effect.Effect<void, ServiceUnavailable>;
    readonly listImports: (
      user: UserId,
    ) => Effect.Effect<readonly ImportResult[], ServiceUnavailable>;
    /** Removes an import; rows that another import brought too stay. */
    readonly removeImport: (
      user: UserId,
      id: ImportId,
    ) => Effect.Effect<void, ImportNotFound | ServiceUnavailable>;
  }
>()("goldenpath/UsageStore") {}

/** A model's list price at a date, in US dollars per million tokens of each bucket. */
export interface Price {
  /** The name of the price table's entry that matched. */
  readonly model: string;
  readonly provider: string;
  readonly usd_per_million: { readonly [Bucket in keyof Tokens]: number };
  /** The share of the list price that the batch tier costs; null where the provider offers none. */
  readonly batch_factor: number | null;
}

export class PriceBook extends Context.Service<
  PriceBook,
  {
    /** The day the table was made, YYYY-MM-DD. */
    readonly price_date: string;
    /** Null for a model the table does not know: unpriced, never zero. */
    readonly find: (
      model: string,
      provider: string | null,
      at: Timestamp,
    ) => Price | null;
    /** What a record cost by the list; null when unpriced. */
    readonly price: (
      record: UsageRecord,
    ) => { readonly usd: number; readonly priced_as: string } | null;
    /** Models one could move to, with today's prices, cheapest first. */
    readonly alternatives: (
      model: string,
      provider: string | null,
      at: Timestamp,
    ) => readonly Price[];
  }
>()("goldenpath/PriceBook") {}

// --- jobs, bus, cache ------------------------------------------------------------------------------------------------------

export interface Job {
  /** The run's own id: a run has one job at a time. */
  readonly job_id: string;
  readonly run_id: RunId;
  readonly user_id: UserId;
}

export class Jobs extends Context.Service<
  Jobs,
  {
    /** Up to `limit` jobs that nobody else has; empty when there are none. */
    readonly fetch: (
      limit: number,
    ) => Effect.Effect<readonly Job[], ServiceUnavailable>;
    /** Says that these are still being worked on; without it a job goes to another node after limits.heartbeatSeconds. */
    readonly touch: (
      jobs: readonly Job[],
    ) => Effect.Effect<void, ServiceUnavailable>;
    readonly complete: (
      jobs: readonly Job[],
    ) => Effect.Effect<void, ServiceUnavailable>;
    /** Gives a job back at once, for any node to take. */
    readonly release: (job: Job) => Effect.Effect<void, ServiceUnavailable>;
    /** Calls back whenever there may be work; at least every limits.jobPollIntervalMs. */
    readonly onWork: (
      callback: () => void,
    ) => Effect.Effect<void, never, Scope.Scope>;
  }
>()("goldenpath/Jobs") {}

/** What nodes tell each other. Lossy by contract: whoever hears nothing finds the truth in the log. */
export type BusMessage =
  | {
      readonly kind: "events";
      readonly thread_id: ThreadId;
      readonly last_seq: number;
      readonly events: readonly Event[];
    }
  | { readonly kind: "stop"; readonly run_id: RunId }
  | { readonly kind: "thread"; readonly thread: Thread }
  | { readonly kind: "deleted"; readonly thread_id: ThreadId }
  | { readonly kind: "work" };

export class Bus extends Context.Service<
  Bus,
  {
    readonly publish: (
      topic: string,
      message: BusMessage,
    ) => Effect.Effect<void>;
    readonly subscribe: (
      topic: string,
      handler: (message: BusMessage) => void,
    ) => Effect.Effect<void, never, Scope.Scope>;
  }
>()("goldenpath/Bus") {}

export const topics = {
  thread: (id: ThreadId) => `thread:${id}`,
  user: (id: UserId) => `user:${id}`,
  run: (id: RunId) => `run:${id}`,
  work: "work",
} as const;

export class Cache extends Context.Service<
  Cache,
  {
    readonly get: (
      key: string,
    ) => Effect.Effect<string | null, ServiceUnavailable>;
    readonly set: (
      key: string,
      value: string,
      lifetimeSeconds: number,
    ) => Effect.Effect<void, ServiceUnavailable>;
    /** Reads and removes in one step: of many takers, one gets the value. */
    readonly take: (
      key: string,
    ) => Effect.Effect<string | null, ServiceUnavailable>;
    /** Takes one token of a bucket that holds `burst` and refills `perMinute`; answers how long to wait, 0 when taken. */
    readonly consume: (
      key: string,
      rate: { readonly burst: number; readonly perMinute: number },
    ) => Effect.Effect<{ readonly retryAfterMs: number }, ServiceUnavailable>;
  }
>()("goldenpath/Cache") {}
