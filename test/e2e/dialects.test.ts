/** docs/PROTOCOL.md section 5, older clients: type aliases, `payload`, and JSON-RPC 2.0 with results and errors. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/domain/model.ts";
import { TestServer } from "../support/server.ts";
import type { TestSocket } from "../support/socket.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ env: { CONNECTIONS_PER_USER: "1000" } });
});
afterAll(() => server.stop());

interface RpcAnswer {
  readonly jsonrpc: "2.0";
  readonly id: string | number;
  readonly result?: JsonObject;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data: JsonObject;
  };
}

const rpcAnswers = (socket: TestSocket) =>
  (socket.frames as readonly unknown[] as readonly RpcAnswer[]).filter(
    (it) => it.jsonrpc === "2.0",
  );

/** Calls a method and waits for the answer with its id. */
async function call(
  socket: TestSocket,
  id: string | number,
  method: string,
  params?: unknown,
): Promise<RpcAnswer> {
  socket.send({ jsonrpc: "2.0", id, method, params });
  await socket.find((it) => "id" in it && it.id === id && "jsonrpc" in it);
  return rpcAnswers(socket).find((it) => it.id === id)!;
}

describe("aliases", () => {
  test.each<[string, object, string]>([
    ["chat with content", { type: "chat", content: "hi 1" }, "hi 1"],
    [
      "chat_message with message",
      { type: "chat_message", message: "hi 2" },
      "hi 2",
    ],
    ["message with text", { type: "message", text: "hi 3" }, "hi 3"],
    ["user with content", { type: "user", content: "hi 4" }, "hi 4"],
    [
      "user_input with content",
      { type: "user_input", content: "hi 5" },
      "hi 5",
    ],
    [
      "start_agent with user_request",
      { type: "start_agent", user_request: "hi 6" },
      "hi 6",
    ],
    [
      "user_message with payload",
      { type: "user_message", payload: { text: "hi 7" } },
      "hi 7",
    ],
    [
      "chat with content under payload",
      { type: "chat", payload: { content: "hi 8" } },
      "hi 8",
    ],
    [
      "text before content",
      { type: "chat", text: "hi 9", content: "not this" },
      "hi 9",
    ],
    [
      "an outer field before one under payload",
      { type: "chat", text: "hi 10", payload: { text: "no" } },
      "hi 10",
    ],
  ])("§5 %s is a user_message", async (_, frame, expected) => {
    const socket = await server.connect("older");
    socket.send(frame);
    const { message_id, thread_id } = await socket.next("ack");
    expect(message_id).not.toBe("");
    const { items } = await server.get<{ items: { content: string }[] }>(
      `/api/threads/${thread_id}/messages`,
      "older",
    );
    expect(items[0]!.content).toBe(expected);
    socket.close();
  });

  test("§5 a missing message_id is generated, one for each", async () => {
    const socket = await server.connect("generated");
    socket.send({ type: "chat", content: "same" });
    socket.send({ type: "chat", content: "same" });
    const [one, two] = [await socket.next("ack"), await socket.next("ack")];
    expect([one.status, two.status]).toEqual(["accepted", "accepted"]);
    expect(one.message_id).not.toBe(two.message_id);
  });

  test("§5 switch_thread is join_thread, stop_agent is stop_run", async () => {
    const socket = await server.connect("switcher");
    socket.send({ type: "user_message", text: "alpha gate(dialect)" });
    const { thread_id, run_id } = await socket.next("ack");
    const other = await server.connect("switcher");
    other.send({ type: "switch_thread", payload: { thread_id } });
    expect(await other.next("joined")).toMatchObject({ thread_id });
    other.send({ type: "stop_agent", run_id });
    expect((await other.run(run_id)).at(-1)).toMatchObject({
      status: "cancelled",
    });
  });

  test("§5 the checks are those of the frame it stands for", async () => {
    const socket = await server.connect("checked");
    socket.send({ type: "chat", content: "" });
    expect(await socket.next("error")).toMatchObject({
      code: "invalid_message",
      path: "text",
    });
    socket.send({
      type: "chat",
      content: "as bob",
      payload: { user_id: "bob" },
    });
    expect(await socket.next("error")).toMatchObject({ code: "user_mismatch" });
    socket.send({ type: "chat", payload: ["content"] });
    expect(await socket.next("error")).toMatchObject({
      code: "invalid_message",
      path: "text",
    });
  });
});

