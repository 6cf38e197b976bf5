/** The tool for spend to come: projections and budgets. */
import { describe, expect, test } from "vitest";
import { toPeriod } from "../../../src/domain/costs/days.ts";
import type { JsonObject } from "../../../src/domain/model.ts";
import { daily, usage } from "../../support/usageData.ts";
import { use } from "../../support/tools.ts";

describe("forecast_spend", () => {
  const forecast = (
    last: string,
    count: number,
    budgets: JsonObject[] = [],
    filter: JsonObject = {},
  ) => {
    const records = daily(last, count, (day, index) =>
      usage(day, { project: index % 2 === 0 ? "even" : "odd" }),
    );
    const first = records[0]?.at.slice(0, 10) ?? last;
    return use(
      "forecast_spend",
      {
        history: toPeriod({ first, last }, "UTC"),
        data_first: first,
        time_zone: "UTC",
        filter,
        budgets,
      },
      records,
    );
  };

  test("the month is what was spent plus the rest at the usual rate", async () => {
    const found = await forecast("2026-11-20", 60);
    expect(found.month).toMatchObject({
      month: "2026-11",
      spent_usd: 70,
      days_left: 10,
      expected_usd: 105,
      whole: true,
    });
    expect(found.next_days).toMatchObject({
      first: "2026-11-21",
      expected_usd: 105,
    });
  });

  test("today is not a whole day and teaches nothing", async () => {
    expect((await forecast("2026-11-22", 60)).history_days).toBe(59);
  });

  test("data that ends with a month projects the next one", async () => {
    expect((await forecast("2026-10-31", 60)).month).toMatchObject({
      month: "2026-11",
      spent_usd: 0,
      spent_through: null,
      expected_usd: 105,
    });
  });

  test("a budget names the day on which it is used up, also for a project alone", async () => {
    const found = await forecast("2026-11-20", 60, [
      { monthly_usd: 84, scope: null },
      { monthly_usd: 1000, scope: null },
      { monthly_usd: 35, scope: { dimension: "project", key: "odd" } },
    ]);
    expect(found.budgets.map((budget) => budget.hit_day)).toEqual([
      "2026-11-24",
      null,
      "2026-11-20",
    ]);
    expect(found.budgets[0]).toMatchObject({
      over_usd: 21,
      expected_percent: 125,
      spent_percent: 83.33,
      warn_percent: 80,
    });
  });

  test("a narrower question leaves a budget whole, and out where it has nothing to do with it", async () => {
    const found = await forecast(
      "2026-11-20",
      60,
      [
        { monthly_usd: 84, scope: null },
        { monthly_usd: 35, scope: { dimension: "project", key: "odd" } },
        { monthly_usd: 1, scope: { dimension: "project", key: "even" } },
      ],
      { project: ["odd"] },
    );
    expect(found.month?.spent_usd).toBe(35);
    expect(found.budgets).toMatchObject([
      { monthly_usd: 84, spent_usd: 70, hit_day: "2026-11-24" },
      { monthly_usd: 35, spent_usd: 35, hit_day: "2026-11-20" },
    ]);
  });

  test("two days are too few", async () => {
    expect(await forecast("2026-11-20", 2)).toMatchObject({
      possible: false,
      month: null,
    });
  });
});
