/**
 * What outlives connections and must outlive a flushed cache too: revocations, and the threads of each user's last session. Promises: a
 * contract suite holds every backend to what is said here.
 */
import { Context } from "effect";
import type { Effect } from "effect";
import type { ServiceUnavailable } from "../errors.ts";
import type { ThreadId, Timestamp, UserId } from "../model.ts";

/** What is no good any more: one token by its id, or all tokens of a user that were issued until now. */
export interface RevocationTarget {
  readonly kind: "token" | "user";
  /** The token's `jti`, or the user. */
  readonly name: string;
}

export interface Revocation extends RevocationTarget {
  /** By the database's clock; tokens of a revoked user count by it. */
  readonly revoked_at: Timestamp;
  /** When it is forgotten; a token that lives longer would be good again. */
  readonly expires_at: Timestamp;
}

/** A thread the user had joined, and how far the client said it had read. */
export interface RememberedThread {
  readonly thread_id: ThreadId;
  readonly seq: number;
}

/** The threads that one of a user's connections has joined, the latest last. */
export interface Session {
  readonly user_id: UserId;
  readonly threads: readonly RememberedThread[];
}

export class SessionStore extends Context.Service<
  SessionStore,
  {
    /** Puts a revocation on record; the same again counts from now. */
    readonly revoke: (
      target: RevocationTarget,
    ) => Effect.Effect<Revocation, ServiceUnavailable>;
    /**
     * The revocations that hold, the latest first, limits.revocationsMax at most; with `since` those that may have come after it: each at
     * least once, some again.
     */
    readonly revocations: (
      since: Timestamp | null,
    ) => Effect.Effect<readonly Revocation[], ServiceUnavailable>;
    /** Many users' sessions in one statement; each replaces the one before. */
    readonly saveSessions: (
      sessions: readonly Session[],
    ) => Effect.Effect<void, ServiceUnavailable>;
    /** The threads of the user's last session; none where it is too long ago. */
    readonly lastThreads: (
      user: UserId,
    ) => Effect.Effect<readonly RememberedThread[], ServiceUnavailable>;
  }
>()("goldenpath/SessionStore") {}
