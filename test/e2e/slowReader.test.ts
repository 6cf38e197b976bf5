/** Readers that do not keep up (§6, 4301): the log is read no faster than the socket drains, nothing is lost, and who never reads is closed. */
import { Effect } from "effect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type { ThreadId, UserId } from "../../src/domain/model.ts";
import { Bus, topics } from "../../src/domain/ports.ts";
import type { BusMessage } from "../../src/domain/ports.ts";
import type { Event } from "../../src/domain/protocol.ts";
import { Gates, scripted } from "../support/scripted.ts";
import { TestServer } from "../support/server.ts";

const MiB = 1_024 * 1_024;
/** More than the buffers of two sockets on loopback hold. */
const RUNS = 16;

let server: TestServer;
let thread_id: string;
let log: Event[];
beforeAll(async () => {
  const answer = () => ({
    content: "x".repeat(MiB),
    report: {},
    partial: false,
  });
  server = await TestServer.start({
    application: { ...scripted(new Gates()), answer },
  });
  const socket = await server.connect("writer");
  const first = await socket.ask("alpha noop!");
  thread_id = first.ack.thread_id;
  for (let run = 1; run < RUNS; run += 1)
    await socket.ask("alpha noop!", { thread_id });
  log = socket.events();
  socket.close();
});
afterAll(() => server.stop());

test("R5 a reader that pauses gets everything once it reads on, and holds nobody up", async () => {
  const slow = await server.connect("writer");
  const quick = await server.connect("writer");
  slow.send({ type: "join_thread", thread_id });
  await slow.next("joined");
  slow.ws.pause();
  quick.send({ type: "join_thread", thread_id });
  await quick.find((it) => "seq" in it && it.seq === log.length);
  expect(quick.events()).toEqual(log);
  expect(slow.events().length).toBeLessThan(log.length);
  slow.ws.resume();
  await slow.find((it) => "seq" in it && it.seq === log.length);
  expect(slow.events()).toEqual(log);
});

test("§6 4301 closes a reader that has taken nothing for the limit's time, and it may resume", async () => {
  const stalled = await server.connect("writer");
  stalled.send({ type: "join_thread", thread_id });
  await stalled.next("joined");
  stalled.ws.pause();
  const since = performance.now();
  const other = await server.connect("writer");
  const ready = stalled.frames.find((it) => it.type === "connection_ready");
  const isListed = async () => {
    const { items } = await server.get<{
      items: { connection_id: string }[];
    }>("/api/connections", "writer");
    return items.some((it) => it.connection_id === ready?.connection_id);
  };
  expect(await isListed()).toBe(true);
  await expect
    .poll(isListed, { timeout: limits.slowConsumerTimeoutMs + 10_000 })
    .toBe(false);
  expect(performance.now() - since).toBeGreaterThan(
    limits.slowConsumerTimeoutMs - 1_000,
  );
  stalled.ws.resume();
  expect((await stalled.closed).code).toBe(4301);
  const cursor = stalled.events().length;
  expect(cursor).toBeLessThan(log.length);
  other.send({ type: "join_thread", thread_id, after_seq: cursor });
  await other.find((it) => "seq" in it && it.seq === log.length);
  expect([...stalled.events(), ...other.events()]).toEqual(log);
}, 40_000);

test("§6 4301 closes a reader for whom too much waits, before its time is over: news are not held back for it", async () => {
  const reader = await server.connect("newsless");
  reader.ws.pause();
  const since = performance.now();
  // What has been told already is not told again.
  const news = (last_seq: number): BusMessage => ({
    kind: "thread",
    thread: {
      thread_id: "news" as ThreadId,
      title: "x".repeat(MiB / 2),
      created_at: new Date().toISOString(),
      updated_at: new Date().toISOString(),
      last_seq,
      active_run: null,
    },
  });
  const topic = topics.user("newsless" as UserId);
  const publishAll = Effect.flatMap(Bus, (bus) =>
    Effect.forEach(
      Array.from({ length: 65 }, (_, index) => index),
      (seq) => bus.publish(topic, news(seq)),
    ),
  );
  await server.node.services.runPromise(publishAll);
  await expect
    .poll(async () => server.get("/api/connections", "newsless"), {
      timeout: limits.slowConsumerTimeoutMs,
    })
    .toMatchObject({ items: [] });
  expect(performance.now() - since).toBeLessThan(limits.slowConsumerTimeoutMs);
  reader.ws.resume();
  expect((await reader.closed).code).toBe(4301);
}, 40_000);
