/**
 * The client itself: the machine, one socket, the outbox and the cursors, put together.
 * Promises: a message is sent until it is settled and runs once; events of a followed thread come once, in order, without a gap,
 * across reconnects; listeners see an `ack` while its message still is in the outbox.
 */
import { createActor } from "xstate";
import type { ActorRefFrom } from "xstate";
import { clientMachine } from "../../machines/client.ts";
import type {
  ClientFrame,
  ConnectionFrame,
  ConnectionFrameOf,
  Event,
  ServerFrame,
} from "../domain/protocol.ts";
import { Cursors } from "./cursors.ts";
import { createFeed } from "./feed.ts";
import { isEvent } from "./frames.ts";
import { clientLimits } from "./limits.ts";
import type { ClientStorage } from "./outbox.ts";
import {
  countRuns,
  foldFrame,
  initialSnapshot,
  withMachine,
} from "./snapshot.ts";
import type { ClientSnapshot } from "./snapshot.ts";
import { Submissions } from "./submissions.ts";
import type { SendOptions, Sent } from "./submissions.ts";
import { createTransport } from "./transport.ts";
import type { Transport } from "./transport.ts";

export interface ClientOptions {
  /** Address of the server's socket, e.g. `wss://costs.example/ws`. */
  readonly url: string;
  /** Gives a token that is still good; asked at every attempt and before the present one expires. */
  readonly token: () => Promise<string>;
  /** Where unacknowledged messages outlive a reload; without it they live in memory. */
  readonly storage?: ClientStorage;
  /** From 0 up to 1; for the jitter. */
  readonly random?: () => number;
}

