/**
 * How a connection is opened: its actor, the verdict, the user context, the greeting. Owns the registry of a node's connections.
 * Promises: the upgrade is completed after the verdict and never before; the cap per user counts everyone who has been identified.
 */
import { Context, Effect, FiberSet } from "effect";
import type { Fiber } from "effect";
import { v7 as uuid } from "uuid";
import { createActor } from "xstate";
import type { ActorRefFrom } from "xstate";
import { connectionMachine } from "../../machines/connection.ts";
import type { ConnectionHost } from "../../machines/connection.ts";
import { makeFromEffect, tell } from "./bridge.ts";
import { Connection } from "./connection.ts";
import * as notes from "./connectionNotes.ts";
import { DeliveryWatch } from "./deliveryWatch.ts";
import { TooManyConnections } from "./errors.ts";
import { Health } from "./health.ts";
import { limits } from "./limits.ts";
import type { ConnectionId, Thread, UserId } from "./model.ts";
import { Store } from "./ports.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import type { ConnectionFrame, Event } from "./protocol.ts";
import type { RouterNeeds } from "./router.ts";
import { authenticate, recallThreads } from "./sessions.ts";
import { Tracing } from "./tracing.ts";
import type { HeldUpgrade } from "./wire.ts";

export interface ConnectionSettings {
  readonly heartbeatIntervalMs: number;
  readonly messagesPerMinute: number;
  readonly connectionsPerUser: number;
  readonly activeRunsPerUser: number;
  readonly isDraining: () => boolean;
}

export interface Entry {
  readonly connection: Connection;
  readonly actor: ActorRefFrom<typeof connectionMachine>;
}

/** The connections of this node, and whose they are. */
export class Registry {
  readonly #entries = new Map<ConnectionId, Entry>();
  readonly #users = new Map<UserId, Set<Entry>>();

  all(): Iterable<Entry> {
    return this.#entries.values();
  }

