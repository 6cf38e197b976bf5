/** Several runs at once (§5): the three ways of if_busy, order within a thread, the cap per user, and the bound on what waits. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type { Message, Run } from "../../src/domain/model.ts";
import type { Event } from "../../src/domain/protocol.ts";
import { brokenRules } from "../support/rules.ts";
import { ZERO_WORK } from "../support/scripted.ts";
import { TestServer } from "../support/server.ts";
import type { FrameOfType, TestSocket } from "../support/socket.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

async function send(
  socket: TestSocket,
  text: string,
  more: object = {},
): Promise<FrameOfType<"ack">> {
  const message_id = crypto.randomUUID();
  socket.send({ type: "user_message", message_id, text, ...more });
  return (await socket.find(
    (it) => it.type === "ack" && it.message_id === message_id,
  )) as FrameOfType<"ack">;
}

/** The place of a frame among all that the socket got. */
const placeOf = (socket: TestSocket, frame: object) =>
  socket.frames.indexOf(frame as never);

test("§5 enqueue: runs of a thread follow one another in the order sent", async () => {
  const socket = await server.connect("order");
  const first = await send(socket, "alpha gate(order)");
  const { thread_id } = first;
  const acks = [first];
  for (let index = 0; index < 4; index += 1) {
    acks.push(await send(socket, `alpha echo(${index})`, { thread_id }));
  }
  expect(acks.map((it) => it.queue_position)).toEqual([0, 1, 2, 3, 4]);
  const waiting = await server.get<Run>(
    `/api/runs/${acks[3]?.run_id}`,
    "order",
  );
  expect(waiting).toMatchObject({ status: "queued", queue_position: 3 });
  server.gates.open("order");
  let before = 0;
  for (const { run_id } of acks) {
    const events = await socket.run(run_id);
    expect(brokenRules(events)).toEqual([]);
    expect(events[0]?.seq).toBe(before + 1);
    before = events.at(-1)!.seq;
  }
  const { items } = await server.get<{ items: Message[] }>(
    `/api/threads/${thread_id}/messages`,
    "order",
  );
  expect(items.map((it) => it.role)).toEqual(
    acks.flatMap(() => ["user", "assistant"]),
  );
});

test("§5 the ack precedes every event of its run, in a joined thread too", async () => {
  const socket = await server.connect("ack");
  const { ack } = await socket.ask(ZERO_WORK);
  const { thread_id } = ack;
  for (let index = 0; index < 10; index += 1) {
    const { ack, events } = await socket.ask(ZERO_WORK, { thread_id });
    expect(placeOf(socket, ack)).toBeLessThan(placeOf(socket, events[0]!));
  }
});

test("§5 reject: a busy thread refuses, stores nothing and does not use the message_id up", async () => {
  const socket = await server.connect("reject");
  const { thread_id, run_id } = await send(socket, "alpha gate(reject)");
  await server.gates.reached("reject");
  const again = {
    type: "user_message",
    message_id: "again",
    text: "alpha noop",
    thread_id,
    if_busy: "reject",
  };
  socket.send(again);
  expect(await socket.next("error")).toMatchObject({
    code: "busy",
    retryable: false,
    message_id: "again",
  });
  const path = `/api/threads/${thread_id}/messages`;
  const { items } = await server.get<{ items: Message[] }>(path, "reject");
  expect(items).toHaveLength(1);
  server.gates.open("reject");
  await socket.run(run_id);
  socket.send(again);
  expect(await socket.next("ack")).toMatchObject({
    status: "accepted",
    message_id: "again",
  });
});