export class Client {
  readonly #token: () => Promise<string>;
  readonly #cursors = new Cursors();
  readonly #submissions: Submissions;
  readonly #transport: Transport;
  readonly #actor: ActorRefFrom<typeof clientMachine>;
  readonly #frameListeners = new Set<(frame: ServerFrame) => void>();
  readonly #snapshotListeners = new Set<() => void>();
  #snapshot: ClientSnapshot;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ url, token, storage, random = Math.random }: ClientOptions) {
    this.#token = token;
    this.#submissions = new Submissions({
      storage,
      write: (frame) => this.#write(frame),
      isOnline: () => this.#isOnline(),
      onChange: (outbox) => this.#update({ ...this.#snapshot, outbox }),
    });
    this.#snapshot = { ...initialSnapshot, outbox: this.#submissions.items() };
    const onFrame = (frame: ServerFrame) => this.#onFrame(frame);
    this.#transport = createTransport({ url, token, onFrame });
    const actors = { transport: this.#transport.logic };
    const input = { random };
    this.#actor = createActor(clientMachine.provide({ actors }), { input });
    this.#actor.subscribe(() => this.#update(this.#snapshot));
    this.#actor.start();
  }

  /** Connects, retries at once, or tries again after a refusal. */
  connect(): void {
    this.#actor.send({ type: "CONNECT" });
  }

  /** Closes the line; runs go on without it. */
  close(): void {
    this.#flushAcks();
    this.#actor.send({ type: "CLOSE" });
  }

  /** Ends the client for good and releases its socket and timers. */
  dispose(): void {
    if (this.#actor.getSnapshot().status !== "active") return;
    this.close();
    this.#actor.stop();
    this.#submissions.dispose();
    this.#frameListeners.clear();
    this.#snapshotListeners.clear();
  }

  send(text: string, options: SendOptions = {}): Sent {
    return this.#submissions.send(text, options);
  }

  /** Sends a refused message again, with its id. */
  retry(messageId: string): void {
    this.#submissions.retry(messageId);
  }

  /** Forgets a message that was not acknowledged. */
  discard(messageId: string): void {
    this.#submissions.discard(messageId);
  }

  /** Asks for a run's end; false when there is no line to ask on. */
  stop(runId: string): boolean {
    return this.#write({ type: "stop_run", run_id: runId });
  }

  /** Follows a thread: every event after `afterSeq`, then live ones; at once or from the next connection on. */
  join(threadId: string, afterSeq = 0): void {
    this.#write(this.#cursors.join(threadId, afterSeq));
    this.#noteRuns();
  }

  leave(threadId: string): void {
    this.#cursors.leave(threadId);
    this.#write({ type: "leave_thread", thread_id: threadId });
    this.#noteRuns();
  }

  /** The present state; the same object until something changes. */
  getSnapshot(): ClientSnapshot {
    return this.#snapshot;
  }

  /** Calls back on every change of the snapshot; answers how to stop that. */
  subscribe(listener: () => void): () => void {
    this.#snapshotListeners.add(listener);
    return () => this.#snapshotListeners.delete(listener);
  }

  /** Calls back with every frame, events deduplicated and in order; answers how to stop that. */
  onFrame(listener: (frame: ServerFrame) => void): () => void {
    this.#frameListeners.add(listener);
    return () => this.#frameListeners.delete(listener);
  }

  /** Events from now on, of one thread or all, for `for await`. Fails with FeedOverflow when read too slowly. */
  events(
    options: { readonly threadId?: string; readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<Event, undefined> {
    const isWanted = (id: string) => (options.threadId ?? id) === id;
    return createFeed(
      (listener) =>
        this.onFrame((frame) => {
          if (isEvent(frame) && isWanted(frame.thread_id)) listener(frame);
        }),
      options.signal,
    );
  }

  #isOnline(): boolean {
    return this.#actor.getSnapshot().matches("online");
  }

  #write(frame: ClientFrame): boolean {
    return this.#isOnline() && this.#transport.send(frame);
  }

  #update(next: ClientSnapshot): void {
    this.#snapshot = withMachine(next, this.#actor.getSnapshot());
    for (const listener of this.#snapshotListeners) listener();
  }

  #onFrame(frame: ServerFrame): void {
    if (isEvent(frame) && !this.#accepts(frame)) return;
    if (frame.type === "ack") this.#cursors.follow(frame.thread_id);
    if (frame.type === "joined") this.#cursors.onJoined(frame);
    if (frame.type === "left") this.#cursors.leave(frame.thread_id);
    const next = foldFrame(this.#snapshot, frame, Date.now());
    if (next !== this.#snapshot) this.#update(next);
    for (const listener of this.#frameListeners) listener(frame);
    if (!isEvent(frame)) this.#react(frame);
    this.#noteRuns();
  }

  #accepts(event: Event): boolean {
    const { deliver, send } = this.#cursors.onEvent(event);
    if (send !== null) this.#write(send);
    if (deliver)
      this.#ackTimer ??= setTimeout(
        () => this.#flushAcks(),
        clientLimits.ackDelayMs,
      );
    return deliver;
  }

  #react(frame: ConnectionFrame): void {
    switch (frame.type) {
      case "connection_ready":
        return this.#onReady(frame);
      case "ack":
        return this.#submissions.onAck(frame);
      case "error":
        return this.#submissions.onError(frame);
      case "token_expiring":
        return this.#refreshToken();
      case "service_status": {
        const degraded = frame.mode === "degraded";
        return this.#actor.send({ type: "MODE", degraded });
      }
      case "server_draining": {
        const afterMs = frame.reconnect_after_ms;
        return this.#actor.send({ type: "DRAINING", afterMs });
      }
    }
  }

  #onReady(frame: ConnectionFrameOf<"connection_ready">): void {
    this.#submissions.onReady(frame);
    const degraded = frame.mode === "degraded";
    this.#actor.send({ type: "READY", degraded, runs: this.#runs() });
    this.#transport.watch(frame.heartbeat_interval_ms);
    for (const join of this.#cursors.resume()) this.#write(join);
    this.#submissions.flush();
  }

  #runs(): number {
    return countRuns(this.#snapshot, (id) => this.#cursors.isFollowing(id));
  }

  #noteRuns(): void {
    const runs = this.#runs();
    if (runs !== this.#actor.getSnapshot().context.runs)
      this.#actor.send({ type: "RUNS", runs });
  }

  /** Without a new token the server closes at expiry and the reconnect asks again, so a failure here needs no handling. */
  #refreshToken(): void {
    this.#token().then(
      (token) => this.#write({ type: "token_refresh", token }),
      () => undefined,
    );
  }

  #flushAcks(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    if (!this.#isOnline()) return;
    for (const ack of this.#cursors.takeAcks()) this.#write(ack);
  }
}
