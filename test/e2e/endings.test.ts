/**
 * The rows of docs/OPERATIONS.md "The ways things end" for runs, by their ids: what is persisted, sent, logged, counted and released. A process
 * of its own for each, read from outside: frames, HTTP, log lines, metrics.
 */
import { expect, test, vi } from "vitest";
import type { Message, Run } from "../../src/domain/model.ts";
import type { ChildNode } from "../support/child.ts";
import {
  counted,
  directory,
  idle,
  line,
  startNode,
} from "../support/watching.ts";

/** Several processes start in each test, on whatever machine. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const USER = "ending";
const runOf = (node: ChildNode, run: string) =>
  node.get<Run>(`/api/runs/${run}`, USER);

test("W1 a run ends normally: answer stored, told, counted, logged at debug, its place free", async () => {
  const node = await startNode();
  const socket = await node.connect(USER);
  const { ack, events } = await socket.ask("alpha noop!");
  const { run_id, thread_id } = ack;
  expect(events.slice(-2)).toMatchObject([
    { type: "final_response" },
    { type: "agent_completed", agent_name: "supervisor", status: "completed" },
  ]);
  await socket.find(
    (it) => it.type === "thread_updated" && it.active_run === null,
  );
  expect(await runOf(node, run_id)).toMatchObject({
    status: "completed",
    attempt: 1,
  });
  const { items } = await node.get<{ items: Message[] }>(
    `/api/threads/${thread_id}/messages`,
    USER,
  );
  expect(items.map((it) => it.role)).toEqual(["user", "assistant"]);
  expect(
    await line(node, "a run was claimed", { run_id, thread_id, attempt: 1 }),
  ).toMatchObject({ level: "DEBUG" });
  expect(
    await line(node, "a run has ended", {
      run_id,
      user_id: USER,
      status: "completed",
    }),
  ).toMatchObject({ level: "DEBUG" });
  await counted(node, 'goldenpath_runs_ended_total{status="completed"}', 1);
  await idle(node);
});

test("W2 its user disconnects: the run goes on as if nobody had left, and is replayed", async () => {
  const node = await startNode();
  const socket = await node.connect(USER);
  socket.send({ type: "user_message", text: "alpha sleep(500); beta noop!" });
  const { run_id, thread_id } = await socket.next("ack");
  await socket.next("tool_executing");
  socket.terminate();
  const again = await node.connect(USER);
  again.send({ type: "join_thread", thread_id });
  const events = await again.run(run_id);
  expect(events[0]).toMatchObject({ seq: 1 });
  expect(events.at(-1)).toMatchObject({ status: "completed", attempt: 1 });
  await line(node, "a run has ended", {
    run_id,
    status: "completed",
    attempt: 1,
  });
  await counted(node, 'goldenpath_runs_ended_total{status="completed"}', 1);
  await counted(node, 'goldenpath_runs_claimed_total{attempt="again"}', 0);
  await idle(node);
});

test("W3 a run fails: no answer, the defect logged with its run, counted, and nothing of it sent", async () => {
  const node = await startNode();
  const socket = await node.connect(USER);
  const { ack, events } = await socket.ask("alpha die!");
  const { run_id } = ack;
  expect(events.at(-1)).toMatchObject({
    success: false,
    status: "failed",
    error: { code: "no_answer" },
  });
  expect(events.filter((it) => it.type === "final_response")).toEqual([]);
  expect(events.find((it) => it.type === "tool_completed")).toMatchObject({
    success: false,
    error: { code: "internal" },
  });
  expect(JSON.stringify(socket.frames)).not.toContain("a defect with");
  expect(await runOf(node, run_id)).toMatchObject({
    status: "failed",
    error: { code: "no_answer" },
  });
  expect(
    await line(node, "defect in an actor", { run_id, user_id: USER }),
  ).toMatchObject({ level: "ERROR" });
  expect(
    await line(node, "a run has ended", { run_id, status: "failed" }),
  ).toMatchObject({ level: "INFO" });
  await counted(node, 'goldenpath_runs_ended_total{status="failed"}', 1);
  await counted(node, "goldenpath_defects_total", 1);
  await idle(node);
});

test("W4 a run is out of time: partial with what is finished, else timed out; logged, counted, its tool interrupted", async () => {
  const node = await startNode(directory(), { RUN_TIMEOUT_MS: "1500" });
  const socket = await node.connect(USER);
  const partial = await socket.ask("alpha noop!; beta hang");
  expect(partial.events.at(-1)).toMatchObject({
    status: "partial",
    error: { code: "timed_out" },
  });
  expect(partial.events.at(-2)).toMatchObject({
    type: "final_response",
    partial: true,
  });
  const { ack, events } = await socket.ask("alpha hang");
  expect(events.at(-1)).toMatchObject({ status: "timed_out" });
  expect(events.find((it) => it.type === "tool_completed")).toMatchObject({
    error: { code: "timed_out" },
  });
  expect(await runOf(node, ack.run_id)).toMatchObject({ status: "timed_out" });
  expect(
    await line(node, "a run has ended", {
      run_id: ack.run_id,
      status: "timed_out",
    }),
  ).toMatchObject({ level: "INFO" });
  await counted(node, 'goldenpath_runs_ended_total{status="partial"}', 1);
  await counted(node, 'goldenpath_runs_ended_total{status="timed_out"}', 1);
  await idle(node);
});

test("W5 W10 the node shuts down: the run stays running without an ending and is released; connections close with 1012; exit 0", async () => {
  const dataDir = directory();
  const first = await startNode(dataDir, { DRAIN_TIMEOUT_MS: "6000" });
  const socket = await first.connect(USER);
  socket.send({ type: "user_message", text: "alpha sleep(5000); beta noop!" });
  const { run_id, thread_id } = await socket.next("ack");
  await socket.next("tool_executing");
  expect((await first.terminate()).code).toBe(0);
  await socket.next("server_draining");
  expect(await socket.closed).toEqual({ code: 1012, reason: "server_restart" });
  const ended = socket
    .events()
    .some(
      (it) => it.type === "agent_completed" && it.agent_name === "supervisor",
    );
  expect(ended).toBe(false);
  await line(first, "drain begun", { runs: 1, connections: 1 });
  await line(first, "a run was released", { run_id, attempt: 1 });
  await line(first, "drain ended", { runs: 0 });
  await line(first, "a connection was closed", {
    user_id: USER,
    code: 1012,
    reason: "server_restart",
  });

  const second = await startNode(dataDir);
  const again = await second.connect(USER);
  again.send({ type: "join_thread", thread_id });
  const events = await again.run(run_id);
  expect(events.at(-1)).toMatchObject({ status: "completed", attempt: 2 });
  expect(
    await line(second, "a run is taken up again", { run_id, attempt: 2 }),
  ).toMatchObject({ level: "INFO" });
  await counted(second, 'goldenpath_runs_claimed_total{attempt="again"}', 1);
});
