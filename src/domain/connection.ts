/**
 * One connection: what its machine asks of it. Owns its wire, its inbox and its joined threads. Promises: nothing is read before it has
 * greeted, `connection_ready` is its first frame, and all it owns is released once, when its machine is `closed`.
 */
import type { Effect, Fiber } from "effect";
import type {
  ConnectionEnd,
  ConnectionEvent,
  ConnectionHost,
} from "../../machines/connection.ts";
import { closing, DISMISSAL } from "./closing.ts";
import * as notes from "./connectionNotes.ts";
import type { Outlet } from "./delivery.ts";
import type { DeliveryWatch, WatchedThreads } from "./deliveryWatch.ts";
import type { HealthStatus } from "./health.ts";
import { Inbox } from "./inbox.ts";
import { Holding } from "./holding.ts";
import { JoinedThreads } from "./joined.ts";
import { limits } from "./limits.ts";
import { Heartbeat, TokenWatch } from "./liveness.ts";
import type { ConnectionId, Thread } from "./model.ts";
import { News } from "./news.ts";
import type { Identity, RememberedThread } from "./ports.ts";
import type { ConnectionFrame, Event } from "./protocol.ts";
import type { Caller, RouterNeeds, RouterSettings } from "./router.ts";
import { Sender } from "./sender.ts";
import type { Credential } from "./sessions.ts";
import type { HeldUpgrade, Wire } from "./wire.ts";

export interface ConnectionGiven {
  readonly id: ConnectionId;
  readonly upgrade: HeldUpgrade;
  readonly router: RouterSettings;
  readonly heartbeatIntervalMs: number;
  /** Runs an effect with everything the handlers need. */
  readonly fork: (
    effect: Effect.Effect<void, never, RouterNeeds>,
  ) => Fiber.Fiber<void>;
  readonly send: (event: ConnectionEvent) => void;
  readonly greeting: (connection: Connection) => ConnectionFrame;
  readonly released: () => void;
  readonly watch: DeliveryWatch;
  /** Keeps the joined threads for the user's next session; null where there is nothing new to keep. */
  readonly remember: (threads: readonly RememberedThread[] | null) => void;
  /** The text of an event, made once for all who get it. */
  readonly textOf: (event: Event) => string;
}

/** What is known of an open connection. */
interface Opened {
  readonly wire: Wire;
  readonly sender: Sender;
  readonly inbox: Inbox;
  readonly joined: JoinedThreads;
  /** Hears what concerns the user, until it is interrupted. */
  readonly hearing: Fiber.Fiber<void>;
}

export class Connection implements ConnectionHost {
  readonly authenticationTimeoutMs = limits.authenticationTimeoutMs;
  readonly openedAt = new Date().toISOString();
  identity: Identity | null = null;
  /** The threads that the greeting tells of. */
  threads: readonly Thread[] = [];
  readonly #heartbeat: Heartbeat;
  readonly #tokenWatch = new TokenWatch();
  #wire: Wire | null = null;
  #opened: Opened | null = null;
  /** Let go of after the greeting: with the request behind it, it weighs more than the connection. */
  #upgrade: HeldUpgrade | null;
  readonly #given: Omit<ConnectionGiven, "upgrade">;

  constructor({ upgrade, ...given }: ConnectionGiven) {
    this.#upgrade = upgrade;
    this.#given = given;
    this.#heartbeat = new Heartbeat(given.heartbeatIntervalMs);
  }

  get id(): ConnectionId {
    return this.#given.id;
  }

  get credential(): Credential {
    return this.#upgrade?.credential ?? { kind: "none" };
  }

  /** Completes the upgrade; false when the client has gone meanwhile. */
  accept(): boolean {
    this.#wire = this.#upgrade?.accept("identified") ?? null;
    return this.#wire !== null;
  }

