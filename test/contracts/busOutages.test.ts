/**
 * The bus when its servers go away and come back: Redis, a shard of a cluster, PostgreSQL, each one of the test's own. What is lost meanwhile
 * is lost; that the way is there again is said, and every topic is heard again.
 */
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { linkedBusLayer } from "../../src/adapters/bus.ts";
import type { OpenLink } from "../../src/adapters/bus.ts";
import { redisLink } from "../../src/adapters/redis/bus.ts";
import { limits } from "../../src/domain/limits.ts";
import type { RunId } from "../../src/domain/model.ts";
import type { BusMessage } from "../../src/domain/ports.ts";
import { BusNode, notifyOver } from "../support/buses.ts";
import {
  hasPostgres,
  hasRedis,
  OwnPostgres,
  OwnRedis,
} from "../support/ownServers.ts";
import { OwnRedisCluster } from "../support/redisCluster.ts";

const PATIENCE = { timeout: 20_000, interval: 20 };
const SLOW_MS = 90_000;
const newTopic = () => `test:${crypto.randomUUID()}`;
const stop = (run: string): BusMessage => ({
  kind: "stop",
  run_id: run as RunId,
});

async function twoNodes(links: readonly OpenLink[]) {
  const layer = linkedBusLayer(links);
  const [here, there] = [await BusNode.open(layer), await BusNode.open(layer)];
  onTestFinished(async () => {
    await here.close();
    await there.close();
  });
  return { here, there };
}

async function ownRedis(): Promise<OwnRedis> {
  const server = await OwnRedis.start();
  onTestFinished(() => server.remove());
  return server;
}

async function ownPostgres() {
  const server = await OwnPostgres.start();
  const { link, end } = notifyOver(server.url);
  onTestFinished(async () => {
    await end();
    await server.remove();
  });
  return { server, link };
}

/** Publishes until it is heard: where a break is not known of yet, the first messages are lost. */
async function untilHeard(
  publish: () => Promise<void>,
  heard: readonly BusMessage[],
): Promise<void> {
  const before = heard.length;
  await expect
    .poll(async () => {
      await publish();
      return heard.length;
    }, PATIENCE)
    .toBeGreaterThan(before);
}

async function shardChannels(url: string): Promise<readonly string[]> {
  const redis = new Redis(url);
  const channels = (await redis.pubsub("SHARDCHANNELS")) as string[];
  redis.disconnect();
  return channels;
}

test.skipIf(!hasRedis())(
  "Redis: a node subscribes to what it listens to, and to nothing else",
  async () => {
    const server = await ownRedis();
    const { here, there } = await twoNodes([redisLink(server.url)]);
    const [shared, own] = [newTopic(), newTopic()];
    const first = await here.listen(shared);
    const second = await here.listen(shared);
    const third = await there.listen(own);
    const names = async () =>
      (await shardChannels(server.url)).map((it) => it.slice(-shared.length));
    expect((await names()).toSorted()).toEqual([shared, own].toSorted());
    await first.leave();
    expect(await names()).toContain(shared);
    await second.leave();
    await third.leave();
    await expect.poll(names, PATIENCE).toEqual([]);
  },
  SLOW_MS,
);

test.skipIf(!hasRedis())(
  "Redis: databases of one server do not hear each other",
  async () => {
    const server = await ownRedis();
    const [one, two] = await Promise.all(
      [1, 2].map((it) =>
        BusNode.open(linkedBusLayer([redisLink(`${server.url}/${it}`)])),
      ),
    );
    const [topic, marker] = [newTopic(), newTopic()];
    const other = await two!.listen(topic);
    await one!.publish(topic, stop("a"));
    const own = await one!.listen(marker);
    await untilHeard(async () => one!.publish(marker, stop("b")), own.heard);
    expect(other.heard).toEqual([]);
    await one!.close();
    await two!.close();
  },
  SLOW_MS,
);

