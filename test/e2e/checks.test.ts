/** docs/PROTOCOL.md section 5: the checks of a frame, in their order, each answered by an error on an open connection. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerTo } from "../support/answers.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ env: { CONNECTIONS_PER_USER: "1000" } });
});
afterAll(() => server.stop());

const text = (bytes: number, frame: object) => {
  const bare = JSON.stringify({ ...frame, pad: "" }).length;
  return JSON.stringify({ ...frame, pad: "x".repeat(bytes - bare) });
};

describe("size", () => {
  test("§5 8,191 bytes are handled and 8,192 are message_too_large", async () => {
    const socket = await server.connect("sizes");
    socket.send(text(8_191, { type: "ping", id: "fits" }));
    expect(await socket.next("pong")).toMatchObject({ id: "fits" });
    socket.send(text(8_192, { type: "ping" }));
    expect(await socket.next("error")).toMatchObject({
      code: "message_too_large",
      retryable: false,
    });
  });

  test("§5 size is counted in bytes, not characters", async () => {
    const wide = JSON.stringify({ type: "ping", pad: "é".repeat(4_096) });
    expect(wide.length).toBeLessThan(8_192);
    expect(await answerTo(server, wide)).toMatchObject({
      code: "message_too_large",
    });
  });

  test("§5 a token_refresh may have up to 16,384 bytes", async () => {
    const socket = await server.connect("refresher");
    const token = await server.token("refresher");
    socket.send(text(16_384, { type: "token_refresh", token }));
    await socket.next("token_refreshed");
    socket.send(text(16_385, { type: "token_refresh", token }));
    expect(await socket.next("error")).toMatchObject({
      code: "message_too_large",
    });
    socket.send(text(9_000, { jsonrpc: "2.0", method: "ping", params: {} }));
    expect(await socket.next("error")).toMatchObject({
      code: "message_too_large",
    });
  });

  test("§5 65,536 bytes are an error, 65,537 close with 1009", async () => {
    const socket = await server.connect("huge");
    socket.send("x".repeat(65_536));
    expect(await socket.next("error")).toMatchObject({
      code: "message_too_large",
    });
    socket.send("x".repeat(65_537));
    expect((await socket.closed).code).toBe(1009);
  });

  test("§5 too large is told before anything else about a frame", async () => {
    expect(await answerTo(server, "{".repeat(8_192))).toMatchObject({
      code: "message_too_large",
    });
  });
});

describe("shape", () => {
  test.each([
    "",
    "{",
    "nonsense",
    "{'type':'ping'}",
    '{"type":"ping"}}',
    "NaN",
    "\u0000",
  ])("§5 %j is invalid_json", async (frame) => {
    expect(await answerTo(server, frame)).toMatchObject({
      code: "invalid_json",
    });
  });

  test.each([
    "[]",
    '[{"type":"ping"}]',
    "null",
    "7",
    '"ping"',
    "true",
    "{}",
    '{"type":7}',
    '{"type":null}',
    '{"type":["ping"]}',
    '{"__proto__":{"type":"ping"}}',
  ])(
    "§5 %s is invalid_message: no object, or no string type",
    async (frame) => {
      expect(await answerTo(server, frame)).toMatchObject({
        code: "invalid_message",
      });
    },
  );

  test.each([
    "",
    "pong",
    "Ping",
    "connection_ready",
    "toString",
    "__proto__",
    "constructor",
    "error",
  ])("§5 the type %j is unknown_message_type", async (type) => {
    expect(await answerTo(server, JSON.stringify({ type }))).toMatchObject({
      code: "unknown_message_type",
    });
  });

  test("§5 JSON nested as deep as a frame allows is handled like any other", async () => {
    const deep = `{"type":"ping","id":"deep","x":${"[".repeat(4_000)}${"]".repeat(4_000)}}`;
    const socket = await server.connect("deep");
    socket.send(deep);
    expect(await socket.next("pong")).toMatchObject({ id: "deep" });
  });

  test("§5 a __proto__ in a frame changes nothing but is ignored like any unknown field", async () => {
    const socket = await server.connect("proto");
    socket.send(
      '{"type":"ping","__proto__":{"id":"polluted"},"constructor":{"prototype":{"id":"polluted"}}}',
    );
    expect(await socket.next("pong")).not.toHaveProperty("id");
    expect(({} as Record<string, unknown>)["id"]).toBeUndefined();
  });
});

test("§3 an error's words are for a person: no stack, SQL, path or what was sent", async () => {
  const frames: (object | string)[] = [
    "{secret-input",
    { type: "secret-input" },
    { type: "stop_run", run_id: 1 },
  ];
  const messages: string[] = [];
  for (const frame of frames)
    messages.push((await answerTo(server, frame)).message);
  for (const message of messages) {
    expect(message).toMatch(/^[A-Z].*\.$/);
    expect(message).not.toMatch(
      /secret-input|select |\bat \/|node_modules|Error:/,
    );
  }
});
