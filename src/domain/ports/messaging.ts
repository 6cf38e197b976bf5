/**
 * Jobs, bus and cache: how nodes share work, talk and remember. Promises: the log is the truth; losing any of these loses no event.
 */
import { Context } from "effect";
import type { Effect, Scope } from "effect";
import type { ServiceUnavailable } from "../errors.ts";
import type {
  ConnectionId,
  RunId,
  Thread,
  ThreadId,
  UserId,
} from "../model.ts";
import type { Event } from "../protocol.ts";
import type { Revocation } from "./sessions.ts";

export interface Job {
  /** The run's own id: a run has one job at a time. */
  readonly job_id: string;
  readonly run_id: RunId;
  readonly user_id: UserId;
  /** The trace that the run continues; null where none is taken. */
  readonly traceparent: string | null;
  /** How long the run was due before it was taken; null when it had been taken before. */
  readonly waited_ms: number | null;
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

/** What nodes tell each other. Lossy by contract, and now and then doubled: whoever hears nothing finds the truth in the log. */
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
  | { readonly kind: "revoked"; readonly revocation: Revocation }
  /** Asks the node that has it to close a connection. */
  | { readonly kind: "removal"; readonly connection_id: ConnectionId }
  | { readonly kind: "work" };

export class Bus extends Context.Service<
  Bus,
  {
    /** This node's listeners hear at once, other nodes soon: nobody waits for the network. In order per topic while nothing breaks. */
    readonly publish: (
      topic: string,
      message: BusMessage,
    ) => Effect.Effect<void>;
    /** Listens at once to this node; done when other nodes are heard too, or cannot be for now. */
    readonly subscribe: (
      topic: string,
      handler: (message: BusMessage) => void,
    ) => Effect.Effect<void, never, Scope.Scope>;
    /** Says something to this node's listeners alone. */
    readonly tell: (topic: string, message: BusMessage) => Effect.Effect<void>;
    /** The topics that this node listens to. */
    readonly heard: () => readonly string[];
    /** Calls back when a way to the other nodes is there again: what was said meanwhile is lost. */
    readonly onRestored: (
      callback: () => void,
    ) => Effect.Effect<void, never, Scope.Scope>;
  }
>()("goldenpath/Bus") {}

const THREAD = "thread:";
const RUN = "run:";

export const topics = {
  thread: (id: ThreadId) => `${THREAD}${id}`,
  user: (id: UserId) => `user:${id}`,
  run: (id: RunId) => `${RUN}${id}`,
  work: "work",
  revocations: "revocations",
} as const;

/** The thread that a topic is about; null when it is about something else. */
export const threadOf = (topic: string): ThreadId | null =>
  topic.startsWith(THREAD) ? (topic.slice(THREAD.length) as ThreadId) : null;

export const runOf = (topic: string): RunId | null =>
  topic.startsWith(RUN) ? (topic.slice(RUN.length) as RunId) : null;
/** One of a group: known by its name, which is unique in the group. */
export interface Member {
  readonly group: string;
  readonly name: string;
  readonly value: string;
}

export interface CacheEntry {
  readonly key: string;
  readonly value: string;
}

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
    /** The values of several keys at once, in the order asked. */
    readonly getAll: (
      keys: readonly string[],
    ) => Effect.Effect<readonly (string | null)[], ServiceUnavailable>;
    /** Sets several at once. */
    readonly setAll: (
      entries: readonly CacheEntry[],
      lifetimeSeconds: number,
    ) => Effect.Effect<void, ServiceUnavailable>;
    /** Puts members into their groups, several at once. A group is gone when nothing was put for that long. */
    readonly putMembers: (
      members: readonly Member[],
      lifetimeSeconds: number,
    ) => Effect.Effect<void, ServiceUnavailable>;
    /** Takes members out of their groups; one that is not there is no matter. */
    readonly removeMembers: (
      members: readonly Omit<Member, "value">[],
    ) => Effect.Effect<void, ServiceUnavailable>;
    readonly members: (
      group: string,
    ) => Effect.Effect<readonly Member[], ServiceUnavailable>;
    readonly countMembers: (
      group: string,
    ) => Effect.Effect<number, ServiceUnavailable>;
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
