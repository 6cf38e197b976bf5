/** Each tool over real prices and an array of usage: sums that add up, parameters that are checked, failures that are named. */
import { Effect, Layer } from "effect";
import { describe, expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import { priceBook } from "../../../src/adapters/prices.ts";
import { toPeriod } from "../../../src/domain/costs/days.ts";
import { NO_TOKENS, sumOf } from "../../../src/domain/costs/money.ts";
import { limits } from "../../../src/domain/limits.ts";
import type {
  JsonObject,
  RunId,
  ThreadId,
  UsageRecord,
  UserId,
} from "../../../src/domain/model.ts";
import { costTools } from "../../../src/domain/tools/index.ts";
import type { ToolName, ToolResults } from "../../../src/domain/tools/index.ts";
import { daily, usage } from "../../support/usageData.ts";
import { absentUsageStore, usageStoreOf } from "../../support/usageStore.ts";

const NOW = Date.parse("2026-11-22T09:00:00Z");
const november = toPeriod({ first: "2026-11-01", last: "2026-11-20" }, "UTC");
const october = toPeriod({ first: "2026-10-12", last: "2026-10-31" }, "UTC");
const scope = { period: november, time_zone: "UTC" };
const context = {
  user_id: "u" as UserId,
  thread_id: "t" as ThreadId,
  run_id: "r" as RunId,
  now: NOW,
};

function use<Name extends ToolName>(
  name: Name,
  parameters: JsonObject,
  records: readonly UsageRecord[],
): Promise<ToolResults[Name]> {
  const tool = costTools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  const services = usageStoreOf(records).pipe(Layer.provideMerge(priceBook));
  return Effect.runPromise(
    Effect.provide(tool.run(parameters, context), services),
  ) as Promise<unknown> as Promise<ToolResults[Name]>;
}

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

describe("query_usage", () => {
  test("has the list price to the cent: 1 M input and 100 k output of gpt-4o cost $2.50 + $1.00", async () => {
    const found = await use(
      "query_usage",
      { ...scope, group_by: ["model"] },
      daily("2026-11-20", 20),
    );
    expect(found).toMatchObject({
      days: 20,
      total: { cost_usd: 70, requests: 200, total_tokens: 22_000_000 },
    });
  });

  test("shares and folded rows add up, whatever the groups", async () => {
    const record = fc.record({
      user: fc.option(fc.string({ maxLength: 3 })),
      requests: fc.integer({ min: 1, max: 50 }),
      input: fc.integer({ min: 1, max: 1e7 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 80 }),
        async (given) => {
          const records = given.map(({ user, requests, input }) =>
            usage("2026-11-10", {
              user,
              requests,
              tokens: { ...NO_TOKENS, uncached_input: input },
            }),
          );
          const { rows, other, total } = await use(
            "query_usage",
            { ...scope, group_by: ["user"] },
            records,
          );
          const all = other === null ? rows : [...rows, other];
          expect(rows.length).toBeLessThanOrEqual(limits.usageRowsShownMax);
          expect(sumOf(all, (row) => row.cost_usd)).toBeCloseTo(
            total.cost_usd,
            4,
          );
          expect(sumOf(all, (row) => row.share_percent ?? 0)).toBeCloseTo(
            100,
            0,
          );
          expect(sumOf(all, (row) => row.requests)).toBe(total.requests);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("every day of the period is a point, and points add up to the total", async () => {
    const records = [
      usage("2026-11-03"),
      usage("2026-11-05", { model: "gpt-4o-mini" }),
    ];
    const {
      points,
      series,
      total,
      daily: facts,
    } = await use(
      "query_usage",
      { ...scope, group_by: ["day", "model"] },
      records,
    );
    expect(points).toHaveLength(20);
    expect(series).toEqual(["gpt-4o", "gpt-4o-mini"]);
    expect(
      sumOf(points, (point) =>
        sumOf(Object.values(point.values), (usd) => usd),
      ),
    ).toBeCloseTo(total.cost_usd, 6);
    expect(facts?.highest.day).toBe("2026-11-03");
  });
});

test("compare_periods: groups and causes add up to the change", async () => {
  const records = [
    ...daily("2026-10-31", 20),
    ...daily("2026-11-20", 20, (day) =>
      usage(day, { requests: 30, model: "gpt-4.1" }),
    ),
  ];
  const found = await use(
    "compare_periods",
    { ...scope, compared_with: october, group_by: "model" },
    records,
  );
  expect(found.before.cost_usd).toBe(70);
  expect(sumOf(found.groups, (group) => group.change_usd)).toBeCloseTo(
    found.change_usd,
    5,
  );
  const causes = found.causes;
  expect(causes).not.toBeNull();
  expect(
    (causes?.volume_usd ?? 0) +
      (causes?.mix_usd ?? 0) +
      (causes?.rate_usd ?? 0),
  ).toBeCloseTo(found.change_usd, 5);
  expect(found.volume_change_percent).toBe(200);
});

test("detect_anomalies: a planted day is found with the model behind it", async () => {
  const records = daily("2026-11-20", 50).flatMap((record, index) =>
    index === 40
      ? [
          record,
          usage(record.at.slice(0, 10), {
            model: "gpt-4.1",
            tokens: { ...NO_TOKENS, uncached_input: 2e7 },
          }),
        ]
      : [record],
  );
  const history = toPeriod({ first: "2026-10-02", last: "2026-11-20" }, "UTC");
  const found = await use("detect_anomalies", { ...scope, history }, records);
  expect(
    found.anomalies.map((anomaly) => [
      anomaly.day,
      anomaly.direction,
      anomaly.drivers[0]?.model,
    ]),
  ).toEqual([["2026-11-11", "spike", "gpt-4.1"]]);
});

describe("forecast_spend", () => {
  const forecast = (
    last: string,
    count: number,
    budgets: JsonObject[] = [],
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
    });
  });

  test("two days are too few", async () => {
    expect(await forecast("2026-11-20", 2)).toMatchObject({
      possible: false,
      month: null,
    });
  });
});

describe("savings", () => {
  const records = daily("2026-11-20", 20, (day) =>
    usage(day, {
      feature: "nightly-digest",
      tokens: {
        ...NO_TOKENS,
        uncached_input: 1e6,
        cache_read: 1e6,
        output: 1e5,
      },
    }),
  );

  test("a swap reprices the same tokens: gpt-4o at gpt-4o-mini's price", async () => {
    const found = await use(
      "simulate_model_swap",
      { ...scope, to_model: "gpt-4o-mini", moved_percent: 50 },
      daily("2026-11-20", 20),
    );
    expect(found.swaps).toMatchObject([
      {
        from_model: "gpt-4o",
        to_model: "gpt-4o-mini",
        affected_usd: 105,
        saving_percent: 94,
        low_usd: 49.35,
        high_usd: 49.35,
      },
    ]);
  });

  test("a dearer model is a loss, an unknown one is said to be unknown", async () => {
    const dearer = await use(
      "simulate_model_swap",
      { ...scope, to_model: "gpt-4", moved_percent: null },
      daily("2026-11-20", 20),
    );
    expect(dearer.swaps[0]?.high_usd).toBeLessThan(0);
    expect(
      await use(
        "simulate_model_swap",
        { ...scope, to_model: "nonsense-9", moved_percent: null },
        records,
      ),
    ).toMatchObject({ unknown_model: "nonsense-9", swaps: [] });
  });

  test("caching: reads of gpt-4o save half of the input price; no saving exceeds its spend", async () => {
    const found = await use(
      "cache_savings",
      { ...scope, hit_percent: null },
      records,
    );
    expect(found).toMatchObject({ hit_percent: 50, paid_off_usd: 25 });
    for (const model of found.models) {
      expect(model.low_usd).toBeLessThanOrEqual(model.high_usd);
      expect(model.high_usd).toBeLessThanOrEqual(model.affected_usd);
    }
  });

  test("a hit rate that is reached already saves nothing more", async () => {
    expect(
      (await use("cache_savings", { ...scope, hit_percent: 40 }, records))
        .high_usd,
    ).toBe(0);
  });

  test("batch: half the price on what says it can wait, nothing on what is batched already", async () => {
    const [candidate] = (
      await use("batch_savings", { ...scope, waiting_percent: null }, records)
    ).candidates;
    expect(candidate).toMatchObject({
      dimension: "feature",
      key: "nightly-digest",
      word: "nightly",
    });
    expect(candidate?.high_usd).toBeCloseTo(
      (candidate?.affected_usd ?? 0) / 2,
      5,
    );
    const batched = records.map((record) => ({
      ...record,
      tier: "batch" as const,
    }));
    expect(
      await use("batch_savings", { ...scope, waiting_percent: null }, batched),
    ).toMatchObject({ batched_percent: 100, candidates: [] });
  });
});

test("price_lookup names what it does not know", async () => {
  const found = await use(
    "price_lookup",
    { models: ["gpt-4o", "nonsense-9"] },
    [],
  );
  expect(found).toMatchObject({
    unknown: ["nonsense-9"],
    prices: [
      { model: "gpt-4o", usd_per_million: { uncached_input: 2.5, output: 10 } },
    ],
  });
});

describe("every tool", () => {
  test.each(
    costTools
      .filter((tool) => tool.name !== "import_help")
      .map((tool) => [tool.name, tool] as const),
  )("%s refuses parameters that are not its own", async (_name, tool) => {
    const services = usageStoreOf([]).pipe(Layer.provideMerge(priceBook));
    const failure = await Effect.runPromise(
      Effect.provide(
        Effect.flip(tool.run({ period: "yesterday", models: 3 }, context)),
        services,
      ),
    );
    expect(failure.code).toBe("invalid_parameters");
  });

  test("says when the database is away", async () => {
    const tool = costTools.find(
      (candidate) => candidate.name === "query_usage",
    );
    if (tool === undefined) throw new Error("no query_usage");
    const services = Layer.merge(absentUsageStore, priceBook);
    const failure = await Effect.runPromise(
      Effect.provide(
        Effect.flip(tool.run({ ...scope, group_by: ["model"] }, context)),
        services,
      ),
    );
    expect(failure).toMatchObject({ code: "service_unavailable" });
  });
});
