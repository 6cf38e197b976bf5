/**
 * join_thread (§5, R5, R7): replay and live as one line, from any cursor, repeated, cut at random, read slowly. A failure prints
 * fast-check's seed and path; RESUME_SEED replays it.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Event } from "../../src/domain/protocol.ts";
import { brokenRules } from "../support/rules.ts";
import { ZERO_WORK } from "../support/scripted.ts";
import { TestServer } from "../support/server.ts";
import type { TestSocket } from "../support/socket.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const seqs = (events: readonly Event[]) => events.map((it) => it.seq);
const upTo = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

async function joined(user: string, thread_id: string, after_seq?: number) {
  const socket = await server.connect(user);
  const from = after_seq === undefined ? {} : { after_seq };
  socket.send({ type: "join_thread", thread_id, ...from });
  return { socket, answer: await socket.next("joined") };
}

/** Events until one of this seq or a later one has come. */
async function until(socket: TestSocket, seq: number): Promise<Event[]> {
  await socket.find((it) => "seq" in it && it.seq >= seq);
  return socket.events();
}

test("R5 after_seq in the middle replays what follows it, field for field", async () => {
  const socket = await server.connect("middle");
  const { ack, events } = await socket.ask(ZERO_WORK);
  for (const after of [0, 1, 11, 23]) {
    const { socket: other, answer } = await joined(
      "middle",
      ack.thread_id,
      after,
    );
    expect(answer).toMatchObject({ last_seq: 24, active_run: null });
    expect(await until(other, 24)).toEqual(events.slice(after));
    other.close();
  }
});

test("§5 after_seq at or beyond last_seq replays nothing and goes on live from last_seq + 1", async () => {
  const socket = await server.connect("beyond");
  const { ack } = await socket.ask(ZERO_WORK);
  const { thread_id } = ack;
  const at = await joined("beyond", thread_id, 24);
  const beyond = await joined("beyond", thread_id, 1_000_000);
  expect(beyond.answer.last_seq).toBe(24);
  const { events } = await socket.ask(ZERO_WORK, { thread_id });
  expect(await until(at.socket, 48)).toEqual(events);
  expect(await until(beyond.socket, 48)).toEqual(events);
});

test("§5 a repeated join starts again from its after_seq", async () => {
  const socket = await server.connect("repeat");
  const { ack, events } = await socket.ask(ZERO_WORK);
  const { thread_id } = ack;
  for (const after_seq of [20, 4, 23]) {
    const before = socket.frames.length;
    socket.send({ type: "join_thread", thread_id, after_seq });
    await expect
      .poll(
        () =>
          socket.events().slice(-1)[0]?.seq === 24 &&
          socket.frames.length === before + 1 + 24 - after_seq,
        { timeout: 5_000 },
      )
      .toBe(true);
    const [answer, ...replayed] = socket.frames.slice(before);
    expect(answer?.type).toBe("joined");
    expect(replayed).toEqual(events.slice(after_seq));
  }
});

test("§5 joins repeated while the run goes on: after each joined the line starts at after_seq + 1", async () => {
  const socket = await server.connect("rejoin");
  const text =
    "alpha sleep(5) sleep(5) sleep(5) sleep(5); beta sleep(5) sleep(5) noop noop noop";
  socket.send({ type: "user_message", text });
  const { thread_id, run_id } = await socket.next("ack");
  for (const after_seq of [0, 3, 0, 7, 2]) {
    socket.send({ type: "join_thread", thread_id, after_seq });
    await socket.next("joined");
    await socket.next("agent_thinking");
  }
  await socket.run(run_id);
  let expected: number | null = null;
  const cursors = [0, 3, 0, 7, 2];
  for (const frame of socket.frames) {
    if (frame.type === "joined") {
      expected = Math.min(cursors.shift()!, frame.last_seq) + 1;
    } else if ("seq" in frame && expected !== null) {
      expect(frame.seq).toBe(expected);
      expected += 1;
    }
  }
});

test("§5 after leave_thread nothing of it comes any more", async () => {
  const socket = await server.connect("leaver");
  socket.send({ type: "user_message", text: "alpha gate(leave); beta noop" });
  const { thread_id, run_id } = await socket.next("ack");
  await server.gates.reached("leave");
  const { socket: watcher } = await joined("leaver", thread_id);
  socket.send({ type: "leave_thread", thread_id });
  await socket.next("left");
  const delivered = socket.events().length;
  server.gates.open("leave");
  expect(brokenRules(await watcher.run(run_id))).toEqual([]);
  await socket.settle();
  expect(socket.events()).toHaveLength(delivered);
});

test("R7 what is delivered can be read over HTTP at that moment", async () => {
  const socket = await server.connect("stored");
  socket.send({ type: "user_message", text: "alpha sleep(5) sleep(5) noop" });
  for (let seen = 0; seen < 12; seen += 1) {
    const event = (await socket.find(
      (it) => "seq" in it && it.seq === seen + 1,
    )) as Event;
    const path = `/api/threads/${event.thread_id}/events?after_seq=${seen}&limit=1`;
    const { items } = await server.get<{ items: Event[] }>(path, "stored");
    expect(items).toEqual([event]);
  }
});

/** One follower: sessions that are cut after so many events, and come back with their cursor. */
async function follow(
  user: string,
  thread_id: string,
  cuts: readonly number[],
  last: number,
): Promise<Event[]> {
  const got: Event[] = [];
  for (let session = 0; got.length < last; session += 1) {
    const cursor = got.length;
    const { socket } = await joined(user, thread_id, cursor);
    const wanted = Math.min(last, cursor + (cuts[session] ?? last));
    await until(socket, wanted);
    socket.terminate();
    const events = [...socket.events()];
    expect(seqs(events)).toEqual(upTo(cursor + 1, cursor + events.length));
    got.push(...events);
  }
  return got;
}

const SEED = process.env["RESUME_SEED"];

test("R5 clients that are cut at random and come back with their cursor get the log, without gap or duplicate", async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 });
  const property = fc.asyncProperty(
    fc.array(cuts, { minLength: 1, maxLength: 4 }),
    async (followers) => {
      const user = crypto.randomUUID();
      const socket = await server.connect(user);
      socket.send({ type: "user_message", text: ZERO_WORK });
      const { thread_id } = await socket.next("ack");
      for (const text of [ZERO_WORK, "alpha sleep(3) fail; beta sleep(3)"])
        socket.send({ type: "user_message", text, thread_id });
      const last = 24 + 24 + 19;
      const got = await Promise.all(
        followers.map((it) => follow(user, thread_id, it, last)),
      );
      const { items } = await server.get<{ items: Event[] }>(
        `/api/threads/${thread_id}/events`,
        user,
      );
      expect(seqs(items)).toEqual(upTo(1, last));
      for (const events of got) expect(events).toEqual(items);
      expect(await until(socket, last)).toEqual(items);
      socket.close();
    },
  );
  await fc.assert(property, {
    numRuns: 12,
    endOnFailure: true,
    ...(SEED === undefined ? {} : { seed: Number(SEED) }),
  });
}, 60_000);
