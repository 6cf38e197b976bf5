/** docs/PROTOCOL.md section 1, the verdict: where the token may be, refusals as frame and close, subprotocols. */
import { Effect, Layer } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TokenVerifier } from "../../src/domain/ports.ts";
import { Opcode, RawClient, rawFrame, upgradeRequest } from "../support/raw.ts";
import { serverForTest, TestServer } from "../support/server.ts";
import type { ConnectOptions } from "../support/socket.ts";
import { revoke, ticketFor } from "../support/tokens.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ env: { CONNECTIONS_PER_USER: "100" } });
});
afterAll(() => server.stop());

const jwtProtocol = (token: string) =>
  `jwt.${Buffer.from(token).toString("base64url")}`;

async function userOf(options: ConnectOptions): Promise<string> {
  const socket = await server.open(options);
  const { user_id } = await socket.next("connection_ready");
  socket.close();
  return user_id;
}

/** How a connection is refused: its error frame, and how it was closed. */
async function refusalOf(options: ConnectOptions, by = server) {
  const socket = await by.open(options);
  const closed = await socket.closed;
  return { frames: socket.frames, ...closed };
}

describe("where the token is", () => {
  test("§1 the header comes first, then the subprotocol, then the ticket", async () => {
    const [a, b] = [
      await server.token("header"),
      await server.token("protocol"),
    ];
    const protocols = ["goldenpath.v1", jwtProtocol(b)];
    const query = `?ticket=${await ticketFor(server, await server.token("ticket"))}`;
    expect(await userOf({ token: a, protocols, query })).toBe("header");
    expect(await userOf({ protocols, query })).toBe("protocol");
    expect(await userOf({ query })).toBe("ticket");
  });

  test("§1 an invalid token in the header is not made good by a valid one after it", async () => {
    const protocols = ["goldenpath.v1", jwtProtocol(await server.token("x"))];
    expect(await refusalOf({ token: "nonsense", protocols })).toMatchObject({
      code: 4401,
      reason: "token_invalid",
    });
  });

  test.each(["token", "access_token", "jwt", "authorization", "Ticket"])(
    "§1 a token in the query as %s is never read",
    async (name) => {
      const query = `?${name}=${await server.token("query")}`;
      expect(await refusalOf({ query })).toMatchObject({
        code: 4401,
        reason: "token_missing",
      });
    },
  );

  test("§1 goldenpath.v1 is selected wherever it stands, else jwt-auth, and the token is never echoed", async () => {
    const token = jwtProtocol(await server.token("selected"));
    const selected = async (...protocols: string[]) => {
      const client = RawClient.open(server.url);
      client.write(
        upgradeRequest("/ws", {
          "Sec-WebSocket-Protocol": protocols.join(", "),
        }),
      );
      const { headers } = await client.head();
      client.socket.destroy();
      return headers.get("sec-websocket-protocol");
    };
    expect(await selected("goldenpath.v1", token)).toBe("goldenpath.v1");
    expect(await selected(token, "jwt-auth", "goldenpath.v1")).toBe(
      "goldenpath.v1",
    );
    expect(await selected("jwt-auth", token)).toBe("jwt-auth");
    expect(await selected(token)).toBeNull();
    expect(await selected("something.else")).toBeNull();
  });

  test("§1 jwt-auth in place of goldenpath.v1 is accepted", async () => {
    const token = await server.token("alias");
    expect(await userOf({ token, by: "alias" })).toBe("alias");
    expect(await userOf({ token, by: "subprotocol" })).toBe("alias");
  });
});

describe("refusals", () => {
  test("§1 a failure is an error frame with the reason, then close 4401 with the reason as text", async () => {
    expect(await refusalOf({})).toMatchObject({
      code: 4401,
      reason: "token_missing",
      frames: [
        { type: "error", code: "unauthorized", reason: "token_missing" },
      ],
    });
  });

  test("§1 a revoked jti is token_revoked, over WebSocket and HTTP", async () => {
    const token = await server.token("revoked");
    await revoke(server, token);
    expect(await refusalOf({ token })).toMatchObject({
      code: 4401,
      reason: "token_revoked",
      frames: [{ code: "unauthorized", reason: "token_revoked" }],
    });
    const headers = { Authorization: `Bearer ${token}` };
    const response = await server.fetch("/api/threads", null, { headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "token_revoked" });
  });

  test("§1 a refused socket has no listener: what it sends has no effect and no answer", async () => {
    const client = RawClient.open(server.url);
    const ask = JSON.stringify({ type: "user_message", text: "let me in" });
    client.write(
      Buffer.concat([
        Buffer.from(upgradeRequest("/ws")),
        rawFrame(Opcode.text, ask),
        rawFrame(Opcode.text, "{"),
      ]),
    );
    await client.head();
    expect(await client.closeCode()).toBe(4401);
    client.write(rawFrame(Opcode.text, ask));
    expect(client.texts()).toMatchObject([
      { type: "error", code: "unauthorized" },
    ]);
    client.socket.destroy();
  });

  test("§1 no verdict within 5 s closes with 4408", async () => {
    const never = Layer.succeed(TokenVerifier, { verify: () => Effect.never });
    const silent = await serverForTest({ verifier: never });
    const startedMs = performance.now();
    const { code } = await refusalOf({ token: "x" }, silent);
    expect(code).toBe(4408);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(4_900);
    expect(tookMs).toBeLessThan(7_000);
  });
});

describe("?thread_id=", () => {
  test("§1 the URL's thread is joined at once, with all its events", async () => {
    const first = await server.connect("joiner");
    const { ack, events } = await first.ask("alpha noop");
    const second = await server.connect("joiner", {
      query: `?thread_id=${ack.thread_id}`,
    });
    expect(await second.run(ack.run_id)).toEqual(events);
    expect(second.frames.map((it) => it.type).slice(0, 2)).toEqual([
      "connection_ready",
      "joined",
    ]);
  });

  test.each(["00000000-0000-4000-8000-000000000000", "no-uuid", "%00"])(
    "§1 a thread that is not the user's own, %s, is told as join_thread would",
    async (id) => {
      const socket = await server.connect("stranger", {
        query: `?thread_id=${id}`,
      });
      const { code } = await socket.next("error");
      expect(["thread_not_found", "invalid_message"]).toContain(code);
    },
  );
});
