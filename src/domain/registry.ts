/** The connections of this node, and whose they are. Owns the two maps. Promises: who is identified is counted, until it is removed. */
import type { ActorRefFrom } from "xstate";
import type { connectionMachine } from "../../machines/connection.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionId, UserId } from "./model.ts";

export interface Entry {
  readonly connection: Connection;
  readonly actor: ActorRefFrom<typeof connectionMachine>;
}

/** The machine's state by its name on the wire. */
export const stateOf = ({ actor }: Entry): string =>
  String(actor.getSnapshot().value);

export class Registry {
  readonly #entries = new Map<ConnectionId, Entry>();
  readonly #users = new Map<UserId, Set<Entry>>();

  all(): Iterable<Entry> {
    return this.#entries.values();
  }

  ofUser(user: UserId): readonly Entry[] {
    return [...(this.#users.get(user) ?? [])];
  }

  has(id: ConnectionId): boolean {
    return this.#entries.has(id);
  }

  add(entry: Entry): void {
    this.#entries.set(entry.connection.id, entry);
  }

  /** Called once its user is known; answers how many the user has now, on this node. */
  identify(
    id: ConnectionId,
    user: UserId,
  ): { readonly entry: Entry | null; readonly open: number } {
    const entry = this.#entries.get(id) ?? null;
    const own = this.#users.get(user) ?? new Set();
    if (entry !== null) this.#users.set(user, own.add(entry));
    return { entry, open: own.size };
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
