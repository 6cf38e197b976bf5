/**
 * One run's end of the event log: what it has written and the log has not stored yet. Promises: events, steps and tool calls written
 * together are stored together, in the order written; writing never waits.
 */
import { Deferred, Effect } from "effect";
import { newId } from "./ids.ts";
import type { Cause } from "effect";
import type { RunId, Step, ThreadId, ToolCall, UserId } from "./model.ts";
import type { Append, PendingEvent } from "./ports.ts";
import type { EventBody } from "./protocol.ts";

export interface LoggedRun {
  readonly user_id: UserId;
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
  readonly attempt: number;
}

export interface LogListener {
  /** The run is another owner's now, or over. */
  readonly fenced: () => void;
  /** Somebody asked for its stop and the message may have been lost. */
  readonly stopRequested: () => void;
  /** The store refuses the run's events, which is a defect: it is fenced next. */
  readonly refused: (cause: Cause.Cause<unknown>) => void;
}

/** One run's end of the log. `write` is synchronous, so that a machine's action can call it. */
export interface RunLog {
  readonly write: (
    agent: string,
    parent: string | null,
    body: EventBody,
  ) => void;
  /** Stored together with the events written just before and just after it. */
  readonly writeStep: (position: number, step: Step) => void;
  readonly writeCall: (call: ToolCall) => void;
  /** Takes what has not been appended, after what is under way: the ending stores it in its own transaction. */
  readonly takeRest: Effect.Effect<Append>;
  /** Done when everything written so far is stored, or fenced. */
  readonly flushed: Effect.Effect<void>;
}

/** What waits of one run. */
export interface Waiting {
  readonly run: LoggedRun;
  readonly listener: LogListener;
  events: PendingEvent[];
  steps: { readonly position: number; readonly step: Step }[];
  calls: ToolCall[];
  /** Settles when what waits now has been stored; null while nothing waits. */
  queued: Deferred.Deferred<void> | null;
  /** Settles when the append under way for this run is stored. */
  underWay: Deferred.Deferred<void> | null;
}

/** Takes all that waits of a run. */
export function takeFrom(run: Waiting): Append {
  const { events, steps, calls } = run;
  run.events = [];
  run.steps = [];
  run.calls = [];
  return { ...run.run, events, steps, calls };
}

/** A run's log over what the event log knows of it; `noteWaiting` is called whenever there is something to store. */
export function openRunLog(
  run: LoggedRun,
  listener: LogListener,
  waiting: Set<Waiting>,
  noteWaiting: (run: Waiting) => void,
): RunLog {
  const own: Waiting = {
    run,
    listener,
    events: [],
    steps: [],
    calls: [],
    queued: null,
    underWay: null,
  };
  const note = () => {
    own.queued ??= Deferred.makeUnsafe<void>();
    noteWaiting(own);
  };
  return {
    write: (agent_name, parent_agent, body) => {
      own.events.push(pendingEvent(agent_name, parent_agent, body));
      note();
    },
    writeStep: (position, step) => {
      own.steps.push({ position, step });
      note();
    },
    writeCall: (call) => {
      own.calls.push(call);
      note();
    },
    takeRest: takeRest(own, waiting),
    flushed: flushed(own),
  };
}

function takeRest(own: Waiting, waiting: Set<Waiting>): Effect.Effect<Append> {
  return Effect.suspend(() => {
    if (own.underWay !== null) {
      return Effect.andThen(
        Deferred.await(own.underWay),
        takeRest(own, waiting),
      );
    }
    waiting.delete(own);
    own.queued = null;
    return Effect.succeed(takeFrom(own));
  });
}

function flushed(own: Waiting): Effect.Effect<void> {
  return Effect.suspend(() => {
    const next = own.queued ?? own.underWay;
    if (next === null) return Effect.void;
    return Effect.andThen(Deferred.await(next), flushed(own));
  });
}

/** An event as its emitter knows it: numbered by nobody yet. */
export function pendingEvent(
  agent_name: string,
  parent_agent: string | null,
  body: EventBody,
): PendingEvent {
  return {
    event_id: newId(),
    timestamp: new Date().toISOString(),
    agent_name,
    parent_agent,
    ...body,
  };
}
