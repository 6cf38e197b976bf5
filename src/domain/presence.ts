/**
 * Which connections a user has on all nodes, in the cache: one group a user, one member a connection, and a sign of life of each node. Owns
 * what this node has put there. Promises: the listing is limits.presenceIntervalMs old at most; a dead node's connections are gone from it
 * after limits.nodeLifetimeSeconds; without the cache a node knows of its own alone.
 */
import { Effect, Schedule } from "effect";
import type { Scope } from "effect";
import { TooManyConnections } from "./errors.ts";
import type { ServiceUnavailable } from "./errors.ts";
import { limits } from "./limits.ts";
import type { ConnectionId, Timestamp, UserId } from "./model.ts";
import type { Cache, Member } from "./ports.ts";
import { stateOf } from "./registry.ts";
import type { Entry, Registry } from "./registry.ts";

export interface ConnectionInfo {
  readonly connection_id: ConnectionId;
  readonly state: string;
  readonly opened_at: Timestamp;
}

/** A member's value. */
interface Present {
  readonly node: string;
  readonly state: string;
  readonly opened_at: Timestamp;
}

const groupOf = (user: UserId) => `presence:${user}`;
const nodeKey = (node: string) => `node:${node}`;

export const toInfo = (entry: Entry): ConnectionInfo => ({
  connection_id: entry.connection.id,
  state: stateOf(entry),
  opened_at: entry.connection.openedAt,
});

export class Presence {
  readonly #cache: Cache["Service"];
  readonly #registry: Registry;
  readonly #node: string;
  /** What was put, and when, by the monotonic clock. */
  #put = new WeakMap<
    Entry,
    { readonly state: string; readonly atMs: number }
  >();

  /** How long others take this node for alive, by the monotonic clock. */
  #aliveUntilMs = 0;

  constructor(cache: Cache["Service"], registry: Registry, node: string) {
    this.#cache = cache;
    this.#registry = registry;
    this.#node = node;
  }

  /** Puts a connection on record, then counts: of its user's on all nodes, no more than `most` may be open. `own` are on this node. */
  enter(
    entry: Entry,
    own: number,
    most: number,
  ): Effect.Effect<void, TooManyConnections> {
    const user = entry.connection.identity!.user_id;
    const group = groupOf(user);
    const count = Effect.gen({ self: this }, function* () {
      if ((yield* this.#cache.countMembers(group)) <= most) return;
      const others = yield* this.#others(user);
      if (own + others.length > most)
        return yield* new TooManyConnections({ limit: most });
    });
    const signal = Effect.suspend(() =>
      performance.now() < this.#aliveUntilMs ? Effect.void : this.#signal,
    );
    return signal.pipe(
      Effect.andThen(this.#putAll([entry])),
      Effect.andThen(count),
      // A node that died a moment ago still counts: its connections, come back here, must not be in their own way.
      Effect.retry({
        schedule: Schedule.spaced(limits.connectionCountIntervalMs),
        times: limits.connectionCountRetriesMax,
        while: (failure) => failure._tag === "TooManyConnections",
      }),
      Effect.catchTag("ServiceUnavailable", () => Effect.void),
    );
  }

  leave(user: UserId, id: ConnectionId): Effect.Effect<void> {
    return Effect.ignore(
      this.#cache.removeMembers([{ group: groupOf(user), name: id }]),
    );
  }

  /** The user's connections on other nodes that are alive. */
  elsewhere(user: UserId): Effect.Effect<readonly ConnectionInfo[]> {
    return Effect.orElseSucceed(this.#others(user), () => []);
  }

  /** Says every limits.presenceIntervalMs that this node is alive and what has changed, until the scope closes. */
  keep(): Effect.Effect<unknown, never, Scope.Scope> {
    return Effect.forkScoped(
      Effect.repeat(
        Effect.ignore(this.#signal),
        Schedule.spaced(limits.presenceIntervalMs),
      ),
    );
  }

  get #signal(): Effect.Effect<void, ServiceUnavailable> {
    const key = nodeKey(this.#node);
    const lifetime = limits.nodeLifetimeSeconds;
    return Effect.gen({ self: this }, function* () {
      const nowMs = performance.now();
      // Our sign of life is gone, after a stall, an outage or a flush: so may be all that we had put.
      if ((yield* this.#cache.get(key)) === null) this.#put = new WeakMap();
      yield* this.#cache.set(key, "alive", lifetime);
      this.#aliveUntilMs = nowMs + lifetime * 1_000;
      yield* this.#putAll(this.#due(nowMs));
    });
  }

  /** Those whose state has changed, and those that would be forgotten. */
  #due(nowMs: number): readonly Entry[] {
    const due: Entry[] = [];
    for (const entry of this.#registry.all()) {
      if (due.length >= limits.presenceBatchMax) break;
      if (entry.connection.identity === null) continue;
      const put = this.#put.get(entry);
      const fresh =
        put !== undefined &&
        put.state === stateOf(entry) &&
        nowMs - put.atMs < limits.presenceRefreshIntervalMs;
      if (!fresh) due.push(entry);
    }
    return due;
  }

  #putAll(entries: readonly Entry[]): Effect.Effect<void, ServiceUnavailable> {
    return Effect.gen({ self: this }, function* () {
      if (entries.length === 0) return;
      const atMs = performance.now();
      const members = entries.map((it) => this.#toMember(it));
      for (const entry of entries)
        this.#put.set(entry, { state: stateOf(entry), atMs });
      yield* this.#cache
        .putMembers(members, limits.presenceLifetimeSeconds)
        .pipe(Effect.tapError(() => Effect.sync(() => this.#unput(entries))));
      // One that left meanwhile was taken out before it was put.
      const gone = members.filter(
        (it) => !this.#registry.has(it.name as ConnectionId),
      );
      if (gone.length > 0) yield* this.#cache.removeMembers(gone);
    });
  }

  #unput(entries: readonly Entry[]): void {
    for (const entry of entries) this.#put.delete(entry);
  }

  #toMember(entry: Entry): Member {
    const { connection_id, state, opened_at } = toInfo(entry);
    const present: Present = { node: this.#node, state, opened_at };
    return {
      group: groupOf(entry.connection.identity!.user_id),
      name: connection_id,
      value: JSON.stringify(present),
    };
  }

  /** Reads the group, and takes out those of dead nodes. */
  #others(
    user: UserId,
  ): Effect.Effect<readonly ConnectionInfo[], ServiceUnavailable> {
    return Effect.gen({ self: this }, function* () {
      const found = (yield* this.#cache.members(groupOf(user)))
        .map((member) => ({
          member,
          ...(JSON.parse(member.value) as Present),
        }))
        .filter((it) => it.node !== this.#node);
      const nodes = [...new Set(found.map((it) => it.node))];
      const signs = yield* this.#cache.getAll(nodes.map(nodeKey));
      const alive = new Set(nodes.filter((_, index) => signs[index] !== null));
      const dead = found.filter((it) => !alive.has(it.node));
      if (dead.length > 0)
        yield* this.#cache.removeMembers(dead.map((it) => it.member));
      return found
        .filter((it) => alive.has(it.node))
        .map(({ member, state, opened_at }) => ({
          connection_id: member.name as ConnectionId,
          state,
          opened_at,
        }));
    });
  }
}
