/**
 * A node that stands still and goes on: its event loop blocked for 5 s, the whole process stopped for 20 s, stopped amid a transaction. Nobody
 * is evicted for the node's own stall, what was given to others is not written by it (R8), and its locks hold nobody up.
 */
import pg from "pg";
import { expect, test } from "vitest";
import { Cluster } from "../support/cluster.ts";
import type { FrameOfType, TestSocket } from "../support/socket.ts";
import { Load } from "./load.ts";
import { atRest, expectBackAtRest } from "./rest.ts";
import { amount, seeded } from "./seed.ts";
import { expectSound, IMPATIENT, PATIENT, TAKEN_UP_MS } from "./sound.ts";
import { pause, until } from "./until.ts";

const BLOCKED_MS = 5_000;

test(
  seeded("I1–I5 §6 an event loop blocked for 5 s evicts nobody"),
  async () => {
    const env = { HEARTBEAT_INTERVAL_MS: "1000" };
    const cluster = await Cluster.start({ env });
    const users = Array.from({ length: 30 }, (_, index) => `idle-${index}`);
    const sockets = await Promise.all(
      users.map((user, index) => cluster.node(index % 3).connect(user)),
    );
    for (let block = 0; block < amount(1, 2); block++) {
      const [asking] = sockets as [TestSocket];
      const text = `alpha noop; beta block(${BLOCKED_MS}) noop; gamma noop!`;
      const { events } = await asking.ask(text);
      const blocked = events.find(
        (it) => it.type === "tool_completed" && it.tool_name === "block",
      );
      expect(blocked).toMatchObject({ success: true, attempt: 1 });
      await Promise.all(sockets.map(answers));
    }
    await pause(2_500);
    await Promise.all(sockets.map(answers));
    const { runs } = await expectSound(
      cluster,
      sockets.map((socket, index) => [users[index]!, socket]),
    );
    expect(new Set(runs.map((it) => it.status))).toEqual(
      new Set(["completed"]),
    );
  },
  240_000,
);

async function answers(socket: TestSocket): Promise<void> {
  const id = crypto.randomUUID();
  socket.send({ type: "ping", id });
  await socket.find((it) => it.type === "pong" && it.id === id);
}

/** From the stop to the go; longer than what is given up on. */
const STOPPED_MS = 20_000;

test(
  seeded(
    "I1–I6 R8 a process stopped for 20 s writes nothing of what went on elsewhere",
  ),
  async () => {
    const cluster = await Cluster.start({ nodes: 0 });
    const frozen = await cluster.startNode(0, PATIENT);
    const before = await atRest(cluster);
    const owner = await frozen.connect("frozen");
    const acks: FrameOfType<"ack">[] = [];
    for (let index = 0; index < 3; index++) {
      owner.send({
        type: "user_message",
        text: "alpha noop; beta sleep(8000) noop; gamma noop!",
      });
      acks.push(await owner.next("ack"));
    }
    for (const { run_id } of acks)
      await owner.find(
        (it) =>
          it.type === "tool_executing" &&
          it.run_id === run_id &&
          it.tool_name === "sleep",
      );
    frozen.pause();
    const stoppedMs = performance.now();
    await cluster.startNode(1, IMPATIENT);
    const follower = await cluster.node(1).connect("frozen");
    for (const { thread_id } of acks)
      follower.send({ type: "join_thread", thread_id });
    await until("the runs under attempt 2", 3 * TAKEN_UP_MS, () =>
      acks.every(({ run_id }) =>
        follower
          .events()
          .some((it) => it.run_id === run_id && it.attempt === 2),
      ),
    );
    const takenUpMs = performance.now() - stoppedMs;
    await pause(Math.max(0, STOPPED_MS - takenUpMs));
    frozen.resume();
    for (const { run_id } of acks) {
      await follower.run(run_id);
      await owner.run(run_id);
    }
    await answers(owner);
    await expectSound(cluster, [
      ["frozen", owner],
      ["frozen", follower],
    ]);
    owner.close();
    follower.close();
    const load = Load.start(cluster);
    await load.goesOn(8);
    await load.finish();
    await expectBackAtRest(cluster, before);
  },
  240_000,
);

const TRIES = 60;
const STOPS = 40;
/** What another node's user may have to wait for a lock that a stopped node holds. */
const LOCKED_MS = 12_000;

test(
  seeded(
    "I1–I5 a node stopped amid a transaction does not hold its users up elsewhere",
  ),
  async () => {
    const cluster = await Cluster.start({ nodes: 2 });
    const stuck = await cluster.node(0).connect("stuck");
    const elsewhere = await cluster.node(1).connect("stuck");
    const watch = new pg.Client(cluster.postgres.url);
    watch.on("error", () => undefined);
    await watch.connect();
    const isAmidOne = async () => {
      const { rows } = await watch.query(
        "select 1 from pg_stat_activity where state = 'idle in transaction' and state_change < now() - interval '100 ms'",
      );
      return rows.length > 0;
    };
    const stopAmidOne = async () => {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        // A stop is a transaction of several statements under its user's lock.
        for (let index = 0; index < STOPS; index++)
          stuck.send({ type: "stop_run", run_id: crypto.randomUUID() });
        await pause(attempt % 20);
        cluster.node(0).pause();
        await pause(150);
        if (await isAmidOne()) return true;
        cluster.node(0).resume();
        await stuck.settle();
      }
      return false;
    };
    expect(await stopAmidOne()).toBe(true);
    const message_id = crypto.randomUUID();
    elsewhere.send({ type: "user_message", message_id, text: "beta noop!" });
    const sentMs = performance.now();
    await elsewhere.next("ack", (it) => it.message_id === message_id);
    expect(performance.now() - sentMs).toBeLessThan(LOCKED_MS);
    cluster.node(0).resume();
    await answers(stuck);
    await watch.end();
    await expectSound(cluster, [
      ["stuck", stuck],
      ["stuck", elsewhere],
    ]);
  },
  240_000,
);
