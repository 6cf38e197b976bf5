/**
 * All connections of this node: one root actor each, in a map. Owns them, their sweep and what is told to all. Promises: a cap per user
 * holds among those that are open, on all nodes; a stall of the process evicts nobody; a revoked token closes its connections with the next
 * sweep; closing them all ends every one.
 */
import { Context, Effect, Layer, Schedule } from "effect";
import type { Scope } from "effect";
import { tell } from "./bridge.ts";
import { Health } from "./health.ts";
import { newId } from "./ids.ts";
import { limits } from "./limits.ts";
import type { ConnectionId, UserId } from "./model.ts";
import { makeOpener } from "./opening.ts";
import type { ConnectionNeeds, ConnectionSettings } from "./opening.ts";
import { Bus, Cache, topics } from "./ports.ts";
import type { SessionStore } from "./ports.ts";
import { Presence, toInfo } from "./presence.ts";
import type { ConnectionInfo } from "./presence.ts";
import type { ConnectionFrame } from "./protocol.ts";
import { Registry, stateOf } from "./registry.ts";
import type { Entry } from "./registry.ts";
import { LastSessions, lastSessionsLayer } from "./remembering.ts";
import { Revocations } from "./revocations.ts";
import type { HeldUpgrade } from "./wire.ts";

export class Connections extends Context.Service<
  Connections,
  {
    /** Takes a held upgrade; from here on its machine decides. */
    readonly open: (upgrade: HeldUpgrade) => void;
    /** The user's connections, on all nodes; while the cache is away, on this one. */
    readonly list: (user: UserId) => Effect.Effect<readonly ConnectionInfo[]>;
    /** Ends one of the user's connections, on whatever node; false when there is none of that id. */
    readonly remove: (user: UserId, id: ConnectionId) => Effect.Effect<boolean>;
    readonly countByState: () => ReadonlyMap<string, number>;
    readonly tellAll: (frame: ConnectionFrame) => void;
    /** Closes all with 1012, in batches. */
    readonly closeAll: Effect.Effect<void>;
  }
>()("goldenpath/Connections") {}

export function connectionsLayer(
  settings: ConnectionSettings,
): Layer.Layer<
  Connections,
  never,
  Exclude<ConnectionNeeds, LastSessions> | SessionStore
> {
  return Layer.effect(
    Connections,
    Effect.gen(function* () {
      const registry = new Registry();
      const health = yield* Health;
      const bus = yield* Bus;
      const sessions = yield* LastSessions;
      const presence = new Presence(yield* Cache, registry, newId());
      const open = yield* makeOpener(settings, { registry, presence });
      yield* sweepAll(
        registry,
        yield* Revocations,
        settings.heartbeatIntervalMs,
      );
      yield* presence.keep();
      yield* health.onChange((status) => {
        for (const { connection } of registry.all())
          connection.noteServices(status);
      });

      const closeAll = Effect.andThen(closeInBatches(registry), sessions.flush);
      yield* Effect.addFinalizer(() => closeAll);

      return Connections.of({
        open,
        closeAll,
        countByState: () => countStates(registry.all()),
        tellAll: (frame) => {
          for (const { connection } of registry.all()) connection.send(frame);
        },
        list: (user) =>
          Effect.map(presence.elsewhere(user), (others) => [
            ...registry.ofUser(user).map(toInfo),
            ...others,
          ]),
        remove: (user, id) =>
          Effect.gen(function* () {
            if (removeHere(registry, user, id)) return true;
            const others = yield* presence.elsewhere(user);
            if (!others.some((it) => it.connection_id === id)) return false;
            yield* bus.publish(topics.user(user), {
              kind: "removal",
              connection_id: id,
            });
            return true;
          }),
      });
    }),
  ).pipe(Layer.provide(lastSessionsLayer));
}

/** Closes all that are open now. */
function closeInBatches(registry: Registry): Effect.Effect<void> {
  return Effect.gen(function* () {
    const open = [...registry.all()];
    const most = limits.drainCloseBatchConnections;
    for (let from = 0; from < open.length; from += most) {
      if (from > 0) yield* Effect.sleep(limits.drainCloseIntervalMs);
      for (const { actor } of open.slice(from, from + most))
        tell(actor, { type: "server.stopped" });
    }
  });
}

/** False when this node has no such connection of the user's. */
function removeHere(
  registry: Registry,
  user: UserId,
  id: ConnectionId,
): boolean {
  const entry = registry
    .ofUser(user)
    .find(({ connection }) => connection.id === id);
  if (entry === undefined) return false;
  tell(entry.actor, { type: "connection.removed" });
  return true;
}

function countStates(entries: Iterable<Entry>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const state = stateOf(entry);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

/** Looks at every connection once an interval. If the process stood still, silence of that time counts for nobody. */
function sweepAll(
  registry: Registry,
  revocations: Revocations["Service"],
  heartbeatIntervalMs: number,
): Effect.Effect<unknown, never, Scope.Scope> {
  const intervalMs = Math.min(
    limits.sweepIntervalMs,
    Math.max(50, heartbeatIntervalMs / 4),
  );
  let lastMs = performance.now();
  const sweep = Effect.sync(() => {
    const nowMs = performance.now();
    const stoodStillMs = nowMs - lastMs - intervalMs;
    lastMs = nowMs;
    for (const { connection, actor } of registry.all()) {
      const { identity } = connection;
      if (identity !== null && revocations.cover(identity)) {
        tell(actor, { type: "token.revoked" });
        continue;
      }
      if (stoodStillMs > intervalMs) connection.forgive(stoodStillMs);
      connection.sweep(nowMs);
    }
  });
  return Effect.forkScoped(Effect.repeat(sweep, Schedule.spaced(intervalMs)));
}
