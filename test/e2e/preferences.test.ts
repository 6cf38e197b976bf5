/** Preferences set over HTTP and used by the answer: the time zone's days, the week's first day, the budget. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { costs } from "../../src/domain/agents/index.ts";
import type {
  Preferences,
  Report,
  UsageSummary,
} from "../../src/domain/model.ts";
import type { EventOf } from "../../src/domain/protocol.ts";
import { TestServer } from "../support/server.ts";

const DAY_MS = 86_400_000;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ application: { ...costs } });
});
afterAll(() => server.stop());

async function load(user: string, rows: readonly string[]): Promise<void> {
  const body = ["timestamp,model,input_tokens,output_tokens", ...rows].join(
    "\n",
  );
  const response = await server.fetch("/api/usage/imports", user, {
    method: "POST",
    body,
  });
  expect(response.status).toBe(201);
}

async function prefer(user: string, chosen: Partial<Preferences>) {
  const response = await server.fetch("/api/preferences", user, {
    method: "PUT",
    body: JSON.stringify(chosen),
  });
  expect(response.status).toBe(200);
}

async function ask(user: string, question: string) {
  const socket = await server.connect(user);
  const { events } = await socket.ask(question);
  socket.close();
  const { content, report } = events.at(-2) as EventOf<"final_response">;
  return { content, report: report as unknown as Report };
}

/** A million tokens a day at noon, for so many days up to today. */
const lastDays = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const at = new Date(Date.now() - index * DAY_MS);
    return `${at.toISOString().slice(0, 10)}T12:00:00Z,gpt-4.1,1000000,0`;
  });

test("preferences are what was sent, kept per user, and partly replaced", async () => {
  const defaults = { time_zone: "UTC", week_start: "monday", budgets: [] };
  expect(await server.get("/api/preferences", "p")).toEqual(defaults);
  await prefer("p", { time_zone: "Asia/Tokyo", week_start: "sunday" });
  await prefer("p", { week_start: "monday" });
  expect(await server.get("/api/preferences", "p")).toEqual({
    ...defaults,
    time_zone: "Asia/Tokyo",
  });
  expect(await server.get("/api/preferences", "q")).toEqual(defaults);
});

test("days are days of the time zone, in the summary and in the answer", async () => {
  const user = "zoned";
  await load(user, [
    "2026-10-05T23:30:00Z,gpt-4.1,1000000,0",
    "2026-10-06T12:00:00Z,gpt-4.1,2000000,0",
  ]);
  const days = async () => {
    const { groups } = await server.get<UsageSummary>(
      "/api/usage/summary?group_by=day",
      user,
    );
    return groups.map((it) => it.key).toSorted();
  };
  const before = await ask(user, "Analyze my AI costs");
  expect(await days()).toEqual(["2026-10-05", "2026-10-06"]);
  expect(before.report.time_zone).toBe("UTC");
  expect(before.report.period?.from).toBe("2026-10-05T00:00:00.000Z");
  await prefer(user, { time_zone: "Europe/Berlin" });
  const after = await ask(user, "Analyze my AI costs");
  expect(await days()).toEqual(["2026-10-06"]);
  expect(after.report.time_zone).toBe("Europe/Berlin");
  expect(after.report.period?.from).toBe("2026-10-05T22:00:00.000Z");
  expect(after.content).toContain("Europe/Berlin");
});

/** The first instant of the week before the one that holds `now`; `first` is 0 for Sunday, 1 for Monday. */
function lastWeek(now: number, first: number): { from: string; to: string } {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const since = (new Date(today).getUTCDay() - first + 7) % 7;
  const to = today - since * DAY_MS;
  return {
    from: new Date(to - 7 * DAY_MS).toISOString(),
    to: new Date(to).toISOString(),
  };
}

test("a week begins where the preference says", async () => {
  const user = "weekly";
  await load(user, lastDays(30));
  const question = "How much did we spend last week?";
  const monday = await ask(user, question);
  expect(monday.report.period).toEqual(lastWeek(Date.now(), 1));
  await prefer(user, { week_start: "sunday" });
  const sunday = await ask(user, question);
  expect(sunday.report.period).toEqual(lastWeek(Date.now(), 0));
});

test("a budget is held against the month's projection", async () => {
  const user = "budgeted";
  await load(user, lastDays(45));
  const without = await ask(user, "Analyze my AI costs");
  expect(without.content).not.toContain("$12.34");
  await prefer(user, { budgets: [{ monthly_usd: 12.34, scope: null }] });
  const over = await ask(user, "Analyze my AI costs");
  expect(over.content).toContain("$12.34");
  await prefer(user, { budgets: [{ monthly_usd: 98_765, scope: null }] });
  const under = await ask(user, "Analyze my AI costs");
  expect(under.content).toContain("98,765");
  expect(under.content).not.toContain("$12.34");
});
