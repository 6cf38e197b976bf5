/** docs/PROTOCOL.md sections 3 and 8: the threads of the last session, whatever was killed or flushed since. */
import { Redis } from "ioredis";
import pg from "pg";
import { describe, expect, test } from "vitest";
import type { RememberedThread } from "../../src/domain/ports.ts";
import { ChildNode } from "../support/child.ts";
import { temporaryDirectory } from "../support/config.ts";
import {
  hasServers,
  pairForTest,
  redisForTest,
  someone,
} from "../support/pair.ts";
import type { TestServer } from "../support/server.ts";
import type { TestSocket } from "../support/socket.ts";

const SOON = { timeout: 15_000 };

async function newThread(server: TestServer, user: string): Promise<string> {
  const init = { method: "POST", body: "{}" };
  const response = await server.fetch("/api/threads", user, init);
  return ((await response.json()) as { thread_id: string }).thread_id;
}

async function join(socket: TestSocket, ...threads: string[]): Promise<void> {
  for (const thread_id of threads) {
    socket.send({ type: "join_thread", thread_id });
    await socket.next("joined", (it) => it.thread_id === thread_id);
  }
}

/** What a new connection is greeted with. */
async function threadsAt(server: TestServer, user: string): Promise<string[]> {
  const socket = await server.open({ token: await server.token(user) });
  const { threads } = await socket.next("connection_ready");
  socket.close();
  await socket.closed;
  return threads.map((it) => it.thread_id);
}

/** The session on record, asked as its user. */
async function onRecord(
  databaseUrl: string,
  user: string,
): Promise<readonly RememberedThread[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query<{
      threads: readonly RememberedThread[];
    }>("select * from read_session($1, 3600)", [user]);
    return rows[0]?.threads ?? [];
  } finally {
    await client.end();
  }
}

async function flush(url: string): Promise<void> {
  const client = new Redis(url);
  await client.flushall();
  client.disconnect();
}

describe.skipIf(!hasServers)("the last session's threads", () => {
  test("§3 are there on the other node, in the same order, without those that were left", async () => {
    const { a, b, databaseUrl } = await pairForTest();
    const user = someone();
    const threads = [
      await newThread(a, user),
      await newThread(a, user),
      await newThread(b, user),
    ];
    const socket = await a.connect(user);
    await join(socket, ...threads);
    socket.send({ type: "leave_thread", thread_id: threads[1] });
    await socket.settle();
    socket.close();
    const kept = [threads[0]!, threads[2]!];
    await expect
      .poll(async () => (await onRecord(databaseUrl, user)).map(idOf), SOON)
      .toEqual(kept);
    expect(await threadsAt(b, user)).toEqual(kept);
  });

  test("§8 are there after the cache was flushed, and while it is away; 20 at most", async () => {
    const redis = await redisForTest();
    const { a, b, databaseUrl } = await pairForTest({}, redis.url);
    const user = someone();
    const threads: string[] = [];
    for (let at = 0; at < 22; at += 1) threads.push(await newThread(a, user));
    const socket = await a.connect(user);
    await join(socket, ...threads);
    socket.close();
    const kept = threads.slice(-20);
    await expect
      .poll(async () => (await onRecord(databaseUrl, user)).map(idOf), SOON)
      .toEqual(kept);
    await flush(redis.url);
    expect(await threadsAt(b, user)).toEqual(kept);
    await redis.stop();
    expect(await threadsAt(b, user)).toEqual(kept);
  });

  test("§3 are there after the node was killed under the open connection, with what was acknowledged", async () => {
    const { b, databaseUrl, redisUrl } = await pairForTest();
    const child = await ChildNode.start(temporaryDirectory(), {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
    });
    const user = someone();
    const [first, second] = [
      await newThread(b, user),
      await newThread(b, user),
    ];
    const socket = await child.connect(user);
    await join(socket, first);
    socket.send({ type: "ack_events", thread_id: first, seq: 7 });
    await socket.settle();
    await join(socket, second);
    await expect
      .poll(() => onRecord(databaseUrl, user), SOON)
      .toEqual([
        { thread_id: first, seq: 7 },
        { thread_id: second, seq: 0 },
      ]);
    await child.kill();
    await flushUser(redisUrl, user);
    expect(await threadsAt(b, user)).toEqual([first, second]);
  });

  test("§3 stay when a connection that joined none comes and goes, and are gone when all were left", async () => {
    const { a, b, databaseUrl } = await pairForTest();
    const user = someone();
    const thread = await newThread(a, user);
    const socket = await a.connect(user);
    await join(socket, thread);
    await expect.poll(() => onRecord(databaseUrl, user), SOON).toHaveLength(1);
    expect(await threadsAt(b, user)).toEqual([thread]);
    expect(await threadsAt(b, user)).toEqual([thread]);
    socket.send({ type: "leave_thread", thread_id: thread });
    await socket.settle();
    await expect.poll(() => onRecord(databaseUrl, user), SOON).toEqual([]);
    expect(await threadsAt(b, user)).toEqual([]);
  });
});

const idOf = (it: RememberedThread): string => it.thread_id;

/** Forgets one user's session, on a Redis that others use too. */
async function flushUser(url: string, user: string): Promise<void> {
  const client = new Redis(url);
  const keys = await client.keys(`*session:${user}`);
  expect(keys).toHaveLength(1);
  await client.del(keys);
  client.disconnect();
}
