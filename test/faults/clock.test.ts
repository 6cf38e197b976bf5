/**
 * A node whose calendar is an hour off, from its start or from one moment to the next. Only a token's end is the calendar's: timers, deadlines
 * and heartbeats go on, no run times out (R10), and order comes from the database.
 */
import { expect, test } from "vitest";
import { Cluster } from "../support/cluster.ts";
import { brokenRules } from "../support/rules.ts";
import type { TestSocket } from "../support/socket.ts";
import { Load } from "./load.ts";
import { amount, seeded } from "./seed.ts";
import { until } from "./until.ts";

const HOUR_MS = 3_600_000;

test(
  seeded("I1–I5 R10 three nodes whose clocks are an hour apart"),
  async () => {
    const cluster = await Cluster.start({ nodes: 0 });
    await cluster.startNode(0);
    await cluster.startNode(1, { CLOCK_SHIFT_MS: String(HOUR_MS) });
    await cluster.startNode(2, { CLOCK_SHIFT_MS: String(-HOUR_MS) });
    const load = Load.start(cluster);
    await load.goesOn(amount(12, 60));
    // Attempts on one node go on at another whose calendar is elsewhere.
    await cluster.kill(0);
    await cluster.startNode(0, { CLOCK_SHIFT_MS: String(-HOUR_MS) });
    await load.goesOn(8);
    const { runs } = await load.finish();
    expect(new Set(runs.map((it) => it.status))).toEqual(
      new Set(["completed", "partial"]),
    );
  },
  240_000,
);

test(
  seeded(
    "R8 R10 a run that another node takes up an hour later by the calendar has its time left",
  ),
  async () => {
    const cluster = await Cluster.start({ nodes: 0 });
    const times = { RUN_TIMEOUT_MS: "120000", AGENT_TIMEOUT_MS: "120000" };
    await cluster.startNode(0, { ...times, TOOL_TIMEOUT_MS: "120000" });
    const socket = await cluster.node(0).connect("postponed");
    socket.send({
      type: "user_message",
      text: "alpha noop; beta hang; gamma noop!",
    });
    const { thread_id, run_id } = await socket.next("ack");
    await socket.find(
      (it) => it.type === "tool_executing" && it.tool_name === "hang",
    );
    await cluster.startNode(1, {
      ...times,
      TOOL_TIMEOUT_MS: "300",
      CLOCK_SHIFT_MS: String(HOUR_MS),
    });
    const follower = await cluster.node(1).connect("postponed");
    follower.send({ type: "join_thread", thread_id });
    await cluster.kill(0);
    await until("attempt 2", 45_000, () =>
      follower.events().some((it) => it.attempt === 2),
    );
    const events = await follower.run(run_id);
    expect(brokenRules(events)).toEqual([]);
    const gamma = events.filter((it) => it.agent_name === "gamma");
    expect(gamma.at(-1)).toMatchObject({ status: "completed" });
    expect(events.at(-1)).toMatchObject({ status: "partial" });
    expect(JSON.stringify(events.at(-1))).not.toContain("timed_out");
  },
  240_000,
);

/** Counts the pings that come in from now on. */
function pings(socket: TestSocket): () => number {
  let count = 0;
  socket.ws.on("ping", () => (count += 1));
  return () => count;
}

test(
  seeded(
    "§1 §6 a clock set an hour on and back while a run is at work ends old tokens and nothing else",
  ),
  async () => {
    const cluster = await Cluster.start({ nodes: 0 });
    const node = await cluster.startNode(0, {
      CLOCK_SHIFT_MS: "0",
      HEARTBEAT_INTERVAL_MS: "500",
      RUN_TIMEOUT_MS: "30000",
    });
    const socket = await node.connect("long", 4 * 3_600);
    const short = await node.connect("short", 1_800);
    for (const shiftMs of [HOUR_MS, -HOUR_MS, 0]) {
      const asked = socket.ask("alpha sleep(2000); beta sleep(500) noop!");
      const earlier = socket.events().length;
      await until("a run at work", 15_000, () =>
        socket
          .events()
          .slice(earlier)
          .some(
            (it) => it.type === "tool_executing" && it.agent_name === "alpha",
          ),
      );
      const pinged = pings(socket);
      await node.shiftClock(shiftMs);
      const { events } = await asked;
      expect(brokenRules(events)).toEqual([]);
      expect(events.at(-1)).toMatchObject({ status: "completed" });
      expect(pinged()).toBeGreaterThan(2);
      if (shiftMs === HOUR_MS)
        expect(await short.closed).toEqual({
          code: 4401,
          reason: "token_expired",
        });
    }
    expect(socket.ws.readyState).toBe(socket.ws.OPEN);
  },
  240_000,
);
