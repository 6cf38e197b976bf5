/** Tools for spend that happened: sums to the cent, shares that add up, planted days found. */
import { describe, expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import { toPeriod } from "../../../src/domain/costs/days.ts";
import { NO_TOKENS, sumOf } from "../../../src/domain/costs/money.ts";
import { limits } from "../../../src/domain/limits.ts";
import { daily, usage } from "../../support/usageData.ts";
import { use } from "../../support/tools.ts";

const november = toPeriod({ first: "2026-11-01", last: "2026-11-20" }, "UTC");

const october = toPeriod({ first: "2026-10-12", last: "2026-10-31" }, "UTC");

const scope = { period: november, time_zone: "UTC" };

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
      (causes?.length_usd ?? 0) +
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
