/** docs/PROTOCOL.md sections 2 and 3: the greeting is first, and early frames wait for it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Opcode, RawClient, rawFrame, upgradeRequest } from "../support/raw.ts";
import { TestServer } from "../support/server.ts";
import { claimsOf } from "../support/tokens.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    env: {
      HEARTBEAT_INTERVAL_MS: "12345",
      CONNECTIONS_PER_USER: "7",
      ACTIVE_RUNS_PER_USER: "2",
    },
  });
});
afterAll(() => server.stop());

describe("connection_ready", () => {
  test("§3 says who, what version, what is up, and what is bounded", async () => {
    const before = Date.now();
    const token = await server.token("fields", 1_800);
    const socket = await server.open({ token });
    const ready = await socket.next("connection_ready");
    expect(ready).toMatchObject({
      connection_ready: true,
      user_id: "fields",
      protocol_version: 1,
      mode: "full",
      services: { database: "up", cache: "up", model: "absent" },
      heartbeat_interval_ms: 12_345,
      limits: {
        message_bytes: 8_192,
        messages_per_minute: 100_000,
        connections: 7,
        active_runs: 2,
      },
      threads: [],
    });
    expect(Date.parse(ready.server_time)).toBeGreaterThanOrEqual(before);
    const { exp } = claimsOf(token);
    expect(Date.parse(ready.token_expires_at)).toBe(exp * 1_000);
    expect(socket.frames[0]).toBe(ready);
  });

  test("§2 the first WebSocket ping goes out with it", async () => {
    const client = RawClient.open(server.url);
    const token = await server.token("pinged");
    client.write(upgradeRequest("/ws", { Authorization: `Bearer ${token}` }));
    await client.head();
    await expect
      .poll(() => client.frames().map((it) => it.opcode))
      .toEqual([Opcode.text, Opcode.ping]);
    client.socket.destroy();
  });

  test("§2 frames sent with the upgrade request are handled after it, in order, none lost", async () => {
    const ids = Array.from({ length: 200 }, (_, at) => at);
    const early = ids.map((id) =>
      rawFrame(
        Opcode.text,
        JSON.stringify({ type: "leave_thread", thread_id: `t${id}` }),
      ),
    );
    const client = RawClient.open(server.url);
    const token = await server.token("early");
    client.write(
      Buffer.concat([
        Buffer.from(
          upgradeRequest("/ws", { Authorization: `Bearer ${token}` }),
        ),
        ...early,
      ]),
    );
    await client.head();
    const [ready, ...answers] = await client.someTexts(201);
    expect(ready).toMatchObject({ type: "connection_ready" });
    expect(answers.map((it) => it["thread_id"])).toEqual(
      ids.map((id) => `t${id}`),
    );
    client.socket.destroy();
  });

  test("§2 frames sent while the verdict is held, in pieces, are handled after it", async () => {
    const client = RawClient.open(server.url);
    const token = await server.token("pieces");
    const bytes = Buffer.concat([
      Buffer.from(upgradeRequest("/ws", { Authorization: `Bearer ${token}` })),
      rawFrame(Opcode.text, JSON.stringify({ type: "ping", id: 1 })),
      rawFrame(Opcode.text, "{"),
      rawFrame(
        Opcode.text,
        JSON.stringify({ type: "leave_thread", thread_id: "t" }),
      ),
    ]);
    client.socket.setNoDelay(true);
    for (const byte of bytes) client.write(Buffer.from([byte]));
    await client.head();
    const texts = await client.someTexts(4);
    expect(texts.map((it) => it.type)).toEqual([
      "connection_ready",
      "pong",
      "error",
      "left",
    ]);
    client.socket.destroy();
  });

  test("§3 threads are those with an active run, and those joined in the last session", async () => {
    const socket = await server.connect("memory");
    const { ack } = await socket.ask("alpha noop");
    socket.send({ type: "user_message", text: "alpha gate(memory)" });
    const running = await socket.next("ack", (it) => it.run_id !== ack.run_id);
    const left = await socket.ask("alpha noop", {});
    socket.send({ type: "leave_thread", thread_id: left.ack.thread_id });
    await socket.settle();
    socket.close();
    await socket.closed;

    const again = await server.open({ token: await server.token("memory") });
    const { threads } = await again.next("connection_ready");
    expect(threads.map((it) => it.thread_id)).toEqual([
      running.thread_id,
      ack.thread_id,
    ]);
    expect(threads[0]).toMatchObject({
      title: "alpha gate(memory)",
      active_run: { run_id: running.run_id },
    });
    expect(threads[1]!.active_run).toBeNull();
    expect(threads[1]!.last_seq).toBeGreaterThan(0);
    server.gates.open("memory");
  });

  test("§3 no more than 20 threads are remembered", async () => {
    const socket = await server.connect("many");
    for (let at = 0; at < 22; at += 1) {
      const response = await server.fetch("/api/threads", "many", {
        method: "POST",
        body: "{}",
      });
      const { thread_id } = (await response.json()) as { thread_id: string };
      socket.send({ type: "join_thread", thread_id });
      await socket.next("joined");
    }
    socket.close();
    await socket.closed;
    const again = await server.open({ token: await server.token("many") });
    expect((await again.next("connection_ready")).threads).toHaveLength(20);
  });
});
