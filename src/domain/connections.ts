/**
 * All connections of this node: one root actor each, in a map. Owns them, their sweep and what is told to all. Promises: a cap per user
 * holds among those that are open; a stall of the process evicts nobody; closing them all ends every one.
 */
import { Context, Effect, Layer, Schedule } from "effect";
import type { Scope } from "effect";
import { tell } from "./bridge.ts";
import { Health } from "./health.ts";
import { limits } from "./limits.ts";
import type { ConnectionId, Timestamp, UserId } from "./model.ts";
import { makeOpener, Registry } from "./opening.ts";
import type { ConnectionSettings, Entry } from "./opening.ts";
import type { ConnectionFrame } from "./protocol.ts";
import type { RouterNeeds } from "./router.ts";
import type { HeldUpgrade } from "./wire.ts";

export interface ConnectionInfo {
  readonly connection_id: ConnectionId;
  readonly state: string;
  readonly opened_at: Timestamp;
}

export class Connections extends Context.Service<
  Connections,
  {
    /** Takes a held upgrade; from here on its machine decides. */
    readonly open: (upgrade: HeldUpgrade) => void;
    readonly list: (user: UserId) => readonly ConnectionInfo[];
    /** Ends one of the user's connections; false when there is none of that id. */
    readonly remove: (user: UserId, id: ConnectionId) => boolean;
    readonly countByState: () => ReadonlyMap<string, number>;
    readonly tellAll: (frame: ConnectionFrame) => void;
    /** Closes all with 1012, in batches. */
    readonly closeAll: Effect.Effect<void>;
  }
>()("goldenpath/Connections") {}

export function connectionsLayer(
  settings: ConnectionSettings,
): Layer.Layer<Connections, never, RouterNeeds> {
  return Layer.effect(
    Connections,
    Effect.gen(function* () {
      const registry = new Registry();
      const health = yield* Health;
      const open = yield* makeOpener(settings, registry);
      yield* sweepAll(registry, settings.heartbeatIntervalMs);
      yield* health.onChange((status) => {
        for (const { connection } of registry.all())
          connection.noteServices(status);
      });

      const closeAll = Effect.gen(function* () {
        const open = [...registry.all()];
        for (
          let from = 0;
          from < open.length;
          from += limits.drainCloseBatchConnections
        ) {
          if (from > 0) yield* Effect.sleep(limits.drainCloseIntervalMs);
          for (const { actor } of open.slice(
            from,
            from + limits.drainCloseBatchConnections,
          )) {
            tell(actor, { type: "server.stopped" });
          }
        }
      });
      yield* Effect.addFinalizer(() => closeAll);

      return Connections.of({
        open,
        closeAll,
        countByState: () => countStates(registry.all()),
        tellAll: (frame) => {
          for (const { connection } of registry.all()) connection.send(frame);
        },
        list: (user) => registry.ofUser(user).map(toInfo),
        remove: (user, id) => {
          const entry = registry
            .ofUser(user)
            .find(({ connection }) => connection.id === id);
          if (entry !== undefined) {
            tell(entry.actor, { type: "connection.removed" });
          }
          return entry !== undefined;
        },
      });
    }),
  );
}

function toInfo({ connection, actor }: Entry): ConnectionInfo {
  return {
    connection_id: connection.id,
    state: String(actor.getSnapshot().value),
    opened_at: connection.openedAt,
  };
}

function countStates(entries: Iterable<Entry>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { actor } of entries) {
    const state = String(actor.getSnapshot().value);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

/** Looks at every connection once an interval. If the process stood still, silence of that time counts for nobody. */
function sweepAll(
  registry: Registry,
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
    for (const { connection } of registry.all()) {
      if (stoodStillMs > intervalMs) connection.forgive(stoodStillMs);
      connection.sweep(nowMs);
    }
  });
  return Effect.forkScoped(Effect.repeat(sweep, Schedule.spaced(intervalMs)));
}
