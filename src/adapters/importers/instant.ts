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
    year,
    month,
    day,
    hour = "00",
    minute = "00",
    second = "00",
    fraction = "",
    zone = "Z",
  ] = parts;
  const milliseconds = fraction.slice(0, 3).padEnd(3, "0");
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  const local = Date.parse(written);
  // The round trip catches 30 February and hour 24, which Date.parse takes for the next day.
  if (Number.isNaN(local) || new Date(local).toISOString() !== written)
    return null;
  const offset = offsetMinutes(zone);
  return offset === 0
    ? written
    : new Date(local - offset * MINUTE_MS).toISOString();
}

function offsetMinutes(zone: string): number {
  const offset = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (offset === null) return 0;
  const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
  return offset[1] === "-" ? -minutes : minutes;
}
