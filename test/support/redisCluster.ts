/**
 * A Redis cluster of a test's own: three masters on free ports. Owns the processes. Promises: every slot is served when it has started.
 */
import { Redis } from "ioredis";
import { setTimeout } from "node:timers/promises";
import { freePort, OwnRedis } from "./ownServers.ts";

const SLOTS = 16_384;
const MASTERS = 3;
const START_MS_MAX = 30_000;
const LOOK_INTERVAL_MS = 50;

export class OwnRedisCluster {
  readonly masters: readonly OwnRedis[];

  private constructor(masters: readonly OwnRedis[]) {
    this.masters = masters;
  }

  static async start(): Promise<OwnRedisCluster> {
    const busPorts = await Promise.all(
      Array.from({ length: MASTERS }, freePort),
    );
    const masters = await Promise.all(
      busPorts.map((port) =>
        OwnRedis.start(
          ["--cluster-enabled", "yes", "--cluster-port", `${port}`].concat([
            "--cluster-node-timeout",
            "2000",
          ]),
        ),
      ),
    );
    const cluster = new OwnRedisCluster(masters);
    await cluster.#join(busPorts);
    return cluster;
  }

  /** As REDIS_URL takes it. */
  get url(): string {
    return this.masters.map((it) => it.url).join(",");
  }

  async remove(): Promise<void> {
    await Promise.all(this.masters.map((it) => it.remove()));
  }

  async #join(busPorts: readonly number[]): Promise<void> {
    const clients = this.masters.map((it) => new Redis(it.url));
    const share = Math.ceil(SLOTS / MASTERS);
    for (const [index, client] of clients.entries()) {
      const last = Math.min(SLOTS, (index + 1) * share) - 1;
      await client.cluster("ADDSLOTSRANGE", index * share, last);
      const { port } = this.masters[index]!;
      await clients[0]!.call(
        "CLUSTER",
        "MEET",
        "127.0.0.1",
        `${port}`,
        `${busPorts[index]}`,
      );
    }
    const deadlineMs = performance.now() + START_MS_MAX;
    for (const client of clients) {
      while (!String(await client.cluster("INFO")).includes("state:ok")) {
        if (performance.now() > deadlineMs)
          throw new Error("the cluster does not come together");
        await setTimeout(LOOK_INTERVAL_MS);
      }
      client.disconnect();
    }
  }
}
