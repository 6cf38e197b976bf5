/** docs/PROTOCOL.md sections 3, 6 and 7: heartbeats, the cap per user, and the user's own list of connections. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Opcode, rawConnection, rawFrame } from "../support/raw.ts";
import { TestServer } from "../support/server.ts";

const HEARTBEAT_MS = 400;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    env: {
      HEARTBEAT_INTERVAL_MS: String(HEARTBEAT_MS),
      CONNECTIONS_PER_USER: "3",
    },
  });
});
afterAll(() => server.stop());

interface Listed {
  readonly items: readonly {
    readonly connection_id: string;
    readonly state: string;
    readonly opened_at: string;
  }[];
  readonly next: null;
}

describe("heartbeat", () => {
  test("§6 nothing inbound by the next ping closes with 4302", async () => {
    const startedMs = performance.now();
    const client = await rawConnection(server, "mute");
    expect(await client.closeCode()).toBe(4302);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(HEARTBEAT_MS);
    expect(
      client.frames().filter((it) => it.opcode === Opcode.ping),
    ).toHaveLength(1);
    client.socket.destroy();
  });

  test.each([
    ["a pong", rawFrame(Opcode.pong, "")],
    ["any frame", rawFrame(Opcode.text, '{"type":"ping"}')],
    ["a broken frame", rawFrame(Opcode.text, "{")],
    ["a ping of its own", rawFrame(Opcode.ping, "")],
  ])("§6 %s counts as life", async (_, sign) => {
    const client = await rawConnection(server, "lively");
    const pings = () =>
      client.frames().filter((it) => it.opcode === Opcode.ping).length;
    for (let seen = 1; seen <= 4; seen += 1) {
      await expect
        .poll(pings, { timeout: 5_000, interval: 10 })
        .toBeGreaterThanOrEqual(seen);
      client.write(sign);
    }
    expect(client.frames().some((it) => it.opcode === Opcode.close)).toBe(
      false,
    );
    client.socket.destroy();
  });

  test("§6 a stall of the server's own event loop evicts nobody", async () => {
    const sockets = [
      await server.connect("stalled"),
      await server.connect("stalled"),
    ];
    let pings = 0;
    for (const socket of sockets) socket.ws.on("ping", () => (pings += 1));
    const until = performance.now() + HEARTBEAT_MS * 4;
    while (performance.now() < until);
    await expect
      .poll(() => pings, { timeout: 10_000 })
      .toBeGreaterThanOrEqual(6);
    for (const socket of sockets) {
      await socket.settle();
      expect(socket.ws.readyState).toBe(socket.ws.OPEN);
    }
  });
});

describe("connections of a user", () => {
  test("§6 one too many closes with 4429 and says so; the others stay, and a free place is taken", async () => {
    const sockets = [];
    for (let at = 0; at < 3; at += 1)
      sockets.push(await server.connect("many"));
    const refused = await server.open({ token: await server.token("many") });
    expect((await refused.closed).code).toBe(4429);
    expect(refused.frames).toMatchObject([
      { type: "error", code: "too_many_connections" },
    ]);
    for (const socket of sockets) await socket.settle();
    sockets[0]!.close();
    await sockets[0]!.closed;
    await expect.poll(async () => (await list("many")).items.length).toBe(2);
    await server.connect("many");
  });

  test("§6 of many at once, as many as the cap get in", async () => {
    const token = await server.token("rush");
    const sockets = await Promise.all(
      Array.from({ length: 12 }, () => server.open({ token })),
    );
    const first = await Promise.all(sockets.map((it) => it.find(() => true)));
    expect(first.filter((it) => it.type === "connection_ready")).toHaveLength(
      3,
    );
    expect(first.filter((it) => it.type === "error")).toHaveLength(9);
  });

  const list = (user: string) => server.get<Listed>("/api/connections", user);

  test("§7 GET /api/connections lists the user's own with their states", async () => {
    const socket = await server.connect("lister");
    socket.send({ type: "user_message", text: "alpha gate(listed)" });
    await socket.next("ack");
    const { items, next } = await list("lister");
    expect(next).toBeNull();
    expect(items).toHaveLength(1);
    expect(Object.keys(items[0]!).sort()).toEqual([
      "connection_id",
      "opened_at",
      "state",
    ]);
    expect(items[0]).toMatchObject({ state: "running" });
    expect((await list("nobody")).items).toEqual([]);
    server.gates.open("listed");
    await expect
      .poll(async () => (await list("lister")).items[0]?.state, {
        timeout: 10_000,
      })
      .toBe("ready");
  });

  test("§7 DELETE /api/connections/{id} closes with 1000; another user's id and an unknown one are 404", async () => {
    const socket = await server.open({ token: await server.token("remover") });
    const { connection_id } = await socket.next("connection_ready");
    const remove = (user: string) =>
      server.fetch(`/api/connections/${connection_id}`, user, {
        method: "DELETE",
      });
    const stranger = await remove("stranger");
    expect(stranger.status).toBe(404);
    expect(await stranger.json()).toMatchObject({
      detail: "There is no such connection.",
    });
    expect((await remove("remover")).status).toBe(204);
    expect((await socket.closed).code).toBe(1000);
    expect((await remove("remover")).status).toBe(404);
  });
});
