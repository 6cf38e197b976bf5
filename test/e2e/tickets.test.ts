/** docs/PROTOCOL.md section 1, tickets: single use, short-lived, and no better than the token they came from. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import { TestServer } from "../support/server.ts";
import { claimsOf, revoke, ticketFor } from "../support/tokens.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    env: { CONNECTIONS_PER_USER: "100" },
  });
});
afterAll(() => server.stop());

/** How a connection with this query is refused. */
async function refusalOf({ query }: { readonly query: string }) {
  const socket = await server.open({ query });
  const closed = await socket.closed;
  return { frames: socket.frames, ...closed };
}

describe("tickets", () => {
  test("§1 §7 a ticket is {ticket, expires_at} with 30 s to live", async () => {
    const before = Date.now();
    const response = await server.fetch("/api/tickets", "t", {
      method: "POST",
    });
    const body = (await response.json()) as Record<string, string>;
    expect(Object.keys(body).sort()).toEqual(["expires_at", "ticket"]);
    const livesMs = Date.parse(body["expires_at"]!) - before;
    expect(livesMs).toBeGreaterThan(29_000);
    expect(livesMs).toBeLessThan(35_000);
  });

  test("§1 of many who take a ticket at once, one gets in; the others are token_invalid", async () => {
    const query = `?ticket=${await ticketFor(server, await server.token("single"))}`;
    const sockets = await Promise.all(
      Array.from({ length: 8 }, () => server.open({ query })),
    );
    const first = (it: (typeof sockets)[number]) => it.find(() => true);
    const frames = await Promise.all(sockets.map(first));
    const greeted = frames.filter((it) => it.type === "connection_ready");
    const refused = frames.filter(
      (it) => it.type === "error" && it.reason === "token_invalid",
    );
    expect([greeted.length, refused.length]).toEqual([1, 7]);
  });

  test("§1 a used and an unknown ticket cannot be told from each other", async () => {
    const query = `?ticket=${await ticketFor(server, await server.token("used"))}`;
    const first = await server.open({ query });
    await first.next("connection_ready");
    const used = await refusalOf({ query });
    const unknown = await refusalOf({ query: "?ticket=never-was" });
    expect(used).toMatchObject({ code: 4401, reason: "token_invalid" });
    expect(used).toEqual(unknown);
    expect(await refusalOf({ query: "?ticket=" })).toEqual(unknown);
  });

  test("§1 a ticket inherits exp and jti: revoking the token ends the ticket too", async () => {
    const token = await server.token("inherited");
    const ticket = await ticketFor(server, token);
    await revoke(server, token);
    expect(await refusalOf({ query: `?ticket=${ticket}` })).toMatchObject({
      code: 4401,
      reason: "token_revoked",
    });
  });

  test("§1 a ticket carries its token's expiry into the connection", async () => {
    const token = await server.token("expiry", 600);
    const ticket = await ticketFor(server, token);
    const socket = await server.open({ query: `?ticket=${ticket}` });
    const { token_expires_at } = await socket.next("connection_ready");
    expect(Date.parse(token_expires_at)).toBe(claimsOf(token).exp * 1_000);
  });

  test("§7 a user gets so many tickets at once, then 429 and when to ask again, others theirs", async () => {
    const ask = (user: string) =>
      server.fetch("/api/tickets", user, { method: "POST" });
    const { ticketsAtOncePerUserMax, ticketsPerMinutePerUserMax } = limits;
    const startedMs = performance.now();
    const answers = await Promise.all(
      Array.from({ length: ticketsAtOncePerUserMax * 2 }, () => ask("greedy")),
    );
    const minutes = (performance.now() - startedMs) / 60_000;
    const given = answers.filter((it) => it.status === 201).length;
    expect(given).toBeGreaterThanOrEqual(ticketsAtOncePerUserMax);
    expect(given).toBeLessThanOrEqual(
      ticketsAtOncePerUserMax + minutes * ticketsPerMinutePerUserMax,
    );
    const refused = answers.filter((it) => it.status !== 201);
    expect(new Set(refused.map((it) => it.status))).toEqual(new Set([429]));
    const [first] = refused;
    expect(first!.headers.get("Content-Type")).toBe("application/problem+json");
    expect(Number(first!.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(await first!.json()).toMatchObject({
      status: 429,
      code: "rate_limited",
    });
    expect((await ask("modest")).status).toBe(201);
  });
});
