/** docs/PROTOCOL.md section 5, user_message: told once whatever happens, bounded per user, and what a refusal leaves behind. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenRules } from "../support/rules.ts";
import { serverForTest, TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ env: { CONNECTIONS_PER_USER: "100" } });
});
afterAll(() => server.stop());

interface Listed {
  readonly items: readonly {
    readonly thread_id: string;
    readonly content: string;
  }[];
}

describe("once", () => {
  test("§5 one message_id from many sockets at once with different texts is one run with the first text", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 12 }, () => server.connect("racer")),
    );
    const message_id = "the-same";
    sockets.forEach((it, at) =>
      it.send({
        type: "user_message",
        message_id,
        text: `alpha noop; text ${at}`,
      }),
    );
    const acks = await Promise.all(sockets.map((it) => it.next("ack")));
    expect(acks.filter((it) => it.status === "accepted")).toHaveLength(1);
    expect(new Set(acks.map((it) => `${it.thread_id} ${it.run_id}`)).size).toBe(
      1,
    );
    const winner = acks.findIndex((it) => it.status === "accepted");
    const { items } = await server.get<Listed>(
      `/api/threads/${acks[0]!.thread_id}/messages`,
      "racer",
    );
    expect(items[0]!.content).toBe(`alpha noop; text ${winner}`);
    expect(
      (await server.get<Listed>("/api/threads", "racer")).items,
    ).toHaveLength(1);
    const logs = await Promise.all(
      sockets.map((it) => it.run(acks[0]!.run_id)),
    );
    for (const log of logs) expect(log).toEqual(logs[0]);
    expect(brokenRules(logs[0]!)).toEqual([]);
  });

  test("§5 the same message_id of two users are two runs", async () => {
    const [a, b] = [
      await server.connect("user-a"),
      await server.connect("user-b"),
    ];
    const frame = {
      type: "user_message",
      message_id: "shared-id",
      text: "alpha noop",
    };
    a.send(frame);
    b.send(frame);
    const [one, two] = [await a.next("ack"), await b.next("ack")];
    expect([one.status, two.status]).toEqual(["accepted", "accepted"]);
    expect(one.run_id).not.toBe(two.run_id);
  });

  test("§5 a duplicate after the run's end is joined like the first, and gets its events", async () => {
    const first = await server.connect("again");
    const { ack, events } = await first.ask("alpha noop");
    const second = await server.connect("again");
    second.send({
      type: "user_message",
      message_id: ack.message_id,
      text: "other",
      thread_id: "nonsense",
    });
    expect(await second.next("ack")).toMatchObject({
      status: "duplicate",
      thread_id: ack.thread_id,
      run_id: ack.run_id,
    });
    expect(await second.run(ack.run_id)).toEqual(events);
    expect(second.frames.some((it) => it.type === "joined")).toBe(false);
  });

  test("§5 a refused submission stores nothing and does not use its message_id up", async () => {
    const socket = await server.connect("refused");
    const message_id = "reused";
    const unknown = "01900000-0000-7000-8000-000000000000";
    socket.send({
      type: "user_message",
      message_id,
      text: "x",
      thread_id: unknown,
    });
    expect(await socket.next("error")).toMatchObject({
      code: "thread_not_found",
      message_id,
    });
    expect((await server.get<Listed>("/api/threads", "refused")).items).toEqual(
      [],
    );
    socket.send({ type: "user_message", message_id, text: "alpha noop" });
    expect(await socket.next("ack")).toMatchObject({
      status: "accepted",
      message_id,
    });
  });

  test("§3 ack precedes every event of its run on that connection", async () => {
    const socket = await server.connect("order");
    for (let at = 0; at < 20; at += 1) {
      const { ack } = await socket.ask("alpha noop");
      const first = socket.frames.findIndex(
        (it) => "seq" in it && it.run_id === ack.run_id,
      );
      const acked = socket.frames.findIndex(
        (it) => it.type === "ack" && it.run_id === ack.run_id,
      );
      expect(acked).toBeLessThan(first);
    }
  });
});

describe("rate", () => {
  test("§5 a burst of a third of MESSAGES_PER_MINUTE, per user over all connections; other frames do not count", async () => {
    const own = await serverForTest({ env: { MESSAGES_PER_MINUTE: "60" } });
    const [one, two] = [await own.connect("eager"), await own.connect("eager")];
    for (let at = 0; at < 30; at += 1)
      one.send({ type: "join_thread", thread_id: "none" });
    one.send({ type: "user_message" });
    await one.settle();
    const sent = performance.now();
    for (let at = 0; at < 30; at += 1)
      (at % 2 === 0 ? one : two).send({
        type: "user_message",
        message_id: `m${at}`,
        text: "hello",
      });
    const limited = await one.next("error", (it) => it.code === "rate_limited");
    expect(limited.retryable).toBe(true);
    expect(limited.retry_after_ms).toBeGreaterThan(0);
    expect(limited.retry_after_ms).toBeLessThanOrEqual(1_000);
    await Promise.all([one.settle(), two.settle()]);
    const frames = [...one.frames, ...two.frames];
    const accepted = frames.filter((it) => it.type === "ack").length;
    expect(accepted).toBeGreaterThanOrEqual(20);
    expect(accepted).toBeLessThanOrEqual(
      20 + Math.ceil((performance.now() - sent) / 1_000),
    );

    const other = await own.connect("patient");
    other.send({ type: "user_message", text: "another user's" });
    await other.next("ack");
    await new Promise((resolve) => setTimeout(resolve, limited.retry_after_ms));
    one.send({
      type: "user_message",
      message_id: limited.message_id,
      text: "hello",
    });
    expect(
      await one.next("ack", (it) => it.message_id === limited.message_id),
    ).toMatchObject({ status: "accepted" });
  });

  test("§5 the rate is checked before the message_id is looked up, and early frames count", async () => {
    const own = await serverForTest({ env: { MESSAGES_PER_MINUTE: "1" } });
    const socket = await own.open({ token: await own.token("early") });
    socket.ws.on("open", () => {
      socket.send({ type: "user_message", message_id: "m", text: "first" });
      socket.send({ type: "user_message", message_id: "m", text: "first" });
    });
    await socket.next("ack");
    expect(await socket.next("error")).toMatchObject({
      code: "rate_limited",
      message_id: "m",
    });
  });
});
