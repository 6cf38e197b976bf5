/**
 * What the model-based tests believe and what they drive: a model of users, threads, runs and connections, small enough to be seen
 * through, and beside it the real server with its sockets. Promises: the model changes only by commands, and never reads the server.
 */
import type { TestServer } from "../support/server.ts";
import type { TestSocket } from "../support/socket.ts";

export type UserName = "ann" | "bob";
export type SlotName = "ann1" | "ann2" | "bob1";
export const SLOTS: Record<SlotName, UserName> = {
  ann1: "ann",
  ann2: "ann",
  bob1: "bob",
};

/** Runs wait at a gate of their own, so that the model knows which are active. */
export interface ModelRun {
  readonly key: number;
  readonly thread: ModelThread;
  gateOpen: boolean;
  ended: "completed" | "cancelled" | null;
}

export interface ModelThread {
  readonly key: number;
  readonly user: UserName;
  readonly runs: ModelRun[];
}

export interface ModelConnection {
  strikes: number;
}

export class Model {
  readonly threads: ModelThread[] = [];
  readonly runs: ModelRun[] = [];
  readonly connections = new Map<SlotName, ModelConnection>();

  threadsOf(user: UserName): ModelThread[] {
    return this.threads.filter((it) => it.user === user);
  }

  runsOf(user: UserName): ModelRun[] {
    return this.runs.filter((it) => it.thread.user === user);
  }

  addThread(user: UserName): ModelThread {
    const thread = { key: this.threads.length, user, runs: [] };
    this.threads.push(thread);
    return thread;
  }

  addRun(thread: ModelThread): ModelRun {
    const key = this.runs.length;
    const run: ModelRun = { key, thread, gateOpen: false, ended: null };
    this.runs.push(run);
    thread.runs.push(run);
    return run;
  }
}

export function active(thread: ModelThread): ModelRun[] {
  return thread.runs.filter((it) => it.ended === null);
}

/** Runs of a thread go one after another: the first whose gate is closed holds the others up. Answers those that end now. */
export function settle(thread: ModelThread): ModelRun[] {
  const ended: ModelRun[] = [];
  for (const run of active(thread)) {
    if (!run.gateOpen) break;
    run.ended = "completed";
    ended.push(run);
  }
  return ended;
}

interface RealRun {
  readonly messageId: string;
  readonly runId: string;
}

/** The server's names for what the model knows by keys. */
export class Real {
  readonly server: TestServer;
  readonly threadIds = new Map<number, string>();
  readonly runs = new Map<number, RealRun>();
  readonly sockets = new Map<SlotName, TestSocket>();
  /** Every socket there was, for the judgement at the end. */
  readonly history: { readonly user: UserName; readonly socket: TestSocket }[] =
    [];
  readonly #world: string;
  readonly #watchers: Record<UserName, TestSocket>;

  private constructor(
    server: TestServer,
    world: string,
    watchers: Record<UserName, TestSocket>,
  ) {
    this.server = server;
    this.#world = world;
    this.#watchers = watchers;
  }

  /** Fresh users on a running server, each with a socket that watches its threads from their first event. */
  static async create(server: TestServer): Promise<Real> {
    const world = crypto.randomUUID();
    const ann = await server.connect(`ann-${world}`);
    const bob = await server.connect(`bob-${world}`);
    return new Real(server, world, { ann, bob });
  }

  userId(user: UserName): string {
    return `${user}-${this.#world}`;
  }

  gate(run: number): string {
    return `${this.#world}-${run}`;
  }

  /** Sees everything of a user's watched threads. */
  watcher(user: UserName): TestSocket {
    return this.#watchers[user];
  }

  watch(thread: ModelThread): void {
    const thread_id = this.threadIds.get(thread.key)!;
    this.watcher(thread.user).send({ type: "join_thread", thread_id });
  }

  async ended(runs: readonly ModelRun[]): Promise<void> {
    for (const run of runs)
      await this.watcher(run.thread.user).run(this.runs.get(run.key)!.runId);
  }

  close(): void {
    for (const { socket } of this.history) socket.terminate();
    for (const watcher of Object.values(this.#watchers)) watcher.terminate();
  }
}

/** Runs that were stopped: waits for their endings. */
export async function cancel(
  runs: readonly ModelRun[],
  real: Real,
): Promise<void> {
  for (const run of runs) run.ended = "cancelled";
  await real.ended(runs);
}
