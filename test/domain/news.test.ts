/** What concerns a user, told to a connection: what the bus doubles is told once, and what it brings late undoes nothing (§3, §5). */
import { Effect } from "effect";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { memoryBusLayer } from "../../src/adapters/memory/bus.ts";
import { limits } from "../../src/domain/limits.ts";
import type {
  ConnectionId,
  Thread,
  ThreadId,
  UserId,
} from "../../src/domain/model.ts";
import { News } from "../../src/domain/news.ts";
import { Bus, topics } from "../../src/domain/ports.ts";
import type { BusMessage } from "../../src/domain/ports.ts";
import type { ConnectionFrame } from "../../src/domain/protocol.ts";

const USER = "hearer" as UserId;
let told: ConnectionFrame[];
let left: ThreadId[];
let removals: number;
let news: News;
let hear: (message: BusMessage) => void;

beforeEach(async () => {
  told = [];
  left = [];
  removals = 0;
  news = new News({
    connection_id: "own" as ConnectionId,
    send: (frame) => void told.push(frame),
    leave: (thread) => void left.push(thread),
    remove: () => void (removals += 1),
  });
  const bus = await Effect.runPromise(
    Effect.provide(Bus.use(Effect.succeed), memoryBusLayer),
  );
  const fiber = Effect.runFork(
    Effect.provideService(news.hear(USER), Bus, bus),
  );
  onTestFinished(() => fiber.interruptUnsafe());
  hear = (message) => Effect.runSync(bus.publish(topics.user(USER), message));
});

const id = () => crypto.randomUUID() as ThreadId;

test("§7 a removal ends the connection that it names, and no other", () => {
  hear({ kind: "removal", connection_id: "another" as ConnectionId });
  expect(removals).toBe(0);
  hear({ kind: "removal", connection_id: "own" as ConnectionId });
  expect(removals).toBe(1);
});
const changed = (more: Partial<Thread> & { thread_id: ThreadId }): void =>
  hear({
    kind: "thread",
    thread: {
      title: "A thread",
      created_at: "2026-01-01T00:00:00.000Z",
      updated_at: "2026-01-01T00:00:00.000Z",
      last_seq: 1,
      active_run: null,
      ...more,
    } as Thread,
  });

test("§3 a thread's change that comes twice is told once; a further one is told", () => {
  const thread_id = id();
  changed({ thread_id });
  changed({ thread_id });
  changed({ thread_id, title: "Renamed" });
  changed({ thread_id, title: "Renamed", last_seq: 2 });
  expect(told.map((it) => "title" in it && it.title)).toEqual([
    "A thread",
    "Renamed",
    "Renamed",
  ]);
});

test("§3 a thread's older state that comes late is not told", () => {
  const thread_id = id();
  changed({ thread_id, last_seq: 5 });
  changed({ thread_id, last_seq: 3 });
  changed({ thread_id: id(), last_seq: 3 });
  expect(told.map((it) => "last_seq" in it && it.last_seq)).toEqual([5, 3]);
});

test("§5 a deletion is told once, however often it is heard of, and nothing of the thread after it", () => {
  const thread_id = id();
  hear({ kind: "deleted", thread_id });
  hear({ kind: "deleted", thread_id });
  news.gone(thread_id);
  changed({ thread_id });
  expect(told).toEqual([{ type: "left", thread_id, reason: "deleted" }]);
  expect(left).toEqual([thread_id]);
});

test("what was told is remembered of a bounded number of threads", () => {
  const first = id();
  changed({ thread_id: first });
  for (let more = 0; more < limits.toldThreadsPerConnectionMax; more += 1)
    changed({ thread_id: id() });
  changed({ thread_id: first });
  expect(told).toHaveLength(limits.toldThreadsPerConnectionMax + 2);
});
