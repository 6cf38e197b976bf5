/** docs/PROTOCOL.md section 7, local mode: the page of this machine gets a token, and no other site does. */
import { statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configOf, TestServer } from "../support/server.ts";
import { TestSocket } from "../support/socket.ts";

let server: TestServer;
let withSecret: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    env: { JWT_SECRET: "", HOST: "localhost" },
  });
  withSecret = await TestServer.start();
});
afterAll(async () => {
  await server.stop();
  await withSecret.stop();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, string>;
}

/** POST with exactly these headers: fetch would not let a test name Host and Origin. */
function post(
  to: TestServer,
  headers: Record<string, string>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${to.url}/api/local-session`,
      { method: "POST", headers },
      (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode!, body: JSON.parse(text) }),
        );
      },
    );
    sent.on("error", reject).end();
  });
}

const own = () => `localhost:${server.node.port}`;

describe("the page of this machine", () => {
  test.each(["localhost", "127.0.0.1", "[::1]"])(
    "§7 gets its token under %s",
    async (name) => {
      const Host = `${name}:${server.node.port}`;
      const { status, body } = await post(server, {
        Host,
        Origin: `http://${Host}`,
      });
      expect(status).toBe(201);
      expect(Object.keys(body).sort()).toEqual([
        "expires_at",
        "token",
        "user_id",
      ]);
    },
  );

  test("§7 the token opens the API and a connection", async () => {
    const { body } = await post(server, { Host: own() });
    const headers = { Authorization: `Bearer ${body["token"]}` };
    expect((await fetch(`${server.url}/api/threads`, { headers })).status).toBe(
      200,
    );
    const socket = TestSocket.open(server.wsUrl, { token: body["token"]! });
    expect(await socket.next("connection_ready")).toMatchObject({
      user_id: body["user_id"],
      token_expires_at: body["expires_at"],
    });
    socket.terminate();
  });

  test("the secret is kept for its owner only", () => {
    const { mode } = statSync(join(server.dataDir, "jwt.secret"));
    expect(mode & 0o777).toBe(process.platform === "win32" ? 0o666 : 0o600);
  });
});

describe("anybody else", () => {
  test.each<[string, () => Record<string, string>]>([
    ["a rebound name", () => ({ Host: `evil.example:${server.node.port}` })],
    [
      "a rebound name with its own Origin",
      () => ({ Host: "evil.example", Origin: "http://evil.example" }),
    ],
    [
      "a name that begins like loopback",
      () => ({ Host: "localhost.evil.example" }),
    ],
    ["a name that ends like loopback", () => ({ Host: "evil-localhost" })],
    [
      "another site's page",
      () => ({ Host: own(), Origin: "https://evil.example" }),
    ],
    [
      "a page on another port",
      () => ({ Host: own(), Origin: "http://localhost:1" }),
    ],
    [
      "a page of another loopback name",
      () => ({ Host: own(), Origin: `http://127.0.0.1:${server.node.port}` }),
    ],
    [
      "https in the Origin",
      () => ({ Host: own(), Origin: `https://${own()}` }),
    ],
    ["an opaque Origin", () => ({ Host: own(), Origin: "null" })],
    [
      "a proxy, X-Forwarded-For",
      () => ({ Host: own(), "X-Forwarded-For": "127.0.0.1" }),
    ],
    [
      "a proxy, X-Forwarded-Host",
      () => ({ Host: own(), "X-Forwarded-Host": "localhost" }),
    ],
    [
      "a proxy, X-Forwarded-Proto",
      () => ({ Host: own(), "X-Forwarded-Proto": "http" }),
    ],
    ["a proxy, Forwarded", () => ({ Host: own(), Forwarded: "for=127.0.0.1" })],
  ])("§7 %s is refused", async (_, headers) => {
    const { status, body } = await post(server, headers());
    expect(status).toBe(403);
    expect(body).not.toHaveProperty("token");
  });

  test("§7 CORS lets no other origin read it", async () => {
    const response = await fetch(`${server.url}/api/local-session`, {
      method: "OPTIONS",
      headers: {
        Origin: "https://evil.example",
        "Access-Control-Request-Method": "POST",
      },
    });
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("§7 it is absent where a JWT setting is, with and without a token", async () => {
    const Host = `127.0.0.1:${withSecret.node.port}`;
    expect((await post(withSecret, { Host })).status).toBe(404);
    const response = await withSecret.fetch("/api/local-session", "alice", {
      method: "POST",
    });
    expect(response.status).toBe(404);
  });

  test("§9 without a JWT setting the server refuses any other address than loopback", async () => {
    for (const HOST of ["0.0.0.0", "::", "192.168.1.1", "example.org"])
      await expect(configOf({ HOST })).rejects.toThrow(/HOST/);
  });
});
