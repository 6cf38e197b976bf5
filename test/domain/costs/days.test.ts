/** Days tile time in every zone. */
import { describe, expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import {
  addDays,
  addMonths,
  countDays,
  dayOf,
  dayStart,
  isDay,
  isTimeZone,
  listDays,
  monthFirst,
  monthLast,
  toPeriod,
  toRange,
} from "../../../src/domain/costs/days.ts";

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "Pacific/Apia",
];

const zones = fc.constantFrom(...ZONES);

const dayArbitrary = fc
  .integer({ min: 0, max: 8_000 })
  .map((offset) => addDays("2012-01-01", offset));

const hours = (from: string, to: string) =>
  (Date.parse(to) - Date.parse(from)) / 3_600_000;

describe("days", () => {
  test("every day begins on itself and ends where the next begins", () => {
    fc.assert(
      fc.property(dayArbitrary, zones, (day, zone) => {
        const start = Date.parse(dayStart(day, zone));
        expect(dayOf(start, zone)).toBe(day);
        expect(dayOf(start - 1, zone)).toBe(addDays(day, -1));
        expect(
          hours(dayStart(day, zone), dayStart(addDays(day, 1), zone)),
        ).toBeGreaterThanOrEqual(22);
      }),
    );
  });

  test("daylight saving makes days of 23 and 25 hours", () => {
    expect(
      hours(
        dayStart("2026-03-29", "Europe/Berlin"),
        dayStart("2026-03-30", "Europe/Berlin"),
      ),
    ).toBe(23);
    expect(
      hours(
        dayStart("2026-10-25", "Europe/Berlin"),
        dayStart("2026-10-26", "Europe/Berlin"),
      ),
    ).toBe(25);
  });

  test("a midnight that does not exist is the first instant that does", () => {
    expect(dayStart("2018-11-04", "America/Sao_Paulo")).toBe(
      "2018-11-04T03:00:00.000Z",
    );
  });

  test("a range survives being a period", () => {
    fc.assert(
      fc.property(
        dayArbitrary,
        fc.integer({ min: 0, max: 120 }),
        zones,
        (first, more, zone) => {
          const range = { first, last: addDays(first, more) };
          expect(toRange(toPeriod(range, zone), zone)).toEqual(range);
          expect(listDays(range)).toHaveLength(countDays(range));
        },
      ),
    );
  });

  test("months keep their ends", () => {
    expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
    expect(addMonths("2028-01-31", 1)).toBe("2028-02-29");
    expect([monthFirst("2026-02-14"), monthLast("2026-02-14")]).toEqual([
      "2026-02-01",
      "2026-02-28",
    ]);
    expect([
      isDay("2026-02-29"),
      isDay("2028-02-29"),
      isDay("2026-13-01"),
      isDay("today"),
    ]).toEqual([false, true, false, false]);
    expect([isTimeZone("Europe/Berlin"), isTimeZone("Middle/Earth")]).toEqual([
      true,
      false,
    ]);
  });
});
