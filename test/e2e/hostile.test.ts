/** docs/PROTOCOL.md sections 5 and 6 against a client that means harm, mostly by hand-made bytes. After each attack the server serves on. */
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import {
  Opcode,
  RawClient,
  rawConnection,
  rawFrame,
  upgradeRequest,
} from "../support/raw.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ env: { CONNECTIONS_PER_USER: "1000" } });
});
afterAll(() => server.stop());

afterEach(async () => {
  const socket = await server.connect("bystander");
  socket.send({ type: "ping", id: "served" });
  expect(await socket.next("pong")).toMatchObject({ id: "served" });
  socket.close();
});

const ping = (id: string) => JSON.stringify({ type: "ping", id });

describe("bytes", () => {
  test("§5 a binary frame is invalid_message, even when it holds a message", async () => {
    const client = await rawConnection(server, "mallory");
    client.write(rawFrame(Opcode.binary, ping("binary")));
    client.write(rawFrame(Opcode.text, ping("text")));
    const [, ...answers] = await client.someTexts(3);
    expect(answers.map((it) => it["code"] ?? it["id"]).sort()).toEqual([
      "invalid_message",
      "text",
    ]);
    client.socket.destroy();
  });

  test("invalid UTF-8 closes with 1007", async () => {
    const client = await rawConnection(server, "mallory");
    client.write(rawFrame(Opcode.text, Buffer.from([0x22, 0xc3, 0x28, 0x22])));
    expect(await client.closeCode()).toBe(1007);
  });

  test.each([
    ["an unmasked frame", rawFrame(Opcode.text, ping("x"), { masked: false })],
    ["a reserved opcode", rawFrame(0x3, "x")],
    ["a continuation of nothing", rawFrame(Opcode.continuation, "x")],
    ["a fragmented ping", rawFrame(Opcode.ping, "x", { fin: false })],
    ["a ping of 126 bytes", rawFrame(Opcode.ping, "x".repeat(126))],
  ])("%s closes with 1002", async (_, bytes) => {
    const client = await rawConnection(server, "mallory");
    client.write(bytes);
    expect(await client.closeCode()).toBe(1002);
  });

  test("§1 a message in fragments, with a ping between them, is one message", async () => {
    const client = await rawConnection(server, "mallory");
    const whole = ping("fragments");
    client.write(rawFrame(Opcode.text, whole.slice(0, 5), { fin: false }));
    client.write(rawFrame(Opcode.ping, "between"));
    client.write(rawFrame(Opcode.continuation, whole.slice(5)));
    const [, pong] = await client.someTexts(2);
    expect(pong).toMatchObject({ type: "pong", id: "fragments" });
    const pongs = client.frames().filter((it) => it.opcode === Opcode.pong);
    expect(pongs.map((it) => String(it.payload))).toEqual(["between"]);
    client.socket.destroy();
  });

  test("§5 fragments that together are over 65,536 bytes close with 1009", async () => {
    const client = await rawConnection(server, "mallory");
    client.write(rawFrame(Opcode.text, "x".repeat(40_000), { fin: false }));
    client.write(rawFrame(Opcode.continuation, "x".repeat(40_000)));
    expect(await client.closeCode()).toBe(1009);
  });

  test("endless tiny fragments are cut off", async () => {
    const client = await rawConnection(server, "mallory");
    client.write(rawFrame(Opcode.text, "x", { fin: false }));
    for (let at = 0; at <= limits.frameFragmentsMax; at += 1)
      client.write(rawFrame(Opcode.continuation, "x", { fin: false }));
    expect(await client.closeCode()).toBe(1008);
  });

  test("a length of 2^63 closes with 1009 before a byte of it is read", async () => {
    const client = await rawConnection(server, "mallory");
    const head = Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0]);
    client.write(head);
    expect(await client.closeCode()).toBe(1009);
  });
});

describe("strikes", () => {
  const strike = (at: number) =>
    [
      "{",
      "[]",
      '{"type":"x"}',
      '{"type":"stop_run"}',
      "x".repeat(9_000),
      '{"type":"leave_thread","thread_id":"t","user_id":"bob"}',
    ][at % 6]!;

  test("§5 the 20th strike within a minute closes with 1008, whatever kind they are", async () => {
    const socket = await server.connect("striker");
    for (let at = 0; at < 19; at += 1) socket.send(strike(at));
    await socket.settle();
    expect(socket.frames.filter((it) => it.type === "error")).toHaveLength(19);
    socket.send(strike(19));
    expect((await socket.closed).code).toBe(1008);
    expect(socket.frames.filter((it) => it.type === "error")).toHaveLength(20);
  });

  test("§5 answers that are errors of a well-made frame are no strikes", async () => {
    const socket = await server.connect("unlucky");
    for (let at = 0; at < 40; at += 1)
      socket.send({ type: "join_thread", thread_id: "none" });
    await socket.settle();
    expect(socket.frames.filter((it) => it.type === "error")).toHaveLength(40);
    expect(socket.ws.readyState).toBe(socket.ws.OPEN);
  });

  test("§5 after the last strike nothing more is handled", async () => {
    const client = await rawConnection(server, "mallory");
    const late = JSON.stringify({ type: "user_message", text: "too late" });
    const bytes = [
      ...Array.from({ length: 20 }, (_, at) => strike(at)),
      late,
      late,
    ];
    client.write(Buffer.concat(bytes.map((it) => rawFrame(Opcode.text, it))));
    expect(await client.closeCode()).toBe(1008);
    expect(client.texts().some((it) => it.type === "ack")).toBe(false);
    expect(
      (await server.get<{ items: [] }>("/api/threads", "mallory")).items,
    ).toEqual([]);
  });
});

describe("handshakes", () => {
  test.each<[string, Record<string, string>]>([
    ["a wrong version", { "Sec-WebSocket-Version": "12" }],
    ["a broken key", { "Sec-WebSocket-Key": "short" }],
    [
      "two equal subprotocols",
      { "Sec-WebSocket-Protocol": "goldenpath.v1, goldenpath.v1" },
    ],
  ])("a handshake with %s is refused in HTTP", async (_, headers) => {
    const client = RawClient.open(server.url);
    client.write(upgradeRequest("/ws", headers));
    expect((await client.head()).status).toBeGreaterThanOrEqual(400);
    client.socket.destroy();
  });

  test("headers that trickle in are given up on after handshakeHeadersTimeoutMs", async () => {
    const socket = connect({ host: "127.0.0.1", port: server.node.port });
    socket.on("error", () => undefined);
    socket.write("GET /ws HTTP/1.1\r\nHost: x\r\n");
    const trickle = setInterval(() => socket.write("X-A: b\r\n"), 500);
    const startedMs = performance.now();
    await new Promise((resolve) => socket.resume().once("close", resolve));
    clearInterval(trickle);
    expect(performance.now() - startedMs).toBeLessThan(
      limits.handshakeHeadersTimeoutMs * 1.5,
    );
  });
});
