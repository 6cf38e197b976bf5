/** Stopping runs (R10) and deleting threads under them: at every point of a run's life, twice, too late, and by somebody else. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Message, Run } from "../../src/domain/model.ts";
import { brokenRules } from "../support/rules.ts";
import { ZERO_WORK } from "../support/scripted.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

test("R10 a run stopped while it is queued says so in three events", async () => {
  const socket = await server.connect("queued");
  socket.send({ type: "user_message", text: "alpha gate(queued)" });
  const first = await socket.next("ack");
  const { thread_id } = first;
  socket.send({ type: "user_message", text: ZERO_WORK, thread_id });
  const second = await socket.next("ack");
  expect(second.queue_position).toBe(1);
  socket.send({ type: "stop_run", run_id: second.run_id });
  const stopped = await socket.run(second.run_id);
  expect(brokenRules(stopped)).toEqual([]);
  expect(stopped.map((it) => it.type)).toEqual([
    "agent_started",
    "agent_thinking",
    "agent_completed",
  ]);
  expect(stopped.at(-1)).toMatchObject({
    status: "cancelled",
    error: { code: "cancelled" },
  });
  server.gates.open("queued");
  const others = await socket.run(first.run_id);
  expect(others.at(-1)).toMatchObject({ status: "completed" });
  expect(socket.events().map((it) => it.seq)).toEqual(
    socket.events().map((_, index) => index + 1),
  );
});

test("R3 R10 a stop during a tool closes it as cancelled and keeps what was computed", async () => {
  const socket = await server.connect("tool");
  socket.send({ type: "user_message", text: "alpha echo(kept); beta gate(x)" });
  const { run_id, thread_id } = await socket.next("ack");
  await server.gates.reached("x");
  socket.send({ type: "stop_run", run_id });
  socket.send({ type: "stop_run", run_id });
  const events = await socket.run(run_id);
  expect(brokenRules(events)).toEqual([]);
  expect(events.findLast((it) => it.type === "tool_completed")).toMatchObject({
    success: false,
    error: { code: "cancelled" },
  });
  expect(events.at(-1)).toMatchObject({ status: "cancelled" });
  const done = events.find((it) => it.type === "tool_completed");
  expect(done).toMatchObject({ results: { echoed: "kept" } });
  const run = await server.get<Run>(`/api/runs/${run_id}`, "tool");
  expect(run).toMatchObject({
    status: "cancelled",
    error: { code: "cancelled" },
  });
  const { items } = await server.get<{ items: Message[] }>(
    `/api/threads/${thread_id}/messages`,
    "tool",
  );
  expect(items.map((it) => it.role)).toEqual(["user"]);
});

test("R10 a stop after the end changes nothing", async () => {
  const socket = await server.connect("late");
  const { ack, events } = await socket.ask(ZERO_WORK);
  const before = await server.get<Run>(`/api/runs/${ack.run_id}`, "late");
  socket.send({ type: "stop_run", run_id: ack.run_id });
  const stopped = await server.fetch(`/api/runs/${ack.run_id}/stop`, "late", {
    method: "POST",
  });
  expect(await stopped.json()).toEqual(before);
  await socket.settle();
  expect(socket.events()).toEqual(events);
  expect(socket.frames.filter((it) => it.type === "error")).toEqual([]);
});

test("R10 a stop over HTTP ends the run like one over the socket", async () => {
  const socket = await server.connect("http");
  socket.send({ type: "user_message", text: "alpha gate(http)" });
  const { run_id } = await socket.next("ack");
  await server.gates.reached("http");
  await server.fetch(`/api/runs/${run_id}/stop`, "http", { method: "POST" });
  const events = await socket.run(run_id);
  expect(brokenRules(events)).toEqual([]);
  expect(events.at(-1)).toMatchObject({ status: "cancelled" });
});

test("R10 nobody stops another user's run, or learns that it exists", async () => {
  const owner = await server.connect("owner");
  owner.send({ type: "user_message", text: "alpha gate(owned)" });
  const { run_id } = await owner.next("ack");
  await server.gates.reached("owned");
  const stranger = await server.connect("stranger");
  stranger.send({ type: "stop_run", run_id });
  const refused = await stranger.next("error");
  stranger.send({ type: "stop_run", run_id: crypto.randomUUID() });
  expect(await stranger.next("error")).toEqual(refused);
  expect(refused.code).toBe("run_not_found");
  server.gates.open("owned");
  expect((await owner.run(run_id)).at(-1)).toMatchObject({
    status: "completed",
  });
});

test("R10 stops at any moment leave one ending", async () => {
  const socket = await server.connect("racing");
  const runs = Array.from({ length: 12 }, async (_, index) => {
    const message_id = `race-${index}`;
    socket.send({ type: "user_message", message_id, text: ZERO_WORK });
    const ack = await socket.find(
      (it) => it.type === "ack" && it.message_id === message_id,
    );
    const { run_id } = ack as { run_id: string };
    await socket.find(
      (it) => "run_id" in it && it.run_id === run_id && it.type !== "ack",
    );
    for (let turns = 0; turns < index * 3; turns += 1) {
      await new Promise(setImmediate);
    }
    socket.send({ type: "stop_run", run_id });
    return socket.run(run_id);
  });
  for (const events of await Promise.all(runs)) {
    expect(brokenRules(events)).toEqual([]);
    expect(["cancelled", "completed"]).toContain(
      (events.at(-1) as { status?: string }).status,
    );
  }
});

test("§5 deleting a thread during its run stores nothing more and leaves it", async () => {
  const socket = await server.connect("deleter");
  socket.send({ type: "user_message", text: "alpha gate(deleted); beta noop" });
  const { run_id, thread_id } = await socket.next("ack");
  await server.gates.reached("deleted");
  const response = await server.fetch(`/api/threads/${thread_id}`, "deleter", {
    method: "DELETE",
  });
  expect(response.ok).toBe(true);
  expect(await socket.next("left")).toMatchObject({
    thread_id,
    reason: "deleted",
  });
  const delivered = socket.events().length;
  server.gates.open("deleted");
  const { ack } = await socket.ask(ZERO_WORK);
  const later = socket.events().slice(delivered);
  expect(later.filter((it) => it.thread_id !== ack.thread_id)).toEqual([]);
  for (const path of [`threads/${thread_id}`, `runs/${run_id}`]) {
    expect((await server.fetch(`/api/${path}`, "deleter")).status).toBe(404);
  }
});

test("§5 deleting threads frees their places for the runs that wait", async () => {
  const socket = await server.connect("freed");
  const texts = ["alpha gate(f1)", "alpha gate(f2)", "alpha gate(f3)"];
  for (const text of texts) socket.send({ type: "user_message", text });
  const acks = [
    await socket.next("ack"),
    await socket.next("ack"),
    await socket.next("ack"),
  ];
  socket.send({ type: "user_message", text: ZERO_WORK });
  const waiting = await socket.next("ack");
  for (const { thread_id } of acks) {
    await server.fetch(`/api/threads/${thread_id}`, "freed", {
      method: "DELETE",
    });
  }
  const events = await socket.run(waiting.run_id);
  expect(brokenRules(events)).toEqual([]);
});
