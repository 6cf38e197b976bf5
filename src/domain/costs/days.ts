/**
 * Calendar days of a time zone: which day an instant falls on, when a day begins, and counting on days. Promises: days tile time
 * (one ends where the next begins), also where daylight saving makes one 23 or 25 hours long; arithmetic never touches clocks.
 */
import { DateTime } from "effect";
import type { Period, Timestamp } from "../model.ts";

/** A calendar day, YYYY-MM-DD. */
export type Day = string;

/** Whole days, both ends included. */
export type DayRange = { readonly first: Day; readonly last: Day };

const DAY_MS = 86_400_000;

function midnightMs(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`);
}

function dayFrom(utcMidnightMs: number): Day {
  return new Date(utcMidnightMs).toISOString().slice(0, 10);
}

/** Whether the text is the IANA name of a time zone that this machine knows. */
export function isTimeZone(zone: string): boolean {
  return DateTime.zoneMakeNamed(zone)._tag === "Some";
}

/** Whether the text is a day that exists, e.g. not 2026-02-30. */
export function isDay(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d$/.test(text) &&
    !Number.isNaN(midnightMs(text)) &&
    dayFrom(midnightMs(text)) === text
  );
}

/** The day an instant falls on in a time zone. */
export function dayOf(instant: Timestamp | number, zone: string): Day {
  const ms = typeof instant === "number" ? instant : Date.parse(instant);
  return DateTime.formatIsoDate(
    DateTime.makeZonedUnsafe(ms, { timeZone: zone }),
  );
}

/** The first instant of a day in a time zone; where midnight does not exist, the first that does. */
export function dayStart(day: Day, zone: string): Timestamp {
  const [year, month, date] = day.split("-").map(Number);
  const start = DateTime.makeZonedUnsafe(
    { year: year ?? 0, month: month ?? 1, day: date ?? 1 },
    { timeZone: zone, adjustForTimeZone: true },
  );
  return DateTime.formatIso(start);
}

/** The instants that whole days span: from the first day's start to the start of the day after the last. */
export function toPeriod(range: DayRange, zone: string): Period {
  return {
    from: dayStart(range.first, zone),
    to: dayStart(addDays(range.last, 1), zone),
  };
}

/** The days a period touches, its end exclusive. */
export function toRange(period: Period, zone: string): DayRange {
  return {
    first: dayOf(period.from, zone),
    last: dayOf(Date.parse(period.to) - 1, zone),
  };
}

export function addDays(day: Day, count: number): Day {
  return dayFrom(midnightMs(day) + count * DAY_MS);
}

/** The same date some months on; the month's last day where that date does not exist. */
export function addMonths(day: Day, count: number): Day {
  const start = new Date(midnightMs(monthFirst(day)));
  start.setUTCMonth(start.getUTCMonth() + count);
  const first = dayFrom(start.getTime());
  const last = monthLast(first);
  const wanted = `${first.slice(0, 8)}${day.slice(8)}`;
  return wanted > last ? last : wanted;
}

export function monthFirst(day: Day): Day {
  return `${day.slice(0, 7)}-01`;
}

export function monthLast(day: Day): Day {
  const next = new Date(midnightMs(monthFirst(day)));
  next.setUTCMonth(next.getUTCMonth() + 1);
  return dayFrom(next.getTime() - DAY_MS);
}

/** 0 is Sunday, as everywhere in JavaScript. */
export function weekdayOf(day: Day): number {
  return new Date(midnightMs(day)).getUTCDay();
}

/** How many days a range has, both ends counted. */
export function countDays(range: DayRange): number {
  return (
    Math.round((midnightMs(range.last) - midnightMs(range.first)) / DAY_MS) + 1
  );
}

export function listDays(range: DayRange): readonly Day[] {
  return Array.from({ length: Math.max(0, countDays(range)) }, (_, index) =>
    addDays(range.first, index),
  );
}
