/** docs/PROTOCOL.md section 7: threads, messages, events and runs over HTTP: their shapes and whose they are. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Message, Run, Thread } from "../../src/domain/model.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

interface Page<A> {
  readonly items: readonly A[];
  readonly next: string | number | null;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

async function send<A>(
  path: string,
  user: string,
  method: string,
  body?: object,
) {
  const init = {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const response = await server.fetch(path, user, init);
  const text = await response.text();
  return {
    status: response.status,
    body: (text === "" ? null : JSON.parse(text)) as A,
  };
}

/** A run that has ended, with a page of what it left. */
async function answered(user: string) {
  const socket = await server.connect(user);
  return socket.ask("alpha noop");
}

describe("shapes", () => {
  test("§7 thread: {thread_id, title, created_at, updated_at, last_seq, active_run}", async () => {
    const { status, body } = await send<Thread>(
      "/api/threads",
      "shape",
      "POST",
      { title: "Costs" },
    );
    expect(status).toBe(201);
    expect(body).toEqual({
      thread_id: expect.any(String),
      title: "Costs",
      created_at: expect.stringMatching(INSTANT),
      updated_at: expect.stringMatching(INSTANT),
      last_seq: 0,
      active_run: null,
    });
    expect(await server.get(`/api/threads/${body.thread_id}`, "shape")).toEqual(
      body,
    );
    const renamed = await send<Thread>(
      `/api/threads/${body.thread_id}`,
      "shape",
      "PATCH",
      { title: "New" },
    );
    expect(renamed.body).toMatchObject({
      thread_id: body.thread_id,
      title: "New",
    });
    const listed = await server.get<Page<Thread>>("/api/threads", "shape");
    expect(listed).toEqual({ items: [renamed.body], next: null });
  });

  test("§7 message: {message_id, thread_id, run_id, role, content, report, created_at}", async () => {
    const { ack, events } = await answered("messages");
    const page = await server.get<Page<Message>>(
      `/api/threads/${ack.thread_id}/messages`,
      "messages",
    );
    expect(page.next).toBeNull();
    const final = events.find((it) => it.type === "final_response")!;
    expect(page.items).toEqual([
      {
        message_id: ack.message_id,
        thread_id: ack.thread_id,
        run_id: ack.run_id,
        role: "user",
        content: "alpha noop",
        report: null,
        created_at: expect.stringMatching(INSTANT),
      },
      {
        message_id: final.message_id,
        thread_id: ack.thread_id,
        run_id: ack.run_id,
        role: "assistant",
        content: final.content,
        report: final.report,
        created_at: expect.stringMatching(INSTANT),
      },
    ]);
  });

  test("§7 run: its status, attempt, queue position, instants and error", async () => {
    const { ack } = await answered("runner");
    const run = await server.get<Run>(`/api/runs/${ack.run_id}`, "runner");
    expect(run).toEqual({
      run_id: ack.run_id,
      thread_id: ack.thread_id,
      message_id: ack.message_id,
      status: "completed",
      attempt: 1,
      queue_position: null,
      created_at: expect.stringMatching(INSTANT),
      started_at: expect.stringMatching(INSTANT),
      ended_at: expect.stringMatching(INSTANT),
      error: null,
    });
  });

  test("§7 a queued run knows its position, and stopping ends it cancelled, once and for all", async () => {
    const socket = await server.connect("queue");
    socket.send({ type: "user_message", text: "alpha gate(http)" });
    const first = await socket.next("ack");
    socket.send({
      type: "user_message",
      text: "alpha noop",
      thread_id: first.thread_id,
    });
    const second = await socket.next("ack");
    const path = `/api/runs/${second.run_id}`;
    expect(await server.get(path, "queue")).toMatchObject({
      status: "queued",
      queue_position: 1,
      started_at: null,
    });
    const stopped = await send<Run>(`${path}/stop`, "queue", "POST");
    expect(stopped).toMatchObject({
      status: 200,
      body: { status: "cancelled", error: { code: "cancelled" } },
    });
    expect((await send<Run>(`${path}/stop`, "queue", "POST")).body).toEqual(
      stopped.body,
    );
    const thread = await server.get<Thread>(
      `/api/threads/${first.thread_id}`,
      "queue",
    );
    expect(thread.active_run).toMatchObject({
      run_id: first.run_id,
      status: "running",
    });
    server.gates.open("http");
    await socket.run(first.run_id);
  });
});

describe("whose", () => {
  test("§7 another user's id, an unknown one and one that is no UUID are the same 404", async () => {
    const { ack } = await answered("owner");
    const unknown = "01900000-0000-7000-8000-000000000000";
    const paths = (thread: string, run: string): [string, string][] => [
      ["GET", `/api/threads/${thread}`],
      ["PATCH", `/api/threads/${thread}`],
      ["DELETE", `/api/threads/${thread}`],
      ["GET", `/api/threads/${thread}/messages`],
      ["GET", `/api/threads/${thread}/events`],
      ["GET", `/api/runs/${run}`],
      ["POST", `/api/runs/${run}/stop`],
    ];
    const others = paths(ack.thread_id, ack.run_id);
    for (const [at, [method, path]] of others.entries()) {
      const body = method === "PATCH" ? { title: "mine now" } : undefined;
      const answers = [
        await send(path, "thief", method, body),
        await send(paths(unknown, unknown)[at]![1], "thief", method, body),
        await send(paths("no-uuid", "no-uuid")[at]![1], "thief", method, body),
      ];
      expect(answers[0]!.status).toBe(404);
      expect(new Set(answers.map((it) => JSON.stringify(it))).size).toBe(1);
    }
    expect(await server.get<Page<Thread>>("/api/threads", "thief")).toEqual({
      items: [],
      next: null,
    });
    expect(
      await server.get(`/api/threads/${ack.thread_id}`, "owner"),
    ).toMatchObject({ title: "alpha noop" });
  });
});
