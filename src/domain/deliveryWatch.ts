/**
 * What is delivered to one connection, as an operator sees it: counts, latencies, and the last span of a run's trace. Owns one note per joined
 * thread. Promises: bounded by the threads a connection may join; what it does per event is a look-up and a few additions.
 */
import { limits } from "./limits.ts";
import {
  countEventDelivered,
  countEventReplayed,
  countReplay,
  observeAcknowledgement,
  observeDelivery,
} from "./metrics.ts";
import type { RunId, Thread, ThreadId } from "./model.ts";
import type { Submitted } from "./ports.ts";
import type { Event } from "./protocol.ts";
import type { Caller } from "./router.ts";
import { SUPERVISOR } from "./runWork.ts";
import type { TraceSpan, Tracing } from "./tracing.ts";

export type WatchedThreads = Pick<
  Caller,
  "join" | "follow" | "leave" | "acknowledge"
>;

interface Watched {
  /** Events up to this seq are replayed. */
  readonly liveAfter: number;
  /** The oldest event that was written and not acknowledged, with the monotonic time of its writing. */
  unacknowledged: { readonly seq: number; readonly atMs: number } | null;
  readonly spans: Map<RunId, TraceSpan>;
}

export class DeliveryWatch {
  readonly #threads = new Map<ThreadId, Watched>();
  readonly #tracing: Tracing;

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** The same handlers, watched. */
  over(joined: WatchedThreads): WatchedThreads {
    return {
      join: (thread, afterSeq) => {
        this.#joined(thread, afterSeq);
        return joined.join(thread, afterSeq);
      },
      follow: (submitted) => {
        this.#followed(submitted);
        return joined.follow(submitted);
      },
      leave: (thread) => {
        this.#left(thread);
        return joined.leave(thread);
      },
      acknowledge: (thread, seq) => {
        this.#acknowledged(thread, seq);
        joined.acknowledge(thread, seq);
      },
    };
  }

  delivered(event: Event): void {
    countEventDelivered();
    const watched = this.#threads.get(event.thread_id as ThreadId);
    if (watched === undefined) return;
    watched.unacknowledged ??= { seq: event.seq, atMs: performance.now() };
    if (event.seq <= watched.liveAfter) return countEventReplayed();
    observeDelivery(Date.now() - Date.parse(event.timestamp));
    if (event.type === "agent_completed" && event.agent_name === SUPERVISOR)
      endSpan(watched, event.run_id as RunId, "delivered");
  }

  close(): void {
    for (const thread of this.#threads.keys()) this.#left(thread);
  }

  #joined({ thread_id, last_seq }: Thread, afterSeq: number): void {
    if (afterSeq < last_seq) countReplay();
    this.#left(thread_id);
    this.#watch(thread_id, last_seq);
  }

  /** A run that this connection asked for: its delivery belongs to its trace. */
  #followed(submitted: Submitted): void {
    const { thread_id, run_id, after_seq, active, traceparent } = submitted;
    const watched =
      this.#threads.get(thread_id) ?? this.#watch(thread_id, after_seq);
    if (!active || watched.spans.has(run_id)) return;
    const attributes = { "run.id": run_id, "thread.id": thread_id };
    const span = { parent: traceparent, attributes };
    watched.spans.set(run_id, this.#tracing.start("delivery", span));
  }

  #acknowledged(thread: ThreadId, seq: number): void {
    const watched = this.#threads.get(thread);
    const oldest = watched?.unacknowledged ?? null;
    if (watched === undefined || oldest === null || seq < oldest.seq) return;
    observeAcknowledgement(performance.now() - oldest.atMs);
    watched.unacknowledged = null;
  }

  #left(thread: ThreadId): void {
    const watched = this.#threads.get(thread);
    if (watched === undefined) return;
    this.#threads.delete(thread);
    for (const run of watched.spans.keys()) endSpan(watched, run, "left");
  }

  #watch(thread: ThreadId, liveAfter: number): Watched {
    const [oldest] = this.#threads.keys();
    const full = this.#threads.size >= limits.joinedThreadsPerConnectionMax;
    if (oldest !== undefined && full) this.#left(oldest);
    const watched = { liveAfter, unacknowledged: null, spans: new Map() };
    this.#threads.set(thread, watched);
    return watched;
  }
}

function endSpan({ spans }: Watched, run: RunId, status: string): void {
  spans.get(run)?.end({ status });
  spans.delete(run);
}
