/**
 * inspect_data: what data there is for a question, and whether it is enough. The one place where words for a time and names of things
 * meet the data. Promises: sufficiency follows limits.ts alone; a name that no record has is said to be unknown, never dropped.
 */
import { Effect, Schema } from "effect";
import { dimensionWords } from "../costs/dimensions.ts";
import { dayOf, toPeriod } from "../costs/days.ts";
import { formatUsd } from "../costs/money.ts";
import { askedRange, coveredRange, rangeBefore } from "../costs/periods.ts";
import { limits } from "../limits.ts";
import { PriceBook, UsageStore } from "../ports.ts";
import type { Coverage } from "../ports.ts";
import { defineTool } from "./define.ts";
import { matchMentions } from "./mentions.ts";
import { inspect, namedPercent } from "./inspection.ts";
import type { Frame, Inspection } from "./inspection.ts";
import {
  Mention,
  NamedDimension,
  PeriodSpecification,
  TimeZone,
  WeekStart,
} from "./parameters.ts";
import { pricingOf } from "./pricing.ts";
import { aggregate, asToolFailure, plural } from "./usage.ts";

const Parameters = Schema.Struct({
  period: PeriodSpecification,
  time_zone: TimeZone,
  week_start: WeekStart,
  mentions: Schema.Array(Mention).check(
    Schema.isMaxLength(limits.mentionsPerQuestionMax),
  ),
  /** The dimension that the question asks about, to see whether records name it. */
  dimension: Schema.NullOr(NamedDimension),
});
type Parameters = typeof Parameters.Type;

export const inspectData = defineTool({
  name: "inspect_data",
  description:
    "Resolves the period and the names of a question against the data and says whether the data suffices: none, partial or sufficient.",
  parameters: Parameters,
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const coverage = yield* UsageStore.use((store) =>
      store.coverage(context.user_id),
    ).pipe(Effect.mapError(asToolFailure));
    const prices = yield* PriceBook;
    const frame = frameOf(parameters, coverage, context.now);
    const { filter, unmatched } = yield* matchMentions(
      context.user_id,
      parameters,
      frame.data,
    );
    const period =
      frame.days === null ? null : toPeriod(frame.days, parameters.time_zone);
    const query = { time_zone: parameters.time_zone, filter };
    const rows =
      period === null || unmatched.length > 0
        ? []
        : yield* aggregate(context.user_id, {
            ...query,
            period,
            group_by: ["day", "model"],
          });
    const named =
      rows.length === 0 || period === null || parameters.dimension === null
        ? null
        : namedPercent(
            yield* aggregate(context.user_id, {
              ...query,
              period,
              group_by: [parameters.dimension],
            }),
          );
    const parts =
      rows.length === 0 || period === null
        ? []
        : yield* UsageStore.use((store) =>
            store.pricedParts(context.user_id, { ...query, period }),
          ).pipe(Effect.mapError(asToolFailure));
    return inspect(parameters, frame, {
      filter,
      unmatched,
      rows,
      named,
      pricing: pricingOf(parts, prices, new Date(context.now).toISOString()),
      price_date: prices.price_date,
    });
  }),
  summarize: (result: Inspection) => {
    if (result.data === null) return "There is no usage data yet.";
    const unknown = result.unmatched.map(
      (mention) => `${dimensionWords(mention.dimension)} "${mention.name}"`,
    );
    if (unknown.length > 0) return `No record names ${unknown.join(" or ")}.`;
    if (result.days === null || result.days_with_data === 0)
      return `No records from ${result.asked.first} to ${result.asked.last}; the data spans ${result.data.first} to ${result.data.last}.`;
    const enough =
      result.sufficiency === "sufficient"
        ? "enough to analyze"
        : "enough for a part of the answer";
    return `${plural(result.days_with_data, "day")} with data from ${result.days.first} to ${result.days.last}, ${formatUsd(result.total.cost_usd)}: ${enough}.`;
  },
});

function frameOf(
  parameters: Parameters,
  coverage: Coverage,
  now: number,
): Frame {
  const zone = parameters.time_zone;
  const data =
    coverage.first === null || coverage.last === null
      ? null
      : {
          first: dayOf(coverage.first, zone),
          last: dayOf(coverage.last, zone),
        };
  const asked = askedRange(parameters.period, {
    today: dayOf(now, zone),
    week_start: parameters.week_start,
    data,
  });
  const days = coveredRange(asked, data);
  const daysBefore =
    days === null ? null : rangeBefore(parameters.period, days, asked, data);
  return { coverage, data, asked, days, daysBefore };
}
