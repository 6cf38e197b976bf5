/**
 * Redis goes away under load, cleanly and not, loses all it knew, and comes back (§8). Runs go on and their events reach every node meanwhile;
 * clients see the mode.
 */
import { Redis } from "ioredis";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Cluster } from "../support/cluster.ts";
import { atRest, expectBackAtRest } from "./rest.ts";
import { Load } from "./load.ts";
import { amount, draw, seeded } from "./seed.ts";
import { pause } from "./until.ts";

const OUTAGES = amount(1, 4);

test.each([
  { name: "ended", signal: "SIGTERM" },
  { name: "killed", signal: "SIGKILL" },
] as const)(
  seeded("I1–I6 §8 Redis is $name under load, and started without its data"),
  async ({ signal }) => {
    const cluster = await Cluster.start();
    const before = await atRest(cluster);
    const load = Load.start(cluster);
    const socket = await cluster.node(0).connect("outlasting");
    for (let outage = 0; outage < OUTAGES; outage++) {
      await load.goesOn(8);
      await cluster.redis.stop(signal);
      const down = await socket.next(
        "service_status",
        (it) => it.services.cache === "down",
      );
      expect(down.mode).toBe("degraded");
      await load.goesOn(24);
      const { ack } = await socket.ask("alpha noop!");
      expect(ack.status).toBe("accepted");
      await cluster.redis.start();
      await socket.next("service_status", (it) => it.mode === "full");
    }
    socket.close();
    await load.goesOn(8);
    await load.finish();
    await expectBackAtRest(cluster, before);
  },
  240_000 + OUTAGES * 60_000,
);

const FLUSHES = amount(5, 30);

test(
  seeded("I1–I5 §8 Redis is flushed under load"),
  async () => {
    const cluster = await Cluster.start();
    const load = Load.start(cluster);
    await load.goesOn(8);
    const redis = new Redis(cluster.redis.url);
    const moments = fc.integer({ min: 0, max: 600 });
    for (const afterMs of draw("flush", moments, FLUSHES)) {
      await pause(afterMs);
      await redis.flushall();
    }
    redis.disconnect();
    await load.goesOn(8);
    await load.finish();
  },
  240_000 + FLUSHES * 2_000,
);
