/**
 * Starts that find less than they need: no database, no Redis, neither, or an empty database that others migrate at the same moment (§8). A node
 * serves what it can and becomes full by itself.
 */
import pg from "pg";
import { expect, test } from "vitest";
import { Cluster } from "../support/cluster.ts";
import { brokenRules } from "../support/rules.ts";
import { Load } from "./load.ts";
import { amount, seeded } from "./seed.ts";
import { until } from "./until.ts";

const ready = async (url: string) =>
  (await fetch(`${url}/health/ready`)).status;

test.each([
  { name: "PostgreSQL", database: "down", cache: "up" },
  { name: "Redis", database: "up", cache: "down" },
  { name: "both", database: "down", cache: "down" },
] as const)(
  seeded("I1–I5 §8 three nodes start without $name, and it comes"),
  async ({ database, cache }) => {
    const cluster = await Cluster.start({ nodes: 0 });
    if (database === "down") await cluster.postgres.stop("SIGINT");
    if (cache === "down") await cluster.redis.stop("SIGTERM");
    await cluster.startNodes(3);
    const socket = await cluster.node(0).connect("early");
    expect(socket.frames[0]).toMatchObject({
      mode: "degraded",
      services: { database, cache },
    });
    const { url } = cluster.node(0);
    expect(await ready(url)).toBe(database === "up" ? 200 : 503);
    const message = {
      type: "user_message",
      message_id: crypto.randomUUID(),
      text: "alpha noop!",
    };
    if (database === "down") {
      socket.send(message);
      expect(await socket.next("error")).toMatchObject({
        code: "service_unavailable",
        retryable: true,
      });
      await cluster.postgres.start();
      await socket.next(
        "service_status",
        (it) => it.services.database === "up",
      );
    }
    socket.send(message);
    const ack = await socket.next("ack");
    expect(brokenRules(await socket.run(ack.run_id))).toEqual([]);
    if (cache === "down") {
      await cluster.redis.start();
      await socket.next("service_status", (it) => it.services.cache === "up");
    }
    await until("readiness", 15_000, async () => (await ready(url)) === 200);
    const load = Load.start(cluster);
    await load.goesOn(12);
    await load.finish();
  },
  240_000,
);

const DATABASES = amount(2, 5);

test(
  seeded(
    "two nodes migrate an empty database at once, on one server others too",
  ),
  async () => {
    const cluster = await Cluster.start({ nodes: 0 });
    const client = new pg.Client(cluster.postgres.url);
    await client.connect();
    const urls: string[] = [];
    for (let index = 0; index < DATABASES; index++) {
      await client.query(`create database twin_${index}`);
      const url = new URL(cluster.postgres.url);
      url.pathname = `twin_${index}`;
      urls.push(url.href);
    }
    await client.end();
    const nodes = await Promise.all(
      urls.flatMap((url, index) =>
        [0, 1].map((twin) =>
          cluster.startNode(index * 2 + twin, { DATABASE_URL: url }),
        ),
      ),
    );
    for (const node of nodes) {
      const socket = await node.connect("settler");
      const { events } = await socket.ask("alpha noop!; beta noop!");
      expect(brokenRules(events)).toEqual([]);
      socket.close();
    }
  },
  240_000 + DATABASES * 10_000,
);
