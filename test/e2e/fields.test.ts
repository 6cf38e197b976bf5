/** docs/PROTOCOL.md section 5: the fields of a frame, whose they are, and that nobody can tell what is another's from what never was. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerTo } from "../support/answers.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    env: { CONNECTIONS_PER_USER: "1000" },
  });
});
afterAll(() => server.stop());

describe("fields", () => {
  const ask = (more: object) => ({
    type: "user_message",
    text: "hello",
    ...more,
  });

  test.each<[string, object]>([
    ["text", { type: "user_message" }],
    ["text", ask({ text: "" })],
    ["text", ask({ text: 7 })],
    ["text", ask({ text: "x".repeat(4_001) })],
    ["text", ask({ text: "a\u0000b" })],
    ["text", ask({ text: "lone \ud800" })],
    ["message_id", ask({ message_id: "" })],
    ["message_id", ask({ message_id: "x".repeat(65) })],
    ["message_id", ask({ message_id: null })],
    ["message_id", ask({ message_id: "\udc00" })],
    ["message_id", ask({ message_id: "nul\u0000" })],
    ["thread_id", ask({ thread_id: 7 })],
    ["if_busy", ask({ if_busy: "maybe" })],
    ["user_id", ask({ user_id: 7 })],
    ["run_id", { type: "stop_run" }],
    ["run_id", { type: "stop_run", run_id: "" }],
    ["thread_id", { type: "join_thread" }],
    ["after_seq", { type: "join_thread", thread_id: "t", after_seq: -1 }],
    ["after_seq", { type: "join_thread", thread_id: "t", after_seq: 1.5 }],
    ["after_seq", { type: "join_thread", thread_id: "t", after_seq: "1" }],
    ["thread_id", { type: "leave_thread", thread_id: null }],
    ["seq", { type: "ack_events", thread_id: "t" }],
    ["token", { type: "token_refresh", token: "" }],
    ["id", { type: "ping", id: "x".repeat(65) }],
    ["id", { type: "ping", id: { deep: true } }],
  ])("§5 invalid_message names the path %s", async (path, frame) => {
    expect(await answerTo(server, frame)).toMatchObject({
      code: "invalid_message",
      path,
      retryable: false,
    });
  });

  test("§5 4,000 characters of text and 64 of message_id fit", async () => {
    const socket = await server.connect("long");
    const message_id = "é".repeat(64);
    socket.send(ask({ text: "x".repeat(4_000), message_id }));
    expect(await socket.next("ack")).toMatchObject({
      status: "accepted",
      message_id,
    });
  });

  test("§5 a paired surrogate is text like any other", async () => {
    const socket = await server.connect("emoji");
    const { ack } = await socket.ask("😀".repeat(10));
    const { items } = await server.get<{ items: { content: string }[] }>(
      `/api/threads/${ack.thread_id}/messages`,
      "emoji",
    );
    expect(items[0]!.content).toBe("😀".repeat(10));
  });
});

describe("whose", () => {
  test.each([
    { type: "user_message", text: "as bob", user_id: "bob" },
    { type: "join_thread", thread_id: "t", user_id: "bob" },
    { type: "stop_run", run_id: "r", user_id: "bob" },
  ])(
    "§5 a user_id that is not the token's is user_mismatch: $type",
    async (frame) => {
      expect(await answerTo(server, frame)).toMatchObject({
        code: "user_mismatch",
        retryable: false,
      });
    },
  );

  test("§5 fields are checked before the user_id, and the own user_id is fine", async () => {
    expect(
      await answerTo(server, { type: "user_message", user_id: "bob" }),
    ).toMatchObject({
      code: "invalid_message",
      path: "text",
    });
    const socket = await server.connect("own");
    socket.send({ type: "user_message", text: "as myself", user_id: "own" });
    await socket.next("ack");
  });

  test("§5 another user's thread and run, unknown ones and ids that are no UUID cannot be told apart", async () => {
    const owner = await server.connect("owner");
    const { ack } = await owner.ask("alpha noop");
    const never = "01900000-0000-7000-8000-000000000000";
    const socket = await server.connect("snoop");
    const errorsFor = async (frames: object[]) => {
      const found = [];
      for (const frame of frames) {
        socket.send(frame);
        found.push(await socket.next("error"));
      }
      return found;
    };
    const threads = [ack.thread_id, never, "no-uuid", "' or 1=1 --"];
    const runs = [ack.run_id, never, "no-uuid"];
    const joins = await errorsFor(
      threads.map((thread_id) => ({ type: "join_thread", thread_id })),
    );
    const asks = await errorsFor(
      threads.map((thread_id) => ({
        type: "user_message",
        message_id: "m",
        text: "x",
        thread_id,
      })),
    );
    const stops = await errorsFor(
      runs.map((run_id) => ({ type: "stop_run", run_id })),
    );
    for (const answers of [joins, asks, stops]) {
      expect(new Set(answers.map((it) => JSON.stringify(it))).size).toBe(1);
    }
    expect([joins[0], asks[0], stops[0]]).toMatchObject([
      { code: "thread_not_found" },
      { code: "thread_not_found", message_id: "m" },
      { code: "run_not_found" },
    ]);
    expect(
      (await server.get<{ items: [] }>("/api/threads", "snoop")).items,
    ).toEqual([]);
  });
});
