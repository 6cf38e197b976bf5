/** Words for a time become the days a person means, and the days before are comparable. */
import { describe, expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import { addDays, countDays } from "../../../src/domain/costs/days.ts";
import {
  askedRange,
  coveredRange,
  rangeBefore,
} from "../../../src/domain/costs/periods.ts";
import type {
  Calendar,
  PeriodSpec,
} from "../../../src/domain/costs/periods.ts";

const calendar = (over: Partial<Calendar> = {}): Calendar => ({
  today: "2026-11-22",
  week_start: "monday",
  data: { first: "2025-09-01", last: "2026-11-20" },
  ...over,
});

describe("what a person means", () => {
  test.each<[string, PeriodSpec, [string, string]]>([
    [
      "nothing named: the last 30 days with data",
      { kind: "latest" },
      ["2026-10-22", "2026-11-20"],
    ],
    [
      "last 7 days, today included",
      { kind: "last", count: 7, unit: "day" },
      ["2026-11-16", "2026-11-22"],
    ],
    [
      "last 2 weeks",
      { kind: "last", count: 2, unit: "week" },
      ["2026-11-09", "2026-11-22"],
    ],
    [
      "last 3 months",
      { kind: "last", count: 3, unit: "month" },
      ["2026-08-23", "2026-11-22"],
    ],
    [
      "this week",
      { kind: "calendar", unit: "week", offset: 0 },
      ["2026-11-16", "2026-11-22"],
    ],
    [
      "last week",
      { kind: "calendar", unit: "week", offset: -1 },
      ["2026-11-09", "2026-11-15"],
    ],
    [
      "last month",
      { kind: "calendar", unit: "month", offset: -1 },
      ["2026-10-01", "2026-10-31"],
    ],
    [
      "last quarter",
      { kind: "calendar", unit: "quarter", offset: -1 },
      ["2026-07-01", "2026-09-30"],
    ],
    [
      "this year",
      { kind: "calendar", unit: "year", offset: 0 },
      ["2026-01-01", "2026-12-31"],
    ],
    [
      "October",
      { kind: "month", month: 10, year: null },
      ["2026-10-01", "2026-10-31"],
    ],
    [
      "December: last year's",
      { kind: "month", month: 12, year: null },
      ["2025-12-01", "2025-12-31"],
    ],
    [
      "Q2 2026",
      { kind: "quarter", quarter: 2, year: 2026 },
      ["2026-04-01", "2026-06-30"],
    ],
    [
      "since a day",
      { kind: "days", first: "2026-11-01", last: null },
      ["2026-11-01", "2026-11-22"],
    ],
    ["all", { kind: "all" }, ["2025-09-01", "2026-11-20"]],
  ])("%s", (_name, spec, [first, last]) => {
    expect(askedRange(spec, calendar())).toEqual({ first, last });
  });

  test("a month without a year is the latest that has data", () => {
    const data = { first: "2024-09-01", last: "2025-11-05" };
    expect(
      askedRange({ kind: "month", month: 10, year: null }, calendar({ data })),
    ).toEqual({ first: "2025-10-01", last: "2025-10-31" });
  });

  test("weeks begin where the person's weeks begin", () => {
    const range = askedRange(
      { kind: "calendar", unit: "week", offset: 0 },
      calendar({ week_start: "sunday" }),
    );
    expect(range).toEqual({ first: "2026-11-22", last: "2026-11-28" });
  });
});

describe("the range before", () => {
  const before = (spec: PeriodSpec, over: Partial<Calendar> = {}) => {
    const given = calendar(over);
    const asked = askedRange(spec, given);
    const covered = coveredRange(asked, given.data);
    return covered === null
      ? null
      : rangeBefore(spec, covered, asked, given.data);
  };

  test("a whole month is compared with the month before, a running one with its first days", () => {
    expect(before({ kind: "calendar", unit: "month", offset: -1 })).toEqual({
      first: "2026-09-01",
      last: "2026-09-30",
    });
    expect(before({ kind: "calendar", unit: "month", offset: 0 })).toEqual({
      first: "2026-10-01",
      last: "2026-10-20",
    });
  });

  test("it is null where the data does not reach back", () => {
    expect(
      before(
        { kind: "latest" },
        { data: { first: "2026-10-30", last: "2026-11-20" } },
      ),
    ).toBeNull();
    expect(
      before(
        { kind: "latest" },
        { data: { first: "2026-09-22", last: "2026-11-20" } },
      ),
    ).toEqual({ first: "2026-09-22", last: "2026-10-21" });
  });

  test("it ends right before and is as long, for any number of days", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), (count) => {
        const spec: PeriodSpec = { kind: "last", count, unit: "day" };
        const given = calendar({
          data: { first: "2020-01-01", last: "2026-11-22" },
        });
        const asked = askedRange(spec, given);
        const range = rangeBefore(spec, asked, asked, given.data);
        expect(range).not.toBeNull();
        expect(range && countDays(range)).toBe(count);
        expect(range && addDays(range.last, 1)).toBe(asked.first);
      }),
    );
  });
});