  ofUser(user: UserId): readonly Entry[] {
    return [...(this.#users.get(user) ?? [])];
  }

  add(entry: Entry): void {
    this.#entries.set(entry.connection.id, entry);
  }

  /** Called once its user is known; answers how many the user has now. */
  identify(id: ConnectionId, user: UserId): number {
    const entry = this.#entries.get(id);
    const own = this.#users.get(user) ?? new Set();
    if (entry !== undefined) this.#users.set(user, own.add(entry));
    return own.size;
  }

  remove(id: ConnectionId): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    const user = entry.connection.identity?.user_id;
    if (user === undefined) return;
    const own = this.#users.get(user);
    own?.delete(entry);
    if (own?.size === 0) this.#users.delete(user);
  }
}

/** Makes the function that opens connections: machine, actor, subscriptions. */
export function makeOpener(settings: ConnectionSettings, registry: Registry) {
  return Effect.gen(function* () {
    const context = yield* Effect.context<RouterNeeds>();
    const forkScoped = yield* FiberSet.makeRuntime<never>();
    const fork = <A, E>(
      effect: Effect.Effect<A, E, RouterNeeds>,
    ): Fiber.Fiber<A, E> => forkScoped(Effect.provideContext(effect, context));
    const health = Context.get(context, Health);
    const tracing = yield* Tracing;
    const machine = provideMachine(settings, registry, fork);
    const texts = new WeakMap<Event, string>();
    const textOf = (event: Event) => {
      const text = texts.get(event) ?? JSON.stringify(event);
      texts.set(event, text);
      return text;
    };

    return (upgrade: HeldUpgrade): void => {
      const id = uuid() as ConnectionId;
      const connection: Connection = new Connection({
        id,
        upgrade,
        router: settings,
        heartbeatIntervalMs: settings.heartbeatIntervalMs,
        fork,
        textOf,
        send: (event) => tell(actor, event),
        watch: new DeliveryWatch(tracing),
        greeting: (it) => greeting(it, settings, health),
        released: () => registry.remove(id),
      });
      const actor = createActor(machine, {
        input: {
          host: connection,
          degraded: health.status().mode === "degraded",
        },
      });
      registry.add({ connection, actor });
      actor.subscribe({
        error: (error) => {
          connection.release({ kind: "defect", error });
          fork(notes.died(connection, error));
        },
      });
      upgrade.onGone(() => tell(actor, { type: "socket.closed" }));
      actor.start();
    };
  });
}

type Fork = <A, E>(
  effect: Effect.Effect<A, E, RouterNeeds>,
) => Fiber.Fiber<A, E>;

function provideMachine(
  settings: ConnectionSettings,
  registry: Registry,
  fork: Fork,
) {
  const fromEffect = makeFromEffect<RouterNeeds>({ runFork: fork });
  type Input = { host: ConnectionHost };
  const witnessOf = ({ host }: Input) => ({
    labels: notes.labelsOf(connectionOf(host)),
  });
  return connectionMachine.provide({
    actors: {
      verify: fromEffect<unknown, Input>(
        ({ host }) => verify(connectionOf(host)),
        witnessOf,
      ),
      open: fromEffect<unknown, Input>(
        ({ host }) => build(connectionOf(host), settings, registry),
        witnessOf,
      ),
    },
  });
}

function connectionOf(host: ConnectionHost): Connection {
  if (host instanceof Connection) return host;
  throw new Error("a connection's host is a Connection");
}

/** The verdict on who it is. */
function verify(connection: Connection) {
  return Effect.map(authenticate(connection.credential), (identity) => {
    connection.identity = identity;
  });
}

/** Completes the upgrade and builds the user context: the cap, then the threads. Without a database there are none, and the connection is degraded. */
function build(
  connection: Connection,
  settings: ConnectionSettings,
  registry: Registry,
): Effect.Effect<void, TooManyConnections, RouterNeeds> {
  return Effect.gen(function* () {
    const user = connection.identity!.user_id;
    const open = registry.identify(connection.id, user);
    if (!connection.accept()) return yield* Effect.never;
    if (open > settings.connectionsPerUser) {
      return yield* new TooManyConnections({
        limit: settings.connectionsPerUser,
      });
    }
    connection.threads = yield* threadsOf(user).pipe(
      Effect.timeout(limits.contextTimeoutMs),
      Effect.orElseSucceed(() => []),
    );
  });
}

/** The threads with an active run, then those of the last session; each once, and no more than are remembered. */
function threadsOf(user: UserId) {
  return Effect.gen(function* () {
    const store = yield* Store;
    const active = yield* store.activeThreads(user);
    const known = new Set(active.map((it) => it.thread_id));
    const others: Thread[] = [];
    for (const { thread_id } of yield* recallThreads(user)) {
      const full =
        active.length + others.length >= limits.rememberedThreadsPerUser;
      if (full || known.has(thread_id)) continue;
      const found = yield* store
        .findThread(user, thread_id)
        .pipe(Effect.catchTag("ThreadNotFound", () => Effect.succeed(null)));
      if (found !== null) others.push(found);
    }
    return [...active, ...others];
  });
}

function greeting(
  connection: Connection,
  settings: ConnectionSettings,
  health: Health["Service"],
): ConnectionFrame {
  const identity = connection.identity!;
  return {
    type: "connection_ready",
    connection_ready: true,
    connection_id: connection.id,
    user_id: identity.user_id,
    protocol_version: PROTOCOL_VERSION,
    server_time: new Date().toISOString(),
    ...health.status(),
    heartbeat_interval_ms: settings.heartbeatIntervalMs,
    token_expires_at: new Date(identity.expires_at_ms).toISOString(),
    limits: {
      message_bytes: limits.messageBytes,
      messages_per_minute: settings.messagesPerMinute,
      connections: settings.connectionsPerUser,
      active_runs: settings.activeRunsPerUser,
    },
    threads: connection.threads.map(
      ({ thread_id, title, last_seq, active_run }) => ({
        thread_id,
        title,
        last_seq,
        active_run,
      }),
    ),
  };
}