test("§5 interrupt: the thread's runs end cancelled before the new run's first event", async () => {
  const socket = await server.connect("interrupt");
  const running = await send(socket, "alpha echo(kept); beta gate(never)");
  const { thread_id } = running;
  await server.gates.reached("never");
  const queued = await send(socket, ZERO_WORK, { thread_id });
  const ack = await send(socket, "alpha noop", {
    thread_id,
    if_busy: "interrupt",
  });
  const events = await socket.run(ack.run_id);
  expect(brokenRules(events)).toEqual([]);
  expect(placeOf(socket, ack)).toBeLessThan(placeOf(socket, events[0]!));
  for (const { run_id } of [running, queued]) {
    const ended = await socket.run(run_id);
    expect(brokenRules(ended)).toEqual([]);
    expect(ended.at(-1)).toMatchObject({ status: "cancelled" });
    expect(ended.at(-1)!.seq).toBeLessThan(events[0]!.seq);
  }
});

test("§5 interrupt in an idle thread is an ordinary message", async () => {
  const socket = await server.connect("idle");
  const { ack } = await socket.ask(ZERO_WORK);
  const { events } = await socket.ask(ZERO_WORK, {
    thread_id: ack.thread_id,
    if_busy: "interrupt",
  });
  expect(events.at(-1)).toMatchObject({ status: "completed" });
});

test("§5 no more than ACTIVE_RUNS_PER_USER of a user's runs are at work, across threads and sockets", async () => {
  const sockets = await Promise.all([
    server.connect("cap"),
    server.connect("cap"),
  ]);
  const acks: FrameOfType<"ack">[] = [];
  for (let index = 0; index < 8; index += 1) {
    const socket = sockets[index % 2]!;
    acks.push(await send(socket, `alpha gate(cap${index})`));
  }
  const runs = () =>
    Promise.all(
      acks.map((it) => server.get<Run>(`/api/runs/${it.run_id}`, "cap")),
    );
  const running = async () =>
    (await runs()).flatMap((it, index) =>
      it.status === "running" ? [index] : [],
    );
  for (let done = 0; done < 8; done += 1) {
    const last = Math.min(8, done + 3);
    for (let index = done; index < last; index += 1)
      await server.gates.reached(`cap${index}`);
    expect(await running()).toEqual(
      Array.from({ length: last - done }, (_, index) => done + index),
    );
    server.gates.open(`cap${done}`);
    await sockets[done % 2]!.run(acks[done]!.run_id);
  }
});

test("a run begins as soon as it is submitted or its turn comes, without waiting for a poll", async () => {
  const socket = await server.connect("woken");
  const { ack } = await socket.ask(ZERO_WORK);
  const { thread_id } = ack;
  for (let index = 0; index < 6; index += 1) {
    const since = performance.now();
    const text = "alpha noop!";
    const first = await send(socket, text, { thread_id });
    const second = await send(socket, text, { thread_id });
    await socket.run(first.run_id);
    await socket.run(second.run_id);
    expect(performance.now() - since).toBeLessThan(
      limits.jobPollIntervalMs / 2,
    );
  }
});

test("§5 one user's queue holds up nobody else", async () => {
  const busy = await server.connect("busy");
  for (let index = 0; index < 5; index += 1)
    await send(busy, "alpha gate(shut)");
  const other = await server.connect("other");
  const { events } = await other.ask(ZERO_WORK);
  expect(events.at(-1)).toMatchObject({ status: "completed" });
  server.gates.open("shut");
});

test("§5 the 21st waiting run is too many, until one has ended", async () => {
  const socket = await server.connect("many");
  const first = await send(socket, "alpha gate(many)");
  await server.gates.reached("many");
  const { thread_id } = first;
  const queued: FrameOfType<"ack">[] = [];
  for (let index = 0; index < 20; index += 1)
    queued.push(await send(socket, "alpha noop", { thread_id }));
  const message = { type: "user_message", message_id: "21", text: "alpha" };
  socket.send(message);
  expect(await socket.next("error")).toMatchObject({
    code: "too_many_runs",
    message_id: "21",
  });
  server.gates.open("many");
  const runs: Event[][] = [];
  for (const { run_id } of queued) runs.push(await socket.run(run_id));
  for (const events of runs) expect(brokenRules(events)).toEqual([]);
  socket.send({ ...message, text: "alpha noop" });
  expect(await socket.next("ack")).toMatchObject({ status: "accepted" });
}, 60_000);
