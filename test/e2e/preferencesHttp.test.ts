/** docs/PROTOCOL.md section 7: preferences over HTTP, checked before they are kept, and what follows them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Preferences, UsageSummary } from "../../src/domain/model.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

describe("preferences", () => {
  const put = (user: string, body: object) =>
    server.fetch("/api/preferences", user, {
      method: "PUT",
      body: JSON.stringify(body),
    });

  test("§7 defaults, what is sent replaces, what is not sent stays; each user has their own", async () => {
    expect(
      await server.get<Preferences>("/api/preferences", "chooser"),
    ).toEqual({
      time_zone: "UTC",
      week_start: "monday",
      budgets: [],
    });
    expect(
      (
        await put("chooser", {
          time_zone: "Asia/Kathmandu",
          week_start: "sunday",
        })
      ).status,
    ).toBe(200);
    const budgets = [
      { monthly_usd: 100, scope: { dimension: "project", key: "a" } },
      { monthly_usd: 1.5, scope: null },
    ];
    const response = await put("chooser", { budgets });
    const expected = {
      time_zone: "Asia/Kathmandu",
      week_start: "sunday",
      budgets,
    };
    expect(await response.json()).toEqual(expected);
    expect(await server.get("/api/preferences", "chooser")).toEqual(expected);
    expect(await server.get("/api/preferences", "bystander")).toMatchObject({
      time_zone: "UTC",
    });
  });

  test.each<[string, object]>([
    ["time_zone", { time_zone: "Mars/Olympus" }],
    ["time_zone", { time_zone: "+02:00" }],
    ["time_zone", { time_zone: "" }],
    ["week_start", { week_start: "friday" }],
    ["budgets.0.monthly_usd", { budgets: [{ monthly_usd: 0, scope: null }] }],
    ["budgets.0.monthly_usd", { budgets: [{ monthly_usd: -1, scope: null }] }],
    ["budgets.0.monthly_usd", { budgets: [{ monthly_usd: "1", scope: null }] }],
    [
      "budgets.0.scope.dimension",
      { budgets: [{ monthly_usd: 1, scope: { dimension: "day", key: "x" } }] },
    ],
    [
      "budgets.0.scope.key",
      {
        budgets: [
          { monthly_usd: 1, scope: { dimension: "user", key: "nul\u0000" } },
        ],
      },
    ],
    [
      "budgets",
      {
        budgets: Array.from({ length: 51 }, () => ({
          monthly_usd: 1,
          scope: null,
        })),
      },
    ],
  ])(
    "§7 %s that does not fit is 400, and nothing changes",
    async (path, body) => {
      const response = await put("strict", { week_start: "sunday", ...body });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ path });
      expect(await server.get("/api/preferences", "strict")).toMatchObject({
        week_start: "monday",
      });
    },
  );

  test("§7 days are those of the user's time zone", async () => {
    await put("zoned", { time_zone: "America/New_York" });
    await server.fetch("/api/usage/imports", "zoned", {
      method: "POST",
      body: "timestamp,model,input_tokens,output_tokens\n2026-10-02T03:00:00Z,gpt-4o,1,1\n",
    });
    const summary = await server.get<UsageSummary>(
      "/api/usage/summary?group_by=day",
      "zoned",
    );
    expect(summary.groups.map((it) => it.key)).toEqual(["2026-10-01"]);
  });
});
