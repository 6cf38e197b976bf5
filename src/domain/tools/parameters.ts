/**
 * The parameters that the cost tools have in common, as schemas: periods, filters, time zones. Promises: what decodes here is a real
 * time zone, an ordered period and a known dimension, so the tools need not ask again.
 */
import { Schema } from "effect";
import { DIMENSIONS, NAMED_DIMENSIONS } from "../costs/dimensions.ts";
import { isDay, isTimeZone } from "../costs/days.ts";
import type { PeriodSpec } from "../costs/periods.ts";
import { limits } from "../limits.ts";
import type { JsonObject, Period } from "../model.ts";
import type { UsageFilter } from "../ports.ts";

const Instant = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
);
export const DayText = Schema.String.check(
  Schema.makeFilter(isDay, { expected: "a day, YYYY-MM-DD" }),
);
export const TimeZone = Schema.String.check(
  Schema.makeFilter(isTimeZone, { expected: "an IANA time zone" }),
);
export const WeekStart = Schema.Literals(["monday", "sunday"]);
export const Percent = Schema.Finite.check(
  Schema.isBetween({ minimum: 0, maximum: 100 }),
);

export const PeriodOf = Schema.Struct({ from: Instant, to: Instant }).check(
  Schema.makeFilter((period: Period) => period.from < period.to, {
    expected: "from before to",
  }),
) satisfies Schema.Codec<Period, JsonObject>;

export const NamedDimension = Schema.Literals(NAMED_DIMENSIONS);
export const Dimension = Schema.Literals(DIMENSIONS);

const Keys = Schema.optionalKey(
  Schema.Array(Schema.NullOr(Schema.String)).check(
    Schema.isMaxLength(limits.groupsMax),
  ),
);

/** Only records whose value is one of those named; null stands for records that name none. */
export const Filter = Schema.Struct({
  model: Keys,
  provider: Keys,
  project: Keys,
  feature: Keys,
  user: Keys,
  api_key: Keys,
  tier: Keys,
  tag: Keys,
}) satisfies Schema.Codec<UsageFilter, JsonObject>;

/** Which dollars count: list prices times tokens, or what the sources billed. */
export type Basis = "computed" | "billed";
export const Basis = Schema.Literals(["computed", "billed"]);

const whole = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }));
const Year = whole(2000, 2100);

export const PeriodSpecification = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("latest") }),
  Schema.Struct({ kind: Schema.Literal("all") }),
  Schema.Struct({
    kind: Schema.Literal("last"),
    count: whole(1, 1_000),
    unit: Schema.Literals(["day", "week", "month"]),
  }),
  Schema.Struct({
    kind: Schema.Literal("calendar"),
    unit: Schema.Literals(["day", "week", "month", "quarter", "year"]),
    offset: whole(-100, 0),
  }),
  Schema.Struct({
    kind: Schema.Literal("month"),
    month: whole(1, 12),
    year: Schema.NullOr(Year),
  }),
  Schema.Struct({
    kind: Schema.Literal("quarter"),
    quarter: whole(1, 4),
    year: Schema.NullOr(Year),
  }),
  Schema.Struct({ kind: Schema.Literal("year"), year: Year }),
  Schema.Struct({
    kind: Schema.Literal("days"),
    first: DayText,
    last: Schema.NullOr(DayText),
  }),
]) satisfies Schema.Codec<PeriodSpec, JsonObject>;

/** A name as the person wrote it, before the data says which records it means. */
export const Mention = Schema.Struct({
  dimension: NamedDimension,
  names: Schema.Array(Schema.String).check(
    Schema.isMaxLength(limits.mentionsPerQuestionMax),
  ),
  exclude: Schema.Boolean,
});
export type Mention = typeof Mention.Type;

/** What every query of usage takes. */
export const scope = {
  period: PeriodOf,
  time_zone: TimeZone,
  filter: Schema.optionalKey(Filter),
  basis: Schema.optionalKey(Basis),
} as const;