test.skipIf(!hasRedis())(
  "Redis: after a break every topic is heard again, those that came meanwhile too, and the nodes are told",
  async () => {
    const server = await ownRedis();
    const { here, there } = await twoNodes([redisLink(server.url)]);
    const many = Array.from(
      { length: limits.busTopicsPerCommandMax + 1 },
      newTopic,
    );
    const before = await Promise.all(many.map((it) => there.listen(it)));
    const restored = await there.countRestored();
    await server.stop();
    const late = newTopic();
    const meanwhile = await there.listen(late);
    await here.publish(late, stop("lost"));
    await server.start();
    await expect.poll(restored, PATIENCE).toBeGreaterThan(0);
    await untilHeard(() => here.publish(late, stop("a")), meanwhile.heard);
    for (const topic of many) await here.publish(topic, stop("b"));
    for (const { heard } of before)
      await expect.poll(() => heard, PATIENCE).toEqual([stop("b")]);
    expect(meanwhile.heard).not.toContainEqual(stop("lost"));
  },
  SLOW_MS,
);

test.skipIf(!hasRedis())(
  "Redis cluster: a shard's broken connection is made anew, and its topics are heard again",
  async () => {
    const cluster = await OwnRedisCluster.start();
    onTestFinished(() => cluster.remove());
    const { here, there } = await twoNodes([redisLink(cluster.url)]);
    const many = Array.from({ length: 12 }, newTopic);
    const listening = await Promise.all(many.map((it) => there.listen(it)));
    const restored = await there.countRestored();
    for (const { url } of cluster.masters) {
      const redis = new Redis(url);
      await redis.client("KILL", "TYPE", "PUBSUB");
      redis.disconnect();
    }
    await expect.poll(restored, PATIENCE).toBeGreaterThan(0);
    for (const [index, { heard }] of listening.entries())
      await untilHeard(() => here.publish(many[index]!, stop("a")), heard);
  },
  SLOW_MS,
);

test.skipIf(!hasPostgres())(
  "PostgreSQL: after a break it listens again, and the nodes are told",
  async () => {
    const { server, link } = await ownPostgres();
    const { here, there } = await twoNodes([link]);
    const topic = newTopic();
    const { heard } = await there.listen(topic);
    const restored = await there.countRestored();
    await server.stop();
    await here.publish(topic, stop("lost"));
    await server.start();
    await expect.poll(restored, PATIENCE).toBeGreaterThan(0);
    await untilHeard(() => here.publish(topic, stop("a")), heard);
    expect(heard).not.toContainEqual(stop("lost"));
  },
  SLOW_MS,
);

test.skipIf(!hasRedis() || !hasPostgres())(
  "§8 while Redis is away messages go through PostgreSQL, and through Redis again when it is back",
  async () => {
    const redis = await ownRedis();
    const { server, link } = await ownPostgres();
    const { here, there } = await twoNodes([redisLink(redis.url), link]);
    const topic = newTopic();
    const { heard } = await there.listen(topic);
    await here.publish(topic, stop("by redis"));
    await expect.poll(() => heard, PATIENCE).toEqual([stop("by redis")]);

    await redis.stop();
    await untilHeard(() => here.publish(topic, stop("by postgres")), heard);
    const restored = await there.countRestored();
    await redis.start();
    await expect.poll(restored, PATIENCE).toBeGreaterThan(0);

    await server.stop();
    await untilHeard(() => here.publish(topic, stop("redis again")), heard);
    expect(heard).toContainEqual(stop("redis again"));
  },
  SLOW_MS,
);

test.skipIf(!hasRedis() || !hasPostgres())(
  "§8 a Redis that stands still is given up, and nobody who publishes waits for it",
  async () => {
    const redis = await ownRedis();
    const { link } = await ownPostgres();
    const { here, there } = await twoNodes([redisLink(redis.url), link]);
    const topic = newTopic();
    const { heard } = await there.listen(topic);
    process.kill(redis.pid!, "SIGSTOP");
    const startedMs = performance.now();
    await here.publish(topic, stop("a"));
    expect(performance.now() - startedMs).toBeLessThan(
      limits.cacheCommandTimeoutMs / 2,
    );
    await expect.poll(() => heard, PATIENCE).toContainEqual(stop("a"));
    process.kill(redis.pid!, "SIGCONT");
    await untilHeard(() => here.publish(topic, stop("b")), heard);
  },
  SLOW_MS,
);
