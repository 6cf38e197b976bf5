/** Usage records and questions about them, as fast-check draws them: few names, odd ones too, around a change of summer time. */
import fc from "fast-check";
import { DIMENSIONS } from "../../src/domain/costs/dimensions.ts";
import type { UsageFilter } from "../../src/domain/ports.ts";

const name = fc.constantFrom("a", "b", "C ü", null);
const count = fc.integer({ min: 0, max: 2_000_000 });
const dollars = fc.integer({ min: 0, max: 9_000_000 }).map((it) => it / 1e6);
const anyTime = fc
  .date({
    min: new Date("2026-10-20T00:00:00Z"),
    max: new Date("2026-11-05T00:00:00Z"),
    noInvalidDate: true,
  })
  .map((it) => it.toISOString());
/** Where the days of some zone begin, or just before. */
const anyDayBreak = fc
  .tuple(
    fc.integer({ min: 20, max: 34 }),
    fc.constantFrom(4 * 3_600, 18.25 * 3_600, 18.5 * 3_600, 22 * 3_600),
    fc.constantFrom(0, -1),
  )
  .map(([day, seconds, more]) =>
    new Date(Date.UTC(2026, 9, day) + (seconds + more) * 1_000).toISOString(),
  );
/** Where periods begin and end. */
const midnight = fc
  .integer({ min: 18, max: 36 })
  .map((day) => new Date(Date.UTC(2026, 9, day)).toISOString());
const uses = fc.record({ read: count, written: count });
/** A usage record as an import might bring it, with or without prices. */
export const anyRecord = fc.record({
  at: fc.oneof(anyTime, midnight, anyDayBreak),
  model: fc.constantFrom("gpt-4o", "claude-x", "unknown"),
  provider: name,
  project: name,
  feature: name,
  user: name,
  api_key: name,
  tags: fc.uniqueArray(fc.constantFrom("b", "a", "c, d"), { maxLength: 3 }),
  failed_requests: fc.option(fc.integer({ min: 0, max: 9 })),
  reusable: fc.option(fc.record({ five_minutes: uses, one_hour: uses })),
  tier: fc.constantFrom("standard", "batch", "flex", "priority"),
  requests: fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: 2, max: 1_000 })),
  tokens: fc.record({
    uncached_input: count,
    cache_read: count,
    cache_write_5m: count,
    cache_write_1h: count,
    output: count,
  }),
  billed_usd: fc.option(dollars),
  measures: fc.constantFrom("usage", "usage", "charge"),
  computed_usd: fc.option(dollars),
  priced_as: fc.constantFrom("gpt-4o", "contract:gpt-*"),
});
/** Any question of the port: none to two dimensions, any filter, zone and days. */
export const anyQuery = fc.record({
  group_by: fc.uniqueArray(fc.constantFrom(...DIMENSIONS), { maxLength: 2 }),
  time_zone: fc.constantFrom(
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
  ),
  period: fc
    .tuple(fc.integer({ min: 18, max: 33 }), fc.integer({ min: 1, max: 15 }))
    .map(([first, days]) => ({
      from: new Date(Date.UTC(2026, 9, first)).toISOString(),
      to: new Date(Date.UTC(2026, 9, first + days)).toISOString(),
    })),
  filter: fc.record(
    {
      model: fc.uniqueArray(fc.constantFrom("gpt-4o", "unknown"), {
        maxLength: 2,
      }),
      user: fc.uniqueArray(name, { maxLength: 3 }),
      project: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
      tier: fc.constant(["batch"]),
      tag: fc.uniqueArray(fc.constantFrom(null, "a", "a, b"), {
        minLength: 1,
        maxLength: 2,
      }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<UsageFilter>,
});
