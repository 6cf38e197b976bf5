/**
 * What a person means by a time: "last week", "October", "last 7 days", or nothing at all. Promises: a question that names no time
 * means the last 30 days that have data; a resolved range never reaches past the data, and the range before it is comparable: the
 * same number of days, or the calendar unit before.
 */
import { limits } from "../limits.ts";
import {
  addDays,
  addMonths,
  countDays,
  monthFirst,
  monthLast,
  weekdayOf,
} from "./days.ts";
import type { Day, DayRange } from "./days.ts";

export type CalendarUnit = "day" | "week" | "month" | "quarter" | "year";

/** A time as a question names it, before data and clock say which days it is. */
export type PeriodSpec =
  /** None named: the last 30 days that have data. */
  | { readonly kind: "latest" }
  | { readonly kind: "all" }
  /** Up to today, today included. */
  | {
      readonly kind: "last";
      readonly count: number;
      readonly unit: "day" | "week" | "month";
    }
  /** 0 is the current one, -1 the one before. */
  | {
      readonly kind: "calendar";
      readonly unit: CalendarUnit;
      readonly offset: number;
    }
  /** 1 to 12; without a year, the latest that has begun and, where possible, has data. */
  | {
      readonly kind: "month";
      readonly month: number;
      readonly year: number | null;
    }
  | {
      readonly kind: "quarter";
      readonly quarter: number;
      readonly year: number | null;
    }
  | { readonly kind: "year"; readonly year: number }
  | { readonly kind: "days"; readonly first: Day; readonly last: Day | null };

export interface Calendar {
  readonly today: Day;
  readonly week_start: "monday" | "sunday";
  /** First and last day that have records; null without any. */
  readonly data: DayRange | null;
}

/** The days a question asks for, not yet cut to the data. */
export function askedRange(spec: PeriodSpec, calendar: Calendar): DayRange {
  const { today } = calendar;
  const last = calendar.data?.last ?? today;
  switch (spec.kind) {
    case "latest":
      return { first: addDays(last, 1 - limits.defaultPeriodDays), last };
    case "all":
      return calendar.data ?? { first: today, last: today };
    case "last":
      return { first: lastUnitsFirst(spec, today), last: today };
    case "calendar":
      return unitAround(
        shift(today, spec.unit, spec.offset),
        spec.unit,
        calendar.week_start,
      );
    case "month":
      return latestUnit(
        "month",
        `-${String(spec.month).padStart(2, "0")}-01`,
        spec.year,
        calendar,
      );
    case "quarter":
      return latestUnit(
        "quarter",
        `-${String(spec.quarter * 3 - 2).padStart(2, "0")}-01`,
        spec.year,
        calendar,
      );
    case "year":
      return { first: `${spec.year}-01-01`, last: `${spec.year}-12-31` };
    case "days":
      return {
        first: spec.first,
        last: spec.last ?? (today > spec.first ? today : spec.first),
      };
  }
}

/** The asked days that the data covers; null when none of them lies within the data. */
export function coveredRange(
  asked: DayRange,
  data: DayRange | null,
): DayRange | null {
  if (data === null) return null;
  const first = asked.first > data.first ? asked.first : data.first;
  const last = asked.last < data.last ? asked.last : data.last;
  return first > last ? null : { first, last };
}

/**
 * The days to compare with: for a whole calendar unit the unit before, else as many days right before (for a unit that is not over,
 * the same number of days at the start of the unit before). Null where the data does not reach back that far.
 */
export function rangeBefore(
  spec: PeriodSpec,
  covered: DayRange,
  asked: DayRange,
  data: DayRange | null,
): DayRange | null {
  const before = precedingRange(spec, covered, asked);
  return data !== null && data.first <= before.first ? before : null;
}

function precedingRange(
  spec: PeriodSpec,
  covered: DayRange,
  asked: DayRange,
): DayRange {
  const unit = calendarUnit(spec);
  if (unit === null || covered.first !== asked.first) {
    const days = countDays(covered);
    return {
      first: addDays(covered.first, -days),
      last: addDays(covered.first, -1),
    };
  }
  const first = shift(covered.first, unit, -1);
  const unitLast = addDays(covered.first, -1);
  if (covered.last === asked.last) return { first, last: unitLast };
  const last = addDays(first, countDays(covered) - 1);
  return { first, last: last < unitLast ? last : unitLast };
}

function calendarUnit(spec: PeriodSpec): CalendarUnit | null {
  if (spec.kind === "calendar") return spec.unit;
  return spec.kind === "month" ||
    spec.kind === "quarter" ||
    spec.kind === "year"
    ? spec.kind
    : null;
}

function lastUnitsFirst(
  spec: { readonly count: number; readonly unit: "day" | "week" | "month" },
  today: Day,
): Day {
  if (spec.unit === "month") return addDays(addMonths(today, -spec.count), 1);
  return addDays(today, 1 - spec.count * (spec.unit === "week" ? 7 : 1));
}

function shift(day: Day, unit: CalendarUnit, offset: number): Day {
  if (unit === "day") return addDays(day, offset);
  if (unit === "week") return addDays(day, 7 * offset);
  return addMonths(
    day,
    offset * (unit === "month" ? 1 : unit === "quarter" ? 3 : 12),
  );
}

/** The calendar unit that holds a day. */
export function unitAround(
  day: Day,
  unit: CalendarUnit,
  weekStart: "monday" | "sunday",
): DayRange {
  switch (unit) {
    case "day":
      return { first: day, last: day };
    case "week": {
      const first = addDays(
        day,
        -((weekdayOf(day) + (weekStart === "monday" ? 6 : 0)) % 7),
      );
      return { first, last: addDays(first, 6) };
    }
    case "month":
      return { first: monthFirst(day), last: monthLast(day) };
    case "quarter": {
      const first = monthFirst(
        addMonths(monthFirst(day), -((Number(day.slice(5, 7)) - 1) % 3)),
      );
      return { first, last: monthLast(addMonths(first, 2)) };
    }
    case "year":
      return {
        first: `${day.slice(0, 4)}-01-01`,
        last: `${day.slice(0, 4)}-12-31`,
      };
  }
}

/** Without a year: the latest such unit that holds data, else the latest that has begun. */
function latestUnit(
  unit: "month" | "quarter",
  monthDay: string,
  year: number | null,
  calendar: Calendar,
): DayRange {
  const inYear = (value: number) =>
    unitAround(`${value}${monthDay}`, unit, calendar.week_start);
  if (year !== null) return inYear(year);
  const thisYear = Number(calendar.today.slice(0, 4));
  const latest =
    inYear(thisYear).first <= calendar.today ? thisYear : thisYear - 1;
  const oldest = Number((calendar.data?.first ?? calendar.today).slice(0, 4));
  for (let candidate = latest; candidate >= oldest; candidate--) {
    if (coveredRange(inYear(candidate), calendar.data) !== null)
      return inYear(candidate);
  }
  return inYear(latest);
}
