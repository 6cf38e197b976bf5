/**
 * Other people on a cluster while somebody attacks it: each asks one question after another and goes on reading. Owns their sockets.
 * Promises: they ask until told to finish, or their test ends; once told, all that was stored and all that they saw keeps I1 to I5, no node has a
 * trouble, and each holds about what it held before (I6).
 */
import { expect, onTestFinished } from "vitest";
import { brokenInvariants, readStored } from "../support/invariants.ts";
import type { Stored, Witness } from "../support/invariants.ts";
import type { NodeProcess, Nodes } from "../support/nodes.ts";
import type { TestSocket } from "../support/socket.ts";
import { until } from "./until.ts";

const QUESTION = "alpha noop!; beta echo(b) noop!; gamma sleep(20)";
const ENDED_MS_MAX = 60_000;

/** What a node may hold more of when all is over: pooled connections of its own, what the test still has open, memory that is not collected yet. */
const HANDLES_MORE_MAX = 32;
const MEMORY_MORE_BYTES_MAX = 384 * 1_024 * 1_024;
const RELEASED_MS_MAX = 30_000;

type Held = ReturnType<NodeProcess["held"]>;

interface Bystander {
  readonly socket: TestSocket;
  readonly witness: Witness;
}

export class Bystanders {
  readonly #nodes: Nodes;
  readonly #all: readonly Bystander[];
  readonly #talks: readonly Promise<void>[];
  readonly #before: readonly Held[];
  #finishing = false;
  #answered = 0;

  private constructor(nodes: Nodes, all: readonly Bystander[]) {
    this.#nodes = nodes;
    this.#all = all;
    this.#before = nodes.all.map((it) => it.held());
    this.#talks = all.map((it) => this.#talk(it));
    for (const talk of this.#talks) talk.catch(() => undefined);
    onTestFinished(() => this.#leave());
  }

  /** One at each node. */
  static async start(nodes: Nodes): Promise<Bystanders> {
    const all = nodes.all.map(async (node, index): Promise<Bystander> => {
      const user = `bystander-${index}-${crypto.randomUUID()}`;
      const socket = await node.connect(user);
      const witness = {
        user,
        canary: `canary-${crypto.randomUUID()}`,
        frames: socket.frames,
        sent: new Map<string, string>(),
        followed: true,
      };
      return { socket, witness };
    });
    return new Bystanders(nodes, await Promise.all(all));
  }

  /** Waits until so many more of their questions have been answered. */
  async goOn(more: number): Promise<void> {
    const goal = this.#answered + more;
    const broken = Promise.all(this.#talks);
    await Promise.race([
      broken,
      until(`${more} more answers`, ENDED_MS_MAX, () => this.#answered >= goal),
    ]);
  }

  /** Ends their talks, and judges. */
  async finish(others: readonly Witness[] = []): Promise<Stored> {
    this.#finishing = true;
    await Promise.all(this.#talks);
    for (const { socket } of this.#all) {
      expect(socket.ws.readyState).toBe(socket.ws.OPEN);
    }
    this.#leave();
    const stored = await judge(this.#nodes, [
      ...this.#all.map((it) => it.witness),
      ...others,
    ]);
    await this.#released();
    return stored;
  }

  /** Waits until each node has let go of what it held for what is over. */
  async #released(): Promise<void> {
    await until(
      "nodes that hold no more than before",
      RELEASED_MS_MAX,
      () => this.#grown().length === 0,
      () => this.#grown().join("\n"),
    );
  }

  #grown(): string[] {
    return this.#nodes.all.flatMap((node, place) => {
      const [before, now] = [this.#before[place] ?? null, node.held()];
      if (before === null || now === null) return [];
      const handles = now.handles - before.handles;
      const bytes = now.memoryBytes - before.memoryBytes;
      return handles <= HANDLES_MORE_MAX && bytes <= MEMORY_MORE_BYTES_MAX
        ? []
        : [`node ${place} holds ${handles} handles and ${bytes} bytes more`];
    });
  }

  /** They ask nothing more and hear nothing more, whatever is under way. */
  #leave(): void {
    this.#finishing = true;
    for (const { socket } of this.#all) socket.terminate();
  }

  async #talk({ socket, witness }: Bystander): Promise<void> {
    const sent = witness.sent as Map<string, string>;
    while (!this.#finishing) {
      const text = `${QUESTION}; ${witness.canary}`;
      const { ack } = await socket.ask(text);
      sent.set(ack.message_id, text);
      this.#answered += 1;
    }
  }
}

/** What must hold once all runs have ended, whatever was done to the cluster. */
export async function judge(
  nodes: Nodes,
  witnesses: readonly Witness[],
): Promise<Stored> {
  await until("the end of all runs", ENDED_MS_MAX, async () => {
    const [row] = await nodes.query<{ open: number }>(
      "select count(*)::int as open from runs where ended_at is null",
    );
    return row?.open === 0;
  });
  const stored = await readStored(nodes.postgres.url);
  expect(brokenInvariants(stored, witnesses)).toEqual([]);
  expect(await nodes.troubles()).toEqual([]);
  return stored;
}
