/**
 * How a connection is opened: its actor, the verdict, the user context, the greeting. Promises: the upgrade is completed after the verdict
 * and never before; the cap per user counts everyone who has been identified, on every node.
 */
import { Context, Effect, FiberSet } from "effect";
import type { Fiber } from "effect";
import { createActor } from "xstate";
import { connectionMachine } from "../../machines/connection.ts";
import type { ConnectionHost } from "../../machines/connection.ts";
import { makeFromEffect, tell } from "./bridge.ts";
import { Connection } from "./connection.ts";
import * as notes from "./connectionNotes.ts";
import { DeliveryWatch } from "./deliveryWatch.ts";
import { TooManyConnections } from "./errors.ts";
import { Health } from "./health.ts";
import { newId } from "./ids.ts";
import { limits } from "./limits.ts";
import type { ConnectionId, Thread, UserId } from "./model.ts";
import type { Presence } from "./presence.ts";
import { Store } from "./ports.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import type { ConnectionFrame, Event } from "./protocol.ts";
import type { Registry } from "./registry.ts";
import { LastSessions } from "./remembering.ts";
import type { RouterNeeds } from "./router.ts";
import { authenticate } from "./sessions.ts";
import { Tracing } from "./tracing.ts";
import type { HeldUpgrade } from "./wire.ts";

export interface ConnectionSettings {
  readonly heartbeatIntervalMs: number;
  readonly messagesPerMinute: number;
  readonly connectionsPerUser: number;
  readonly activeRunsPerUser: number;
  readonly isDraining: () => boolean;
}

export type ConnectionNeeds = RouterNeeds | LastSessions;

/** Where a connection is counted: on this node, and on all. */
export interface Places {
  readonly registry: Registry;
  readonly presence: Presence;
}

/** Makes the function that opens connections: machine, actor, subscriptions. */
export function makeOpener(settings: ConnectionSettings, places: Places) {
  return Effect.gen(function* () {
    const context = yield* Effect.context<ConnectionNeeds>();
    const forkScoped = yield* FiberSet.makeRuntime<never>();
    const fork = <A, E>(
      effect: Effect.Effect<A, E, ConnectionNeeds>,
    ): Fiber.Fiber<A, E> => forkScoped(Effect.provideContext(effect, context));
    const health = Context.get(context, Health);
    const tracing = yield* Tracing;
    const sessions = Context.get(context, LastSessions);
    const machine = provideMachine(settings, places, fork);
    const texts = new WeakMap<Event, string>();
    const textOf = (event: Event) => {
      const text = texts.get(event) ?? JSON.stringify(event);
      texts.set(event, text);
      return text;
    };

    return (upgrade: HeldUpgrade): void => {
      const id = newId() as ConnectionId;
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
        remember: (threads) => {
          const { user_id } = connection.identity!;
          if (threads !== null) sessions.remember({ user_id, threads });
        },
        released: () => {
          places.registry.remove(id);
          const user = connection.identity?.user_id;
          if (user !== undefined) fork(places.presence.leave(user, id));
          sessions.hurry();
        },
      });
      const actor = createActor(machine, {
        input: {
          host: connection,
          degraded: health.status().mode === "degraded",
        },
      });
      places.registry.add({ connection, actor });
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
  effect: Effect.Effect<A, E, ConnectionNeeds>,
) => Fiber.Fiber<A, E>;

function provideMachine(
  settings: ConnectionSettings,
  places: Places,
  fork: Fork,
) {
  const fromEffect = makeFromEffect<ConnectionNeeds>({ runFork: fork });
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
        ({ host }) => build(connectionOf(host), settings, places),
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
  { registry, presence }: Places,
): Effect.Effect<void, TooManyConnections, ConnectionNeeds> {
  return Effect.gen(function* () {
    const user = connection.identity!.user_id;
    const most = settings.connectionsPerUser;
    const { entry, open } = registry.identify(connection.id, user);
    if (entry === null || !connection.accept()) return yield* Effect.never;
    if (open > most) return yield* new TooManyConnections({ limit: most });
    yield* presence.enter(entry, open, most);
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
    const sessions = yield* LastSessions;
    for (const { thread_id } of yield* sessions.recall(user)) {
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
