/**
 * Threads, runs and the log: what the domain stores and finds again. Promises: a contract suite holds every backend to what is said here.
 */
import { Context } from "effect";
import type { Effect } from "effect";
import type {
  RunFenced,
  RunNotFound,
  Busy,
  ServiceUnavailable,
  ThreadNotFound,
  TooManyRuns,
  QueueFull,
} from "../errors.ts";
import type {
  Answer,
  Failure,
  FinalStatus,
  Message,
  MessageId,
  Preferences,
  Run,
  RunId,
  Step,
  Thread,
  ThreadId,
  Timestamp,
  ToolCall,
  UserId,
} from "../model.ts";
import type { Event } from "../protocol.ts";
import type { Append, Appended, EventPage, PendingEvent } from "./log.ts";

export interface Submission {
  readonly message_id: MessageId;
  readonly text: string;
  readonly thread_id: ThreadId | null;
  readonly if_busy: "enqueue" | "reject" | "interrupt";
  /** The trace that the run continues (W3C Trace Context); null where none is taken. */
  readonly traceparent: string | null;
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
  /** The trace of the first submission. */
  readonly traceparent: string | null;
  readonly thread: Thread;
}

/** Which try a call is. `again`: an earlier one may have been done and its answer lost; what it stored is recognised and answered as it stands. */
export type Try = "first" | "again";

export interface Claim {
  readonly run_id: RunId;
  readonly user_id: UserId;
  readonly thread_id: ThreadId;
  readonly message_id: MessageId;
  readonly question: string;
  readonly earlier: readonly string[];
  readonly preferences: Preferences;
  readonly attempt: number;
  /** Claims before this one whose node was lost. */
  readonly crashes: number;
  readonly started_at: Timestamp;
  /** Milliseconds from the run's first start to this claim, by one clock: nodes' calendars may differ. */
  readonly spentMs: number;
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

/** What the database knows of threads and runs, whoever owns them, for a node that may have missed messages about them. */
export interface Heads {
  /** The last seq of each thread that exists. */
  readonly threads: ReadonlyMap<ThreadId, number>;
  /** The runs that have not ended and that nobody has asked to stop. */
  readonly goingOn: ReadonlySet<RunId>;
}

/** Where a page of threads ended: newest first, and by id within one millisecond. */
export interface ThreadCursor {
  readonly updated_at: Timestamp;
  readonly thread_id: ThreadId;
}

/** `due`: a job waits for a node. `waiting`: an earlier run of the thread, or the user's cap, comes first. */
export interface QueueDepth {
  readonly due: number;
  readonly waiting: number;
}

/** A run with its question, its answer once it has one, and the calls that the answer's figures may cite. */
export interface AnsweredRun {
  readonly run: Run;
  readonly question: string;
  readonly answer: Pick<Message, "content" | "report"> | null;
  readonly calls: readonly Pick<
    ToolCall,
    "tool_call_id" | "tool_name" | "summary"
  >[];
}

export class Store extends Context.Service<
  Store,
  {
    /** Thread, message, run and job in one transaction, or none of them. */
    readonly submit: (
      user: UserId,
      submission: Submission,
    ) => Effect.Effect<
      Submitted,
      ThreadNotFound | Busy | TooManyRuns | QueueFull | ServiceUnavailable
    >;
    /** Takes a run for this node: attempt + 1. Null when it has ended or is gone. */
    readonly claim: (
      user: UserId,
      run: RunId,
    ) => Effect.Effect<Claim | null, ServiceUnavailable>;
    /** Says that this node lets go of a run that has not ended, so that the next claim is no sign of a crash. `attempt` null: unknown. */
    readonly handBack: (
      user: UserId,
      run: RunId,
      attempt: number | null,
    ) => Effect.Effect<void, ServiceUnavailable>;
    /** Group commit: many runs' events in one transaction. Answers in the order asked. */
    readonly append: (
      batch: readonly Append[],
      which?: Try,
    ) => Effect.Effect<readonly Appended[], ServiceUnavailable>;
    /** Last events, assistant message, status and the user's next jobs in one transaction. The first ending wins. */
    readonly end: (
      last: Append,
      ending: Ending,
      which?: Try,
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
    /** Active runs of all users, on all nodes, that nobody works on. */
    readonly queueDepth: Effect.Effect<QueueDepth, ServiceUnavailable>;
    /** A page of at most `limit` events, and of few where they are large (limits.replayPageBytes). */
    readonly readEvents: (
      user: UserId,
      thread: ThreadId,
      afterSeq: number,
      limit: number,
    ) => Effect.Effect<EventPage, ServiceUnavailable>;
    readonly readHeads: (
      threads: readonly ThreadId[],
      runs: readonly RunId[],
    ) => Effect.Effect<Heads, ServiceUnavailable>;
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
      page: { readonly before: ThreadCursor | null; readonly limit: number },
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
    readonly findAnswer: (
      user: UserId,
      run: RunId,
    ) => Effect.Effect<AnsweredRun, RunNotFound | ServiceUnavailable>;
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
