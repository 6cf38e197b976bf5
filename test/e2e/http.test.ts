/** docs/PROTOCOL.md section 7: who gets in, what errors look like, origins, headers and the page. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RawClient } from "../support/raw.ts";
import { TestServer } from "../support/server.ts";

const ALLOWED = "https://chat.example";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    env: { ALLOWED_ORIGINS: `${ALLOWED}, https://other.example` },
  });
});
afterAll(() => server.stop());

const ID = "01900000-0000-7000-8000-000000000000";
const ROUTES: [string, string][] = [
  ["POST", "/api/tickets"],
  ["GET", "/api/threads"],
  ["POST", "/api/threads"],
  ["GET", `/api/threads/${ID}`],
  ["PATCH", `/api/threads/${ID}`],
  ["DELETE", `/api/threads/${ID}`],
  ["GET", `/api/threads/${ID}/messages`],
  ["GET", `/api/threads/${ID}/events`],
  ["GET", `/api/runs/${ID}`],
  ["POST", `/api/runs/${ID}/stop`],
  ["POST", "/api/usage/imports"],
  ["GET", "/api/usage/imports"],
  ["DELETE", `/api/usage/imports/${ID}`],
  ["GET", "/api/usage/summary"],
  ["GET", "/api/recommendations"],
  ["GET", "/api/connections"],
  ["DELETE", `/api/connections/${ID}`],
  ["GET", "/api/preferences"],
  ["PUT", "/api/preferences"],
  ["GET", `/api/admin/runs/${ID}/report`],
  ["GET", "/api/anything"],
];

async function expectProblem(
  response: Response,
  status: number,
): Promise<Record<string, unknown>> {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const body = (await response.json()) as Record<string, unknown>;
  expect(body).toMatchObject({
    type: "about:blank",
    status,
    title: expect.any(String),
    detail: expect.any(String),
  });
  expect(JSON.stringify(body)).not.toMatch(
    /select |\bat \/|node_modules|Error:/,
  );
  return body;
}

describe("who gets in", () => {
  test.each(ROUTES)("§7 %s %s is 401 without a token", async (method, path) => {
    const response = await fetch(`${server.url}${path}`, { method });
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(await expectProblem(response, 401)).toMatchObject({
      code: "token_missing",
    });
  });

  test("§7 a token counts in the header only, and must be good", async () => {
    const token = await server.token("alice");
    for (const path of [
      "/api/threads?token=",
      "/api/threads?access_token=",
      "/api/threads?ticket=",
    ])
      await expectProblem(await fetch(`${server.url}${path}${token}`), 401);
    const wrong: [string, string][] = [
      [`Basic ${token}`, "token_missing"],
      [token, "token_missing"],
      ["Bearer nonsense", "token_invalid"],
      [`Bearer ${await server.token("alice", -60)}`, "token_expired"],
    ];
    for (const [Authorization, code] of wrong) {
      const response = await fetch(`${server.url}/api/threads`, {
        headers: { Authorization },
      });
      expect(await expectProblem(response, 401)).toMatchObject({ code });
    }
    const lower = await fetch(`${server.url}/api/threads`, {
      headers: { Authorization: `bearer ${token}` },
    });
    expect(lower.status).toBe(200);
  });

  test("§7 a ticket is no token for HTTP", async () => {
    const response = await server.fetch("/api/tickets", "alice", {
      method: "POST",
    });
    const { ticket } = (await response.json()) as { ticket: string };
    const headers = { Authorization: `Bearer ${ticket}` };
    await expectProblem(
      await fetch(`${server.url}/api/threads`, { headers }),
      401,
    );
  });
});

describe("errors", () => {
  test.each([
    ["GET", "/api/anything", 404],
    ["GET", "/nowhere", 404],
    ["POST", "/nowhere", 404],
    ["DELETE", "/health", 404],
    ["GET", "/ws", 404],
    ["PUT", "/api/threads", 404],
    ["GET", "/api/local-session", 404],
  ])("§7 %s %s is a problem", async (method, path, status) => {
    await expectProblem(await server.fetch(path, "alice", { method }), status);
  });

  test.each([
    "/%",
    "/api/threads/%",
    "/api/threads/%E0%A4%A",
    "/api/runs/%00",
    "/..%2f..%2fpackage.json",
    "/../package.json",
    "//",
    "/api//threads",
  ])("§7 the odd path %s is refused, and gives nothing away", async (path) => {
    const client = RawClient.open(server.url);
    const token = await server.token("alice");
    client.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
    );
    const { status } = await client.head();
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(await client.body()).not.toMatch(/goldenpath"|at \//);
  });

  test("§7 a body that is no JSON, too large or off the shape is 400 and names the place", async () => {
    const post = (body: string) =>
      server.fetch("/api/threads", "alice", { method: "POST", body });
    await expectProblem(await post("{"), 400);
    await expectProblem(await post("[]"), 400);
    await expectProblem(
      await post(JSON.stringify({ title: "x".repeat(70_000) })),
      400,
    );
    for (const title of ["", 7, null, "x".repeat(121), "nul\u0000", "\ud800"])
      expect(
        await expectProblem(await post(JSON.stringify({ title })), 400),
      ).toMatchObject({ path: "title" });
    expect(
      (await post(JSON.stringify({ title: "x".repeat(120) }))).status,
    ).toBe(201);
    expect((await post("")).status).toBe(201);
  });
});

describe("origins and headers", () => {
  const preflight = (origin: string) =>
    fetch(`${server.url}/api/threads`, {
      method: "OPTIONS",
      headers: {
        Origin: origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
      },
    });

  test("§7 CORS answers an allowed origin", async () => {
    const response = await preflight(ALLOWED);
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe(ALLOWED);
    expect(response.headers.get("access-control-allow-methods")).toContain(
      "POST",
    );
    expect(response.headers.get("access-control-allow-headers")).toMatch(
      /authorization/i,
    );
    expect(response.headers.get("vary")).toMatch(/origin/i);
    const refused = await fetch(`${server.url}/api/threads`, {
      headers: { Origin: ALLOWED },
    });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("access-control-allow-origin")).toBe(ALLOWED);
  });

  test.each([
    "https://evil.example",
    "https://chat.example.evil.example",
    "null",
    "http://127.0.0.1",
  ])("§7 CORS does not answer %s", async (origin) => {
    expect(
      (await preflight(origin)).headers.get("access-control-allow-origin"),
    ).toBeNull();
    const response = await server.fetch("/api/threads", "alice", {
      headers: { Origin: origin },
    });
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  test.each(["/", "/health", "/api/threads", "/nowhere"])(
    "§7 %s carries the security headers",
    async (path) => {
      const { headers } = await fetch(`${server.url}${path}`);
      const csp = headers.get("content-security-policy");
      expect(csp).toContain("default-src 'self'");
      expect(csp).toContain("object-src 'none'");
      expect(csp).toContain("frame-ancestors 'none'");
      expect(csp).not.toMatch(/script-src[^;]*unsafe/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-powered-by")).toBeNull();
    },
  );

  test("§7 the page is served, without inline scripts", async () => {
    const response = await fetch(`${server.url}/`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    for (const [, source] of html.matchAll(/<script[^>]*src="([^"]+)"/g))
      expect(
        (await fetch(`${server.url}${source}`)).headers.get("content-type"),
      ).toMatch(/javascript/);
  });
});
