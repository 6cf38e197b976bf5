/**
 * The threads of each user's last session, kept for the next one: in the cache, and in SQL, so that neither a flushed cache nor a killed node
 * forgets them. Owns what waits to be written. Promises: written in batches, soon and not at once; what could not be written is tried
 * again; on this node what waits is read already.
 */
import { Context, Effect, Layer, Queue, Schedule, Semaphore } from "effect";
import type { ServiceUnavailable } from "./errors.ts";
import { limits } from "./limits.ts";
import type { UserId } from "./model.ts";
import { Cache, SessionStore } from "./ports.ts";
import type { RememberedThread, Session } from "./ports.ts";

export class LastSessions extends Context.Service<
  LastSessions,
  {
    /** Takes note of a user's session; it is written with the next batch. */
    readonly remember: (session: Session) => void;
    /** Asks for the next batch now. */
    readonly hurry: () => void;
    /** Writes all that waits, as far as it can be written. */
    readonly flush: Effect.Effect<void>;
    readonly recall: (
      user: UserId,
    ) => Effect.Effect<readonly RememberedThread[]>;
  }
>()("goldenpath/LastSessions") {}

export const lastSessionsLayer: Layer.Layer<
  LastSessions,
  never,
  Cache | SessionStore
> = Layer.effect(
  LastSessions,
  Effect.gen(function* () {
    const cache = yield* Cache;
    const store = yield* SessionStore;
    const inCache = new Waiting((batch) =>
      cache.setAll(batch.map(toEntry), limits.sessionLifetimeSeconds),
    );
    const inStore = new Waiting(store.saveSessions);
    const wake = yield* Queue.dropping<void>(1);
    const hurry = () => void Queue.offerUnsafe(wake, undefined);
    const flush = Effect.all([inCache.flush, inStore.flush], {
      concurrency: "unbounded",
      discard: true,
    });
    yield* Effect.forkScoped(
      Effect.forever(Effect.andThen(Queue.take(wake), flush)),
    );
    yield* Effect.forkScoped(
      Effect.repeat(
        Effect.sync(hurry),
        Schedule.spaced(limits.sessionSaveIntervalMs),
      ),
    );
    return LastSessions.of({
      hurry,
      flush,
      remember: ({ user_id, threads }) => {
        const kept = threads.slice(-limits.rememberedThreadsPerUser);
        inCache.add({ user_id, threads: kept });
        inStore.add({ user_id, threads: kept });
      },
      recall: (user) => {
        const waiting = inCache.of(user) ?? inStore.of(user);
        return waiting === null
          ? recall(user, cache, store)
          : Effect.succeed(waiting.threads);
      },
    });
  }),
);

const keyOf = (user: UserId) => `session:${user}`;

const toEntry = ({ user_id, threads }: Session) => ({
  key: keyOf(user_id),
  value: JSON.stringify(threads),
});

/** From the cache; from the record where the cache has none, or is away. */
function recall(
  user: UserId,
  cache: Cache["Service"],
  store: SessionStore["Service"],
): Effect.Effect<readonly RememberedThread[]> {
  return cache.get(keyOf(user)).pipe(
    Effect.orElseSucceed(() => null),
    Effect.flatMap((kept) =>
      kept === null
        ? store.lastThreads(user)
        : Effect.succeed(JSON.parse(kept) as RememberedThread[]),
    ),
    Effect.orElseSucceed(() => []),
  );
}

/** What waits to be written to one place: the newest session of each user, limits.sessionsWaitingMax at most. */
class Waiting {
  readonly #sessions = new Map<UserId, Session>();
  readonly #turn = Semaphore.makeUnsafe(1);
  readonly #write: (
    batch: readonly Session[],
  ) => Effect.Effect<void, ServiceUnavailable>;

  constructor(
    write: (
      batch: readonly Session[],
    ) => Effect.Effect<void, ServiceUnavailable>,
  ) {
    this.#write = write;
  }

  add(session: Session): void {
    this.#sessions.delete(session.user_id);
    this.#sessions.set(session.user_id, session);
    if (this.#sessions.size > limits.sessionsWaitingMax)
      this.#sessions.delete(this.#sessions.keys().next().value!);
  }

  of(user: UserId): Session | null {
    return this.#sessions.get(user) ?? null;
  }

  /** Batch after batch, until nothing waits or one cannot be written. */
  get flush(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      while (this.#sessions.size > 0) {
        const batch = [...this.#sessions.values()].slice(
          0,
          limits.sessionBatchMax,
        );
        yield* this.#write(batch);
        for (const session of batch)
          if (this.of(session.user_id) === session)
            this.#sessions.delete(session.user_id);
      }
    }).pipe(
      this.#turn.withPermits(1),
      Effect.ignore,
      Effect.catchDefect((defect) =>
        Effect.logError("sessions could not be saved", defect),
      ),
    );
  }
}
