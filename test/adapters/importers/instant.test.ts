/** Instants as files write them, against what Date makes of them. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { parseInstant } from "../../../src/adapters/importers/instant.ts";

const digits = (max: number) =>
  fc.integer({ min: 0, max }).map((it) => String(it).padStart(2, "0"));
const year = fc
  .constantFrom(0, 4, 99, 1900, 2000, 2023, 2024, 2026, 2100, 9999)
  .map((it) => String(it).padStart(4, "0"));
const fraction = fc
  .array(digits(99), { maxLength: 4 })
  .map((parts) => parts.join("").slice(1));

describe("an instant", () => {
  test.prop(
    [
      fc.tuple(year, digits(13), digits(32)),
      fc.tuple(digits(25), digits(61), digits(61)),
      fraction,
      fc.constantFrom("T", " "),
      fc.constantFrom(".", ","),
      fc.constantFrom("", "Z", " Z", "z", "UTC", "+02:00", "-0530", "+14"),
    ],
    { numRuns: 2_000 },
  )(
    "is what Date reads, and null where Date knows no such day or time",
    (day, time, fraction, between, point, zone) => {
      const text = `${day.join("-")}${between}${time.join(":")}${fraction === "" ? "" : point + fraction}${zone}`;
      expect(parseInstant(text)).toBe(byDate(day, time, fraction, zone));
    },
  );

  it.each([
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2023-02-29", null],
    ["2100-02-29", null],
    ["2000-02-29 23:59", "2000-02-29T23:59:00.000Z"],
    ["2026-10-05T08:00:00.250Z", "2026-10-05T08:00:00.250Z"],
    ["2026-10-05T24:00:00Z", null],
    ["1790812800", "2026-10-01T00:00:00.000Z"],
    ["1790812800123", "2026-10-01T00:00:00.123Z"],
    ["yesterday", null],
  ])("%s", (text, instant) => expect(parseInstant(text)).toBe(instant));
});

/** Date takes 30 February for 1 March; written out again, that is another day. */
function byDate(
  day: readonly string[],
  time: readonly string[],
  fraction: string,
  zone: string,
): string | null {
  const written = `${day.join("-")}T${time.join(":")}.${fraction.slice(0, 3).padEnd(3, "0")}Z`;
  const ms = Date.parse(written);
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== written) return null;
  const offset = { "+02:00": 120, "-0530": -330, "+14": 840 }[zone] ?? 0;
  return new Date(ms - offset * 60_000).toISOString();
}