  greet(): void {
    const wire = this.#wire!;
    const identity = this.identity!;
    const sender = new Sender(wire);
    const holding = new Holding();
    const news = new News({
      connection_id: this.id,
      send: (frame) => this.send(frame),
      leave: (thread) => this.#given.fork(threads.leave(thread)),
      remove: () => this.#given.send({ type: "connection.removed" }),
    });
    const joined: JoinedThreads = new JoinedThreads(
      identity.user_id,
      holding.over(this.#outlet(sender, news)),
      () =>
        this.#given.send({ type: "runs.changed", active: joined.activeRuns }),
    );
    const threads = this.#given.watch.over(joined);
    const inbox = new Inbox({
      user: identity.user_id,
      labels: { connection_id: this.id, user_id: identity.user_id },
      caller: this.#caller(threads, holding),
      settings: this.#given.router,
      fork: this.#given.fork,
      send: (frame) => this.send(frame),
      isWritable: () => sender.isWritable(),
      pause: () => wire.pause(),
      resume: () => wire.resume(),
      overStrikes: () => this.#given.send({ type: "policy.violated" }),
    });
    const hearing = this.#given.fork(news.hear(identity.user_id));
    this.#opened = { wire, sender, inbox, joined, hearing };
    this.#given.fork(notes.opened(this));
    this.send(this.#given.greeting(this));
    this.#ping(wire);
    inbox.joinFromUrl(this.#upgrade?.thread_id ?? null);
    this.#upgrade = null;
    wire.listen({
      onText: (text, bytes) => inbox.receiveText(text, bytes),
      onBinary: () => inbox.receiveBinary(),
      onActivity: () => this.#heartbeat.heard(),
      onSent: () => {
        sender.noteSent();
        inbox.noteSent();
      },
    });
  }

  release(end: ConnectionEnd): void {
    const how = closing(end);
    const wire =
      this.#wire ??
      (how === null ? null : this.#upgrade?.accept("refused")) ??
      null;
    if (how !== null && wire !== null) {
      if (how.error !== null)
        wire.send(JSON.stringify({ type: "error", ...how.error }));
      wire.close(how.code, how.reason);
    }
    this.#given.fork(notes.closed(this, how, this.#opened !== null));
    if (this.#opened !== null) this.#releaseOpened(this.#opened);
    this.#given.released();
  }

  /** Sends a frame that is not an event; before the greeting there is nobody to send to. */
  send(frame: object): void {
    this.#opened?.sender.write(JSON.stringify(frame));
  }

  noteServices(status: HealthStatus): void {
    this.#given.send({
      type: "services.changed",
      degraded: status.mode === "degraded",
    });
    this.send({ type: "service_status", ...status });
  }

  /** One look at the clock, for heartbeat, token, session and stalled readers; `nowMs` is monotonic. */
  sweep(nowMs: number): void {
    const opened = this.#opened;
    if (opened === null || this.identity === null) return;
    this.#given.remember(opened.joined.dueToRemember(nowMs));
    if (opened.sender.isStalled(nowMs)) {
      return this.#given.send({ type: "consumer.stalled" });
    }
    this.#sweepToken(this.identity.expires_at_ms);
    // An expired token has just closed it.
    if (this.#opened === null) return;
    const due = this.#heartbeat.look(nowMs);
    if (due === "wait") return;
    // Where we have stopped reading, silence is not the client's.
    if (due === "missed" && !opened.inbox.isPaused)
      return this.#given.send({ type: "heartbeat.missed" });
    this.#ping(opened.wire);
  }

  /** The process stood still for so long: nobody is to be blamed for having been silent meanwhile. */
  forgive(stalledMs: number): void {
    this.#heartbeat.forgive(stalledMs);
    this.#opened?.sender.forgive(stalledMs);
  }

  #outlet(sender: Sender, news: News): Outlet {
    return {
      deliver: (event) => {
        sender.write(this.#given.textOf(event));
        this.#given.watch.delivered(event);
        this.#opened?.joined.observe(event);
      },
      isWritable: () => sender.isWritable(),
      writable: sender.writable,
      gone: (thread) => news.gone(thread),
    };
  }

  #caller(threads: WatchedThreads, holding: Holding): Omit<Caller, "answer"> {
    return {
      user_id: this.identity!.user_id,
      ...threads,
      holding: (work) => holding.during(work),
      refresh: (identity) => this.#refresh(identity),
      dismiss: (reason) => this.#given.send({ type: DISMISSAL[reason] }),
    };
  }

  #refresh(identity: Identity): ConnectionFrame | null {
    if (identity.user_id !== this.identity?.user_id) return null;
    this.identity = identity;
    return {
      type: "token_refreshed",
      expires_at: new Date(identity.expires_at_ms).toISOString(),
    };
  }

  #ping(wire: Wire): void {
    this.#heartbeat.pinged();
    wire.ping();
  }

  #sweepToken(expiresAtMs: number): void {
    const state = this.#tokenWatch.look(expiresAtMs, Date.now());
    if (state === "expired") this.#given.send({ type: "token.expired" });
    if (state === "expiring") {
      const expires_at = new Date(expiresAtMs).toISOString();
      this.send({ type: "token_expiring", expires_at });
    }
  }

  #releaseOpened({ sender, inbox, joined, hearing }: Opened): void {
    this.#given.remember(joined.remembered(performance.now()));
    sender.close();
    hearing.interruptUnsafe();
    inbox.close();
    this.#given.watch.close();
    this.#opened = null;
    this.#given.fork(joined.leaveAll());
  }
}
