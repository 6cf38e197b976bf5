/**
 * Load on a cluster while something breaks: users who ask one question after another, in threads of their own and in one they share, and what
 * must hold when it is over. Owns the users. Promises: it asks nothing new once told to finish, and says who waits for what when it cannot.
 */
import fc from "fast-check";
import { expect, onTestFinished } from "vitest";
import { tokenOf } from "../support/child.ts";
import type { Cluster } from "../support/cluster.ts";
import { brokenInvariants, readStored } from "../support/invariants.ts";
import type { Stored, Witness } from "../support/invariants.ts";
import { TestSocket } from "../support/socket.ts";
import { draw } from "./seed.ts";
import { until } from "./until.ts";
import { LoadUser } from "./user.ts";

/** What is asked; a part whose name is no agent's is read by nobody. */
const QUESTIONS = [
  "alpha noop!; beta sleep(300) noop; gamma noop!; delta sleep(300)",
  "alpha sleep(30) noop; beta sleep(60); gamma fail; delta noop!",
  "alpha echo(x); beta sleep(200); gamma sleep(200)",
  "alpha noop; beta sleep(600) noop!",
];
const errand = fc.record({
  question: fc.constantFrom(...QUESTIONS),
  thread: fc.constantFrom("last", "new", "shared"),
});
type Errand = typeof errand extends fc.Arbitrary<infer T> ? T : never;

export interface LoadOptions {
  readonly users?: number;
  /** Questions of one user under way at once. */
  readonly lanes?: number;
}

const ERRANDS_DRAWN = 400;
const REPLAYED_THREADS_MAX = 20;
/** A lost node's runs take 15 s; the rest is for a slow machine. */
const FINISH_MS = 90_000;

export class Load {
  readonly users: readonly LoadUser[];
  readonly #cluster: Cluster;
  readonly #lanes: Promise<void>[] = [];
  readonly #doing = new Map<number, string>();
  #finishing = false;

  private constructor(cluster: Cluster, users: readonly LoadUser[]) {
    this.#cluster = cluster;
    this.users = users;
  }

  /** Users who ask from now on; they are gone when the test ends. */
  static start(
    cluster: Cluster,
    { users = 4, lanes = 2 }: LoadOptions = {},
  ): Load {
    const load = new Load(
      cluster,
      Array.from(
        { length: users },
        (_, index) => new LoadUser(`user-${index}`, cluster.url),
      ),
    );
    for (const user of load.users)
      for (let lane = 0; lane < lanes; lane++) load.#startLane(user);
    onTestFinished(() => load.#dispose());
    return load;
  }

  /** Runs that were seen to end. */
  get ended(): number {
    return this.users.reduce((sum, it) => sum + it.ended, 0);
  }

  /** Waits until so many more runs have ended. */
  async goesOn(count: number, withinMs = FINISH_MS): Promise<void> {
    const wanted = this.ended + count;
    await until(
      `${count} more runs`,
      withinMs,
      () => this.ended >= wanted,
      () => this.#describe(),
    );
  }

  /** Asks nothing more and waits for what is under way; then I1 to I5 must hold, and every replay must be as the log is. */
  async finish(): Promise<Stored> {
    this.#finishing = true;
    const done = Promise.all(this.#lanes).then(() => (isDone = true));
    let isDone = false;
    let failure: unknown = null;
    done.catch((cause: unknown) => (failure = cause));
    await until(
      "the end of what is under way",
      FINISH_MS,
      () => isDone || failure !== null,
      () => this.#describe(),
    );
    if (failure !== null) throw failure;
    const replays = await Promise.all(this.users.map((it) => this.#replay(it)));
    const stored = await readStored(this.#cluster.postgres.url);
    const witnesses = [...this.users.map((it) => it.witness), ...replays];
    this.#dispose();
    expect(brokenInvariants(stored, witnesses)).toEqual([]);
    return stored;
  }

  #startLane(user: LoadUser): void {
    const lane = this.#lanes.length;
    const errands = draw(`lane ${lane}`, errand, ERRANDS_DRAWN);
    const running = this.#runLane(lane, user, errands);
    running.catch(() => undefined);
    this.#lanes.push(running);
  }

  async #runLane(
    lane: number,
    user: LoadUser,
    errands: readonly Errand[],
  ): Promise<void> {
    const threads: Record<Errand["thread"], string | null> = {
      last: null,
      new: null,
      shared: null,
    };
    for (const { question, thread } of errands) {
      if (this.#finishing) break;
      const into = thread === "new" ? null : threads[thread];
      const used = await user.ask(question, into, (doing) =>
        this.#doing.set(lane, doing),
      );
      if (thread === "shared") threads.shared ??= used;
      const { last, shared } = threads;
      if (last !== null && last !== used && last !== shared)
        user.client.leave(last);
      threads.last = used;
    }
    this.#doing.delete(lane);
  }

  /** What a newcomer is replayed of a user's threads. */
  async #replay({ name: user, canary, frames }: LoadUser): Promise<Witness> {
    const acks = frames.filter((it) => it.type === "ack");
    const threads = [...new Set(acks.map((it) => it.thread_id))];
    const socket = TestSocket.open(this.#cluster.url, {
      token: await tokenOf(user),
    });
    await socket.next("connection_ready");
    for (const thread_id of threads.slice(-REPLAYED_THREADS_MAX)) {
      socket.send({ type: "join_thread", thread_id });
      const { last_seq } = await socket.next("joined");
      await socket.find((it) => "seq" in it && it.seq === last_seq);
      socket.send({ type: "leave_thread", thread_id });
    }
    await socket.settle();
    socket.terminate();
    return { user, canary, frames: socket.frames };
  }

  /** Who waits for what, and what the database knows of it. */
  async #describe(): Promise<string> {
    const lanes = [...this.#doing].map(([lane, it]) => `lane ${lane} ${it}`);
    const { runs } = await readStored(this.#cluster.postgres.url);
    const active = runs.flatMap(({ run_id, status }) =>
      ["queued", "running"].includes(status) ? [`${run_id} is ${status}`] : [],
    );
    return [...lanes, ...this.users.map((it) => it.describe()), ...active].join(
      "\n",
    );
  }

  #dispose(): void {
    for (const { client } of this.users) client.dispose();
  }
}
