/** inspect_data settles the period and the names of a question, and whether the data suffices. */
import { describe, expect, test } from "vitest";
import { limits } from "../../../src/domain/limits.ts";
import type { JsonObject } from "../../../src/domain/model.ts";
import { daily, usage } from "../../support/usageData.ts";
import { use } from "../../support/tools.ts";

const inspect = (over: JsonObject = {}) => ({
  period: { kind: "latest" },
  time_zone: "UTC",
  week_start: "monday",
  mentions: [],
  dimension: null,
  ...over,
});

describe("inspect_data", () => {
  test("without records there is nothing", async () => {
    expect(await use("inspect_data", inspect(), [])).toMatchObject({
      sufficiency: "none",
      shortages: ["no_records"],
      period: null,
    });
  });

  test("the period is the last 30 days that have data, cut to the data, with the 30 before", async () => {
    const found = await use("inspect_data", inspect(), daily("2026-08-31", 90));
    expect(found).toMatchObject({
      sufficiency: "sufficient",
      days: { first: "2026-08-02", last: "2026-08-31" },
      days_before: { first: "2026-07-03", last: "2026-08-01" },
    });
  });

  test.each([
    [limits.sufficientDays - 1, "partial", ["few_days"]],
    [limits.sufficientDays, "sufficient", []],
  ])("%i days of data are %s", async (count, sufficiency, shortages) => {
    expect(
      await use("inspect_data", inspect(), daily("2026-11-20", count)),
    ).toMatchObject({ sufficiency, shortages });
  });

  test("a question about one day has all it needs in that day", async () => {
    const yesterday = { kind: "calendar", unit: "day", offset: -1 };
    expect(
      await use(
        "inspect_data",
        inspect({ period: yesterday }),
        daily("2026-11-21", 20),
      ),
    ).toMatchObject({ sufficiency: "sufficient", day_count: 1 });
  });

  test("tokens without a price make it partial, and billed dollars count where there are any", async () => {
    const records = daily("2026-11-20", 10, (day) =>
      usage(day, { model: "inhouse-7b", provider: null, billed_usd: 2 }),
    );
    expect(await use("inspect_data", inspect(), records)).toMatchObject({
      sufficiency: "partial",
      shortages: ["unpriced"],
      basis: "billed",
      total: { cost_usd: 20, computed_usd: 0 },
      unpriced: [{ model: "inhouse-7b", tokens: 11_000_000 }],
    });
  });

  test("a dimension that no record names makes it partial", async () => {
    expect(
      await use(
        "inspect_data",
        inspect({ dimension: "user" }),
        daily("2026-11-20", 10),
      ),
    ).toMatchObject({ shortages: ["no_dimension"] });
  });

  test("names are matched as people write them, and unknown ones reported with those there are", async () => {
    const records = [
      ...daily("2026-11-20", 10, (day) => usage(day, { project: "Checkout" })),
      usage("2026-11-20", {
        project: "Search",
        model: "claude-sonnet-4-5",
        provider: "anthropic",
      }),
    ];
    const asked = (dimension: string, name: string, exclude = false) =>
      inspect({ mentions: [{ dimension, names: [name], exclude }] });
    expect(
      (await use("inspect_data", asked("project", "checkout"), records)).filter,
    ).toEqual({ project: ["Checkout"] });
    expect(
      (await use("inspect_data", asked("project", "checkout", true), records))
        .filter,
    ).toEqual({ project: ["Search"] });
    expect(
      (await use("inspect_data", asked("model", "sonnet"), records)).filter,
    ).toEqual({ model: ["claude-sonnet-4-5"] });
    expect(
      await use("inspect_data", asked("project", "nope"), records),
    ).toMatchObject({
      sufficiency: "none",
      shortages: ["unknown_name"],
      unmatched: [{ name: "nope", known: ["Checkout", "Search"] }],
    });
  });

  test("days are days of the time zone", async () => {
    const late = usage("2026-11-20", { at: "2026-11-20T23:30:00.000Z" });
    expect(
      (
        await use("inspect_data", inspect({ time_zone: "Asia/Kolkata" }), [
          late,
        ])
      ).days,
    ).toEqual({ first: "2026-11-21", last: "2026-11-21" });
  });
});
