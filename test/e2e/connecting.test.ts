/** docs/PROTOCOL.md section 1, before the upgrade: paths, origins, capacity, and how a refusal looks in HTTP. */
import { Effect, Layer } from "effect";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { TokenVerifier } from "../../src/domain/ports.ts";
import { RawClient, upgradeRequest } from "../support/raw.ts";
import { serverForTest, TestServer } from "../support/server.ts";

const ALLOWED = "https://chat.example";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ env: { ALLOWED_ORIGINS: ALLOWED } });
});
afterAll(() => server.stop());

/** The HTTP answer to an upgrade request. */
async function refusal(
  to: TestServer,
  path: string,
  headers: Record<string, string> = {},
) {
  const client = RawClient.open(to.url);
  client.write(upgradeRequest(path, headers));
  const head = await client.head();
  return { ...head, problem: JSON.parse(await client.body()) };
}

/** The status that the socket's upgrade ends with; 101 when it was completed. */
async function statusOf(path: string, headers: Record<string, string>) {
  const client = RawClient.open(server.url);
  client.write(upgradeRequest(path, headers));
  const { status } = await client.head();
  client.socket.destroy();
  return status;
}

describe("paths", () => {
  test("§1 an unknown path answers 404 with a problem body, and the socket is closed", async () => {
    const { status, headers, problem } = await refusal(server, "/elsewhere");
    expect(status).toBe(404);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(problem).toMatchObject({ status: 404, title: "Not found" });
  });

  test.each(["/ws", "/websocket", "/ws?x=1"])(
    "§1 %s upgrades",
    async (path) => {
      expect(await statusOf(path, {})).toBe(101);
    },
  );

  test.each(["//", "//[", "/ws/", "/%", "*"])(
    "§1 the odd target %s is an unknown path, and the server lives on",
    async (path) => {
      expect((await refusal(server, path)).status).toBe(404);
      expect((await server.fetch("/health/live", null)).status).toBe(200);
    },
  );

  test("§7 a request that offers another protocol than WebSocket is answered as plain HTTP", async () => {
    const client = RawClient.open(server.url);
    client.write(
      upgradeRequest("/health/live", {
        Upgrade: "h2c",
        Connection: "Upgrade, HTTP2-Settings",
      }),
    );
    expect((await client.head()).status).toBe(200);
    client.socket.destroy();
  });

  test("§1 a refused client that never closes its side is let go of", async () => {
    const client = RawClient.open(server.url, true);
    client.write(upgradeRequest("/elsewhere"));
    await client.head();
    const gone = new Promise((resolve) => client.socket.once("close", resolve));
    // What reaches a connection that the server has let go of is answered by a reset.
    const poke = setInterval(() => client.write("x"), 20);
    await gone;
    clearInterval(poke);
  });
});

describe("origins", () => {
  test.each([
    ["on the list", { Origin: ALLOWED }],
    ["this host's own", { Origin: "http://127.0.0.1", Host: "127.0.0.1" }],
    [
      "with a port, this host's own",
      { Origin: "http://localhost:1", Host: "LocalHost:1" },
    ],
    ["absent", {}],
  ])("§1 an Origin %s upgrades", async (_, headers) => {
    expect(await statusOf("/ws", headers)).toBe(101);
  });

  test.each([
    "https://evil.example",
    "https://chat.example.evil.example",
    "http://chat.example",
    "http://127.0.0.1:1",
    "null",
    "",
  ])("§1 the Origin %j answers 403 with a problem body", async (origin) => {
    const { status, problem } = await refusal(server, "/ws", {
      Origin: origin,
    });
    expect(status).toBe(403);
    expect(problem).toMatchObject({ status: 403 });
  });

  test("§1 an unknown path is told before a wrong Origin", async () => {
    const { status } = await refusal(server, "/x", {
      Origin: "https://evil.example",
    });
    expect(status).toBe(404);
  });
});

describe("capacity", () => {
  test("§1 who was refused and does not go still counts: against the address, and against the node", async () => {
    const small = await serverForTest({
      env: { HANDSHAKES_PER_ADDRESS: "2", CONNECTIONS_MAX: "4" },
    });
    const headers = { Authorization: "Bearer nonsense" };
    const linger = async () => {
      const client = RawClient.open(small.url);
      client.write(upgradeRequest("/ws", headers));
      expect(await client.closeCode()).toBe(4401);
    };
    await linger();
    await linger();
    expect((await refusal(small, "/ws", headers)).status).toBe(429);
  });

  test("§1 connections that are being closed count against CONNECTIONS_MAX until they are gone", async () => {
    const small = await serverForTest({
      env: { CONNECTIONS_PER_USER: "1", CONNECTIONS_MAX: "2" },
    });
    await small.connect("first");
    const client = RawClient.open(small.url);
    const token = await small.token("first");
    client.write(upgradeRequest("/ws", { Authorization: `Bearer ${token}` }));
    expect(await client.closeCode()).toBe(4429);
    expect((await refusal(small, "/ws")).status).toBe(503);
    client.socket.destroy();
    await vi.waitFor(() => small.connect("second"), { timeout: 10_000 });
  });

  test("§1 over CONNECTIONS_MAX answers 503 with Retry-After, and a place that gets free is taken", async () => {
    const small = await serverForTest({ env: { CONNECTIONS_MAX: "1" } });
    const first = await small.connect("first");
    const { status, headers, problem } = await refusal(small, "/ws");
    expect(status).toBe(503);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(problem).toMatchObject({ status: 503 });
    first.close();
    await first.closed;
    await expect
      .poll(async () => (await small.fetch("/metrics", null)).text())
      .toMatch(/goldenpath_connections\{state="ready"\} 0/);
    await small.connect("second");
  });

  test("§1 too many handshakes of one address without a verdict answer 429; those that left do not count", async () => {
    const never = Layer.succeed(TokenVerifier, { verify: () => Effect.never });
    const held = await serverForTest({
      env: { HANDSHAKES_PER_ADDRESS: "2", TRUST_PROXY: "127.0.0.1" },
      verifier: never,
    });
    const hold = (headers: Record<string, string> = {}) => {
      const client = RawClient.open(held.url);
      client.write(
        upgradeRequest("/ws", { Authorization: "Bearer x", ...headers }),
      );
      return client;
    };
    const waiting = [hold(), hold()];
    const pending = async () =>
      (await (await held.fetch("/metrics", null)).text()).match(
        /state="connecting"\} (\d+)/,
      )?.[1];
    await expect.poll(pending).toBe("2");
    const { status, headers, problem } = await refusal(held, "/ws");
    expect(status).toBe(429);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(problem).toMatchObject({ status: 429 });

    const elsewhere = hold({ "X-Forwarded-For": "1.1.1.1, 203.0.113.9" });
    await expect.poll(pending).toBe("3");
    elsewhere.socket.destroy();
    waiting[0]!.socket.destroy();
    await expect.poll(pending).toBe("1");
    hold();
    await expect.poll(pending).toBe("2");
  });
});
