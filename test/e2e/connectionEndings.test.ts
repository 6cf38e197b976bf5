/**
 * The rows of docs/OPERATIONS.md "The ways things end" for connections, by their ids; W10 stands with the runs' shutdown in endings.test.ts.
 * A process of its own for each, read from outside: frames, HTTP, log lines, metrics.
 */
import { expect, test, vi } from "vitest";
import { counted, directory, line, startNode } from "../support/watching.ts";

/** Several processes start in each test, on whatever machine. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const USER = "ending";

test("W6 a connection is removed by its user: 1000, logged, counted, its threads remembered", async () => {
  const node = await startNode();
  const socket = await node.connect(USER);
  const { ack, events } = await socket.ask("alpha noop!");
  const { thread_id } = ack;
  socket.send({ type: "ack_events", thread_id, seq: events.at(-1)!.seq });
  await socket.settle();
  const { items } = await node.get<{ items: { connection_id: string }[] }>(
    "/api/connections",
    USER,
  );
  const { connection_id } = items[0]!;
  expect(
    await line(node, "a connection was opened", {
      connection_id,
      user_id: USER,
    }),
  ).toMatchObject({ level: "DEBUG" });
  await node.send("DELETE", `/api/connections/${connection_id}`, USER);
  expect(await socket.closed).toEqual({ code: 1000, reason: "closed_by_user" });
  const closed = await line(node, "a connection was closed", {
    connection_id,
    user_id: USER,
    code: 1000,
    reason: "closed_by_user",
  });
  expect(closed.annotations["duration_ms"]).toBeGreaterThanOrEqual(0);
  await counted(node, 'goldenpath_connections_closed_total{code="1000"}', 1);
  await counted(node, 'goldenpath_connections{state="ready"}', 0);
  const again = await node.connect(USER);
  expect(again.frames[0]).toMatchObject({ threads: [{ thread_id }] });
});

test("W7 a client goes: nothing sent, logged and counted as gone, released", async () => {
  const node = await startNode();
  const socket = await node.connect(USER);
  socket.terminate();
  await line(node, "a connection was closed", {
    user_id: USER,
    code: null,
    reason: "gone",
  });
  await counted(node, 'goldenpath_connections_closed_total{code="none"}', 1);
  await counted(node, 'goldenpath_connections{state="ready"}', 0);
  expect(
    (await node.get<{ items: unknown[] }>("/api/connections", USER)).items,
  ).toEqual([]);
});

test("W8 a client errs too often: told each time, 1008 after 20 in a minute, logged, counted, no 1011", async () => {
  const node = await startNode();
  const socket = await node.connect(USER);
  for (let strike = 0; strike < 20; strike += 1) socket.send("{");
  expect(await socket.closed).toEqual({
    code: 1008,
    reason: "too_many_errors",
  });
  expect(
    socket.frames.filter((it) => it.type === "error").length,
  ).toBeGreaterThanOrEqual(19);
  await line(node, "a connection was closed", {
    user_id: USER,
    code: 1008,
    reason: "too_many_errors",
  });
  await counted(node, 'goldenpath_connections_closed_total{code="1008"}', 1);
  await counted(node, 'goldenpath_connections_closed_total{code="1011"}', 0);
  await counted(node, 'goldenpath_connections{state="ready"}', 0);
});

test("W9 a client shows no sign of life: 4302, logged, counted, released", async () => {
  const node = await startNode(directory(), { HEARTBEAT_INTERVAL_MS: "300" });
  const socket = await node.connect(USER);
  socket.ws.pause();
  await line(node, "a connection was closed", {
    user_id: USER,
    code: 4302,
    reason: "heartbeat_timeout",
  });
  await counted(node, 'goldenpath_connections_closed_total{code="4302"}', 1);
  await counted(node, 'goldenpath_connections{state="ready"}', 0);
  socket.terminate();
});
