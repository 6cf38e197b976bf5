/**
 * Reads the ways in which usage files write an instant. Promises: UTC where no zone is given; an impossible date is null, never
 * the nearest possible one; digits below a millisecond are cut off, not rounded.
 */
import type { Timestamp } from "../../domain/model.ts";

const WRITTEN =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/i;
const UNIX_SECONDS = /^\d{9,10}(\.\d+)?$/;
const UNIX_MILLISECONDS = /^\d{12,13}$/;
const MINUTE_MS = 60_000;

/**
 * ISO 8601 (with a space for the T too), a day, or Unix time in seconds or, with 12 or 13 digits, milliseconds.
 * Null for anything else.
 */
export function parseInstant(text: string): Timestamp | null {
  if (UNIX_SECONDS.test(text))
    return new Date(Math.trunc(Number(text) * 1_000)).toISOString();
  if (UNIX_MILLISECONDS.test(text)) return new Date(Number(text)).toISOString();
  const parts = WRITTEN.exec(text);
  return parts === null ? null : fromParts(parts);
}

function fromParts(parts: RegExpExecArray): Timestamp | null {
  const [
    ,
    year = "",
    month = "",
    day = "",
    hour = "00",
    minute = "00",
    second = "00",
    fraction = "",
    zone = "Z",
  ] = parts;
  if (!isDay(Number(year), Number(month), Number(day))) return null;
  if (hour > "23" || minute > "59" || second > "59") return null;
  if (isOurs(parts)) return parts[0];
  const milliseconds = fraction.slice(0, 3).padEnd(3, "0");
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  const offset = offsetMinutes(zone);
  return offset === 0
    ? written
    : new Date(Date.parse(written) - offset * MINUTE_MS).toISOString();
}

/** True for what is written as it will be: to write it anew costs more than all else here. */
function isOurs({ 0: text, 7: fraction, 8: zone }: RegExpExecArray): boolean {
  const marks = text[10] === "T" && text[19] === "." && zone === "Z";
  return marks && fraction?.length === 3 && text.endsWith(`${fraction}Z`);
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Of the Gregorian calendar, as Date has it; reckoned here, since to ask a Date costs more than all else that is done for a row's time. */
function isDay(year: number, month: number, day: number): boolean {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
  return day >= 1 && day <= days;
}

function offsetMinutes(zone: string): number {
  if (zone === "Z") return 0;
  const offset = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (offset === null) return 0;
  const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
  return offset[1] === "-" ? -minutes : minutes;
}