describe("JSON-RPC", () => {
  test("§5 a call with an id is answered by a result with that id", async () => {
    const socket = await server.connect("rpc");
    expect(
      (await call(socket, 1, "ping", { id: "inner" })).result,
    ).toMatchObject({ type: "pong", id: "inner" });
    expect((await call(socket, 0, "ping")).result).toMatchObject({
      type: "pong",
    });
    const ack = (
      await call(socket, "ask", "user_message", { text: "alpha noop" })
    ).result!;
    expect(ack).toMatchObject({ type: "ack", status: "accepted" });
    await socket.run(String(ack["run_id"]));
    const joined = (
      await call(socket, "join", "join_thread", {
        thread_id: ack["thread_id"]!,
      })
    ).result;
    expect(joined).toMatchObject({
      type: "joined",
      thread_id: ack["thread_id"],
    });
    expect(
      (await call(socket, "left", "leave_thread", { thread_id: "t" })).result,
    ).toMatchObject({ type: "left" });
  });

  test("§5 a call whose plain frame has no answer gets an empty result", async () => {
    const socket = await server.connect("quiet");
    const { ack } = await socket.ask("alpha noop");
    expect(
      (await call(socket, "stop", "stop_run", { run_id: ack.run_id })).result,
    ).toEqual({});
    const read = { thread_id: ack.thread_id, seq: 1 };
    expect((await call(socket, "read", "ack_events", read)).result).toEqual({});
  });

  test.each<[string, string, unknown, string, number]>([
    ["an unknown method", "nonsense", {}, "unknown_message_type", -32_601],
    ["wrong params", "user_message", { text: "" }, "invalid_message", -32_602],
    ["params in a list", "user_message", ["text"], "invalid_message", -32_602],
    [
      "an unknown run",
      "stop_run",
      { run_id: "none" },
      "run_not_found",
      -32_000,
    ],
    [
      "another user's id",
      "user_message",
      { text: "x", user_id: "bob" },
      "user_mismatch",
      -32_000,
    ],
  ])(
    "§5 %s is answered by a JSON-RPC error",
    async (_, method, params, code, rpcCode) => {
      const socket = await server.connect("wrong");
      const { error } = await call(socket, "x", method, params);
      expect(error).toMatchObject({
        code: rpcCode,
        data: { type: "error", code },
      });
      expect(error!.message).toBe(error!.data["message"]);
      socket.close();
    },
  );

  test("§5 aliases work as methods, a type in params does not override the method", async () => {
    const socket = await server.connect("methods");
    const params = { content: "hello", type: "ping" };
    expect((await call(socket, "chat", "chat", params)).result).toMatchObject({
      type: "ack",
    });
  });

  test("§5 without an id the answers are plain frames", async () => {
    const socket = await server.connect("notify");
    socket.send({ jsonrpc: "2.0", method: "ping", params: { id: "n" } });
    expect(await socket.next("pong")).toMatchObject({ id: "n" });
    socket.send({ jsonrpc: "2.0", id: null, method: "nonsense" });
    expect(await socket.next("error")).toMatchObject({
      code: "unknown_message_type",
    });
    expect(rpcAnswers(socket)).toEqual([]);
  });

  test.each([
    "[]",
    '{"jsonrpc":"2.0","id":1}',
    '{"jsonrpc":"2.0","id":1,"method":7}',
  ])("§5 %s is no call", async (text) => {
    const socket = await server.connect("nocall");
    socket.send(text);
    await expect.poll(() => socket.frames.length).toBe(2);
    expect(JSON.stringify(socket.frames[1])).toContain("invalid_message");
    socket.close();
  });
});
