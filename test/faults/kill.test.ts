/**
 * kill -9 under load: of one node again and again, of one whose runs are long, of all. What was acknowledged goes on elsewhere (R8) and the
 * invariants hold.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Cluster } from "../support/cluster.ts";
import { readStored } from "../support/invariants.ts";
import type { FrameOfType } from "../support/socket.ts";
import { Load } from "./load.ts";
import { amount, draw, seeded } from "./seed.ts";
import { expectSound, IMPATIENT, PATIENT, TAKEN_UP_MS } from "./sound.ts";
import { pause, until } from "./until.ts";

const killing = fc.record({
  place: fc.nat({ max: 2 }),
  /** From the last node's start to the kill. */
  afterMs: fc.integer({ min: 0, max: 600 }),
});
const KILLS = amount(6, 50);

test(
  seeded(`I1–I5 R8 ${KILLS} times kill -9 of a node amid runs`),
  async () => {
    const cluster = await Cluster.start();
    const load = Load.start(cluster);
    await load.goesOn(8);
    const restarts: Promise<unknown>[] = [];
    for (const { place, afterMs } of draw("kill", killing, KILLS)) {
      // Two nodes at least are there to be killed: the one that was lost last is still on its way back.
      if (!cluster.running.includes(place) || restarts.length > 1)
        await Promise.all(restarts.splice(0));
      await pause(afterMs);
      await cluster.kill(place);
      restarts.push(cluster.startNode(place));
    }
    await Promise.all(restarts);
    await load.goesOn(8);
    const { runs, events } = await load.finish();
    expect(new Set(runs.map((it) => it.status))).not.toContain("timed_out");
    const struck = events.filter((it) => it.attempt > 1);
    const runsStruck = new Set(struck.map((it) => it.run_id)).size;
    expect(runsStruck).toBeGreaterThanOrEqual(KILLS / 6);
  },
  240_000 + KILLS * 8_000,
);

test(
  seeded(
    "I1–I5 R8 a dead node's runs go on within 15 s, from the step at work",
  ),
  async () => {
    const cluster = await Cluster.start({ nodes: 0 });
    await cluster.startNode(0, PATIENT);
    const socket = await cluster.node(0).connect("bereft");
    const text = "alpha echo(a); beta hang; gamma noop!";
    const acks: FrameOfType<"ack">[] = [];
    for (let index = 0; index < 3; index++) {
      socket.send({ type: "user_message", text });
      acks.push(await socket.next("ack"));
    }
    for (const { run_id } of acks)
      await socket.find(
        (it) =>
          it.type === "tool_executing" &&
          it.tool_name === "hang" &&
          it.run_id === run_id,
      );
    await cluster.startNode(1, IMPATIENT);
    await cluster.startNode(2, IMPATIENT);
    const follower = await cluster.node(1).connect("bereft");
    for (const { thread_id } of acks)
      follower.send({ type: "join_thread", thread_id });
    await cluster.kill(0);
    const killedMs = performance.now();
    const secondAttempts = () =>
      acks.map(({ run_id }) =>
        follower
          .events()
          .find((it) => it.run_id === run_id && it.attempt === 2),
      );
    await until("all runs under attempt 2", 3 * TAKEN_UP_MS, () =>
      secondAttempts().every((it) => it !== undefined),
    );
    expect(performance.now() - killedMs).toBeLessThan(TAKEN_UP_MS);
    for (const { run_id } of acks) {
      const events = await follower.run(run_id);
      const started = events.filter((it) => it.type === "agent_started");
      expect(started.map((it) => it.agent_name)).toEqual([
        "supervisor",
        "alpha",
        "beta",
        "beta",
        "gamma",
      ]);
    }
    await expectSound(cluster, [
      ["bereft", socket],
      ["bereft", follower],
    ]);
  },
  240_000,
);

const ROUNDS = amount(1, 2);

test(
  seeded("I1–I5 R8 kill -9 of all nodes, and a start of all"),
  async () => {
    const cluster = await Cluster.start();
    const load = Load.start(cluster);
    const moments = fc.integer({ min: 0, max: 500 });
    for (const afterMs of draw("all", moments, ROUNDS)) {
      await load.goesOn(8);
      await pause(afterMs);
      await Promise.all(cluster.running.map((place) => cluster.kill(place)));
      const before = await readStored(cluster.postgres.url);
      await cluster.startNodes(3);
      const after = await readStored(cluster.postgres.url);
      expect(after.runs.map((it) => it.run_id)).toEqual(
        expect.arrayContaining(before.runs.map((it) => it.run_id)),
      );
    }
    await load.goesOn(8);
    await load.finish();
  },
  240_000 + ROUNDS * 60_000,
);
