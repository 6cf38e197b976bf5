/** The client's parts under every order of inputs: cursors let through a contiguous log, the outbox loses and repeats nothing. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Cursors } from "../../src/client/cursors.ts";
import { createFeed, FeedOverflow } from "../../src/client/feed.ts";
import { parseFrame } from "../../src/client/frames.ts";
import { clientLimits } from "../../src/client/limits.ts";
import { Outbox } from "../../src/client/outbox.ts";
import type { ClientFrame, Event } from "../../src/domain/protocol.ts";
import { MemoryStorage, thinking } from "./peer.ts";

test("whatever is lost, repeated or cut, what passes is the log, each event once and in order", () => {
  const faults = fc.array(
    fc.constantFrom("deliver", "lose", "repeat", "cut", "answerLate"),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(faults, (steps) => {
      const cursors = new Cursors();
      const log: Event[] = [];
      const passed: number[] = [];
      const hear = (event: Event): ClientFrame | null => {
        const { deliver, send } = cursors.onEvent(event);
        if (deliver) passed.push(event.seq);
        return send;
      };
      const answer = (frame: ClientFrame | null) => {
        if (frame?.type !== "join_thread") return;
        cursors.onJoined({
          type: "joined",
          thread_id: "t1",
          last_seq: log.length,
          active_run: null,
        });
        for (const event of log.slice(frame.after_seq)) hear(event);
      };
      answer(cursors.join("t1", 0));
      for (const step of steps) {
        const event = thinking(log.length + 1);
        log.push(event);
        if (step === "cut") for (const it of cursors.resume()) answer(it);
        else if (step === "answerLate") {
          const join = cursors.join("t1", passed.length);
          hear(event);
          answer(join);
        } else if (step !== "lose") answer(hear(event));
        if (step === "repeat") answer(hear(event));
      }
      for (const it of cursors.resume()) answer(it);
      expect(passed).toEqual(log.map((event) => event.seq));
    }),
  );
});

test("threads are joined again in the order of their last use, since of too many the first are dropped", () => {
  const cursors = new Cursors();
  for (const thread of ["t1", "t2", "t3", "t4"]) cursors.follow(thread);
  cursors.onEvent(thinking(1));
  cursors.follow("t2");
  const order = () =>
    cursors.resume().map((it) => "thread_id" in it && it.thread_id);
  expect(order()).toEqual(["t3", "t4", "t1", "t2"]);
  expect(order()).toEqual(["t3", "t4", "t1", "t2"]);
});

test("a log that is shorter than the cursor goes on from its own last seq", () => {
  const cursors = new Cursors();
  cursors.join("t1", 40);
  cursors.onJoined({
    type: "joined",
    thread_id: "t1",
    last_seq: 7,
    active_run: null,
  });
  expect(cursors.onEvent(thinking(8))).toEqual({ deliver: true, send: null });
});

test("a thread that a message joined starts at its run's first event", () => {
  const cursors = new Cursors();
  expect(cursors.onEvent(thinking(41)).deliver).toBe(false);
  cursors.follow("t1");
  expect(cursors.onEvent(thinking(41)).deliver).toBe(true);
  expect(cursors.onEvent(thinking(41)).deliver).toBe(false);
});

test("an acknowledgement is sent once per progress", () => {
  const cursors = new Cursors();
  cursors.follow("t1");
  cursors.onEvent(thinking(1));
  expect(cursors.takeAcks()).toEqual([
    { type: "ack_events", thread_id: "t1", seq: 1 },
  ]);
  expect(cursors.takeAcks()).toEqual([]);
});

test("over reloads and reconnects every message stays until it is settled, and is due once per connection", () => {
  const steps = fc.array(
    fc.constantFrom("add", "send", "settle", "reload", "reconnect"),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (sequence) => {
      const storage = new MemoryStorage();
      let outbox = new Outbox(storage);
      outbox.onReady("alice");
      const open = new Set<string>();
      let unsent = new Set<string>();
      let added = 0;
      for (const step of sequence) {
        if (step === "add") {
          const id = `m${(added += 1)}`;
          outbox.add({
            message_id: id,
            text: "hello",
            thread_id: null,
            if_busy: "enqueue",
          });
          open.add(id);
          unsent.add(id);
        }
        if (step === "send") {
          expect(outbox.takeDue(0).map((it) => it.message_id)).toEqual([
            ...unsent,
          ]);
          unsent.clear();
        }
        const [first] = open;
        if (step === "settle" && first !== undefined) {
          outbox.remove(first);
          open.delete(first);
          unsent.delete(first);
        }
        if (step === "reload") outbox = new Outbox(storage);
        if (step === "reload" || step === "reconnect") {
          outbox.onReady("alice");
          unsent = new Set(open);
        }
        expect(outbox.items().map((it) => it.message_id)).toEqual([...open]);
      }
    }),
  );
});

test("a message written before anyone was known is not stored for the next user of the machine", () => {
  const storage = new MemoryStorage();
  const item = {
    message_id: "m1",
    text: "x",
    thread_id: null,
    if_busy: "enqueue",
  } as const;
  new Outbox(storage).add(item);
  expect(new Outbox(storage).items()).toEqual([]);
});

test("storage that holds anything but messages is an empty outbox", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const storage = new MemoryStorage();
      storage.setItem("goldenpath.outbox", text);
      const outbox = new Outbox(storage);
      outbox.onReady("alice");
      expect(outbox.takeDue(0)).toEqual([]);
    }),
  );
});

test("text that is not a frame is null, never a throw", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.anything()), (input) => {
      const frame = parseFrame(input);
      expect(frame === null || typeof frame.type === "string").toBe(true);
    }),
  );
});

test("a reader that falls too far behind gets what was kept and then FeedOverflow", async () => {
  let push: (event: Event) => void = () => {};
  const feed = createFeed((listener) => {
    push = listener;
    return () => {};
  });
  const held = clientLimits.iterableEventsMax;
  for (let seq = 1; seq <= held + 1; seq += 1) push(thinking(seq));
  let read = 0;
  await expect(async () => {
    for await (const event of feed) read = event.seq;
  }).rejects.toBeInstanceOf(FeedOverflow);
  expect(read).toBe(held);
});
