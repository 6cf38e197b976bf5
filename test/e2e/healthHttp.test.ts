/** docs/PROTOCOL.md section 7: health for balancers, metrics for this machine and for administrators. */
import { request } from "node:http";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TEST_SECRET, TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

describe("health and metrics", () => {
  test("§7 health says what is up, live and ready are for balancers", async () => {
    expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({
      state: "serving",
      mode: "full",
      services: { database: "up", cache: "up", model: "absent" },
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
  });

  test("§7 metrics are Prometheus text for loopback", async () => {
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await response.text()).toMatch(
      /# TYPE goldenpath_connections gauge/,
    );
  });

  test.each(["X-Forwarded-For", "X-Forwarded-Host", "Forwarded"])(
    "§7 through a proxy (%s) metrics are for a token with the role admin only",
    async (name) => {
      const through = (token: string | null) =>
        new Promise<number>((resolve) => {
          const auth =
            token === null ? {} : { Authorization: `Bearer ${token}` };
          const headers = { [name]: "for=1.2.3.4", ...auth };
          request(`${server.url}/metrics`, { headers }, (it) =>
            resolve(it.resume().statusCode!),
          ).end();
        });
      const admin = await new SignJWT({ sub: "root", role: "admin" })
        .setProtectedHeader({ alg: "HS256" })
        .setExpirationTime("1h")
        .sign(new TextEncoder().encode(TEST_SECRET));
      expect(await through(null)).toBe(404);
      expect(await through(await server.token("alice"))).toBe(404);
      expect(await through(admin)).toBe(200);
    },
  );
});
