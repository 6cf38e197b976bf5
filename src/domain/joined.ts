/**
 * The threads one connection has joined: where each delivery stands and which runs are active. Owns their scopes. Promises: a thread is
 * delivered by one delivery at a time; leaving ends it at once; the count of active runs follows the events.
 */
import { Effect, Exit, Scope } from "effect";
import { deliverThread } from "./delivery.ts";
import type { Outlet } from "./delivery.ts";
import { limits } from "./limits.ts";
import type { RunId, Thread, ThreadId, UserId } from "./model.ts";
import type { Bus, RememberedThread, Store, Submitted } from "./ports.ts";
import type { Event } from "./protocol.ts";
import { SUPERVISOR } from "./runWork.ts";

interface Joined {
  readonly scope: Scope.Closeable;
  readonly active: Set<RunId>;
  /** Starts up to this seq are history: whether their runs are active is known already. */
  readonly liveAfter: number;
  acknowledged: number;
}

export class JoinedThreads {
  /** What has changed since `remembered` was asked last, at `#rememberedMs`; null before the first thread. */
  #unsaved: "nothing" | "acknowledgements" | "threads" = "nothing";
  #rememberedMs: number | null = null;
  readonly #threads = new Map<ThreadId, Joined>();
  readonly #user: UserId;
  readonly #outlet: Outlet;
  readonly #changed: () => void;

  /** `changed` is called whenever the number of active runs may have. */
  constructor(user: UserId, outlet: Outlet, changed: () => void) {
    this.#user = user;
    this.#outlet = outlet;
    this.#changed = changed;
  }

  get activeRuns(): number {
    let count = 0;
    for (const { active } of this.#threads.values()) count += active.size;
    return count;
  }

  join(
    thread: Thread,
    afterSeq: number,
  ): Effect.Effect<void, never, Bus | Store> {
    const active = thread.active_run === null ? [] : [thread.active_run.run_id];
    return this.#deliver(thread.thread_id, afterSeq, thread.last_seq, active);
  }

  follow(submitted: Submitted): Effect.Effect<void, never, Bus | Store> {
    const { thread_id, run_id, after_seq, active } = submitted;
    const joined = this.#threads.get(thread_id);
    if (joined === undefined) {
      return this.#deliver(
        thread_id,
        after_seq,
        after_seq,
        active ? [run_id] : [],
      );
    }
    return Effect.sync(() => {
      if (active) joined.active.add(run_id);
      this.#changed();
    });
  }

  leave(thread: ThreadId): Effect.Effect<void> {
    return Effect.suspend(() => {
      const joined = this.#threads.get(thread);
      if (joined === undefined) return Effect.void;
      this.#threads.delete(thread);
      this.#unsaved = "threads";
      this.#changed();
      return Scope.close(joined.scope, Exit.void);
    });
  }

  leaveAll(): Effect.Effect<void> {
    return Effect.forEach([...this.#threads.keys()], (it) => this.leave(it), {
      discard: true,
    });
  }

  acknowledge(thread: ThreadId, seq: number): void {
    const joined = this.#threads.get(thread);
    if (joined === undefined || seq <= joined.acknowledged) return;
    joined.acknowledged = seq;
    if (this.#unsaved === "nothing") this.#unsaved = "acknowledgements";
  }

  /** Follows an event that was delivered: a run starts and ends with its supervisor. */
  observe(event: Event): void {
    const joined = this.#threads.get(event.thread_id as ThreadId);
    if (joined === undefined || event.agent_name !== SUPERVISOR) return;
    const run = event.run_id as RunId;
    if (event.type === "agent_started" && event.seq > joined.liveAfter)
      joined.active.add(run);
    if (event.type === "agent_completed") joined.active.delete(run);
    this.#changed();
  }

  /** The threads for the next session, when it is time: a change of the set at once, acknowledgements now and then. */
  dueToRemember(nowMs: number): readonly RememberedThread[] | null {
    const rested =
      nowMs - (this.#rememberedMs ?? 0) >= limits.acknowledgedSaveIntervalMs;
    const due =
      this.#unsaved === "threads" ||
      (this.#unsaved === "acknowledgements" && rested);
    return due ? this.remembered(nowMs) : null;
  }

  /** Null where none was ever joined: the session before stays as it was. */
  remembered(nowMs: number): readonly RememberedThread[] | null {
    this.#unsaved = "nothing";
    if (this.#threads.size === 0 && this.#rememberedMs === null) return null;
    this.#rememberedMs = nowMs;
    return [...this.#threads].map(([thread_id, { acknowledged }]) => ({
      thread_id,
      seq: acknowledged,
    }));
  }

  /** The oldest without a run at work, since who waits for its end would wait for ever; the oldest of all where each has one. */
  #dispensable(): ThreadId {
    const oldest = [...this.#threads];
    const idle = oldest.find(([, { active }]) => active.size === 0);
    return (idle ?? oldest[0]!)[0];
  }

  #deliver(
    thread: ThreadId,
    afterSeq: number,
    liveAfter: number,
    active: readonly RunId[],
  ): Effect.Effect<void, never, Bus | Store> {
    return Effect.gen({ self: this }, function* () {
      yield* this.leave(thread);
      if (this.#threads.size >= limits.joinedThreadsPerConnectionMax) {
        yield* this.leave(this.#dispensable());
      }
      const scope = yield* Scope.make();
      this.#threads.set(thread, {
        scope,
        active: new Set(active),
        liveAfter,
        acknowledged: 0,
      });
      this.#unsaved = "threads";
      this.#changed();
      yield* deliverThread(this.#outlet, this.#user, thread, afterSeq).pipe(
        Scope.provide(scope),
      );
    });
  }
}
