/**
 * query_usage: spend and tokens of a period, by nothing, by one dimension, or by day and one dimension. Promises: shares sum to one
 * hundred with "other" (what did not fit is folded, never dropped); days without records appear with zero.
 */
import { Effect, Schema } from "effect";
import { formatUsd } from "../costs/money.ts";
import { ToolFailed } from "../errors.ts";
import type { Period } from "../model.ts";
import { PriceBook } from "../ports.ts";
import type { UsageFilter } from "../ports.ts";
import { daysIn, linesOf, UNNAMED } from "./breakdown.ts";
import type { Days, Lines } from "./breakdown.ts";
import { defineTool } from "./define.ts";
import { Dimension, scope } from "./parameters.ts";
import type { Basis } from "./parameters.ts";
import { aggregate, daysOf, plural, totalsOf } from "./usage.ts";
import type { Totals } from "./usage.ts";

const Parameters = Schema.Struct({
  ...scope,
  group_by: Schema.Array(Dimension).check(Schema.isMaxLength(2)),
});
type Parameters = typeof Parameters.Type;

export type UsageResult = {
  readonly period: Period;
  readonly days: number;
  readonly group_by: readonly Dimension[];
  readonly filter: UsageFilter;
  readonly basis: Basis;
  readonly price_date: string;
  readonly total: Totals;
} & Lines &
  Days;
type Dimension = typeof Dimension.Type;

export const queryUsage = defineTool({
  name: "query_usage",
  description:
    "Requests, tokens and US dollars of a period, in total and by model, provider, project, feature, user, API key, tier, tag, day or hour of the day, or by day and one of these.",
  parameters: Parameters,
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const position = parameters.group_by.indexOf("day");
    if (parameters.group_by.length === 2 && position === -1) {
      return yield* new ToolFailed({
        code: "invalid_parameters",
        problem: "One of two dimensions must be the day.",
      });
    }
    const rows = yield* aggregate(context.user_id, parameters);
    const { price_date } = yield* PriceBook;
    const basis = parameters.basis ?? "computed";
    const common = {
      period: parameters.period,
      group_by: parameters.group_by,
      filter: parameters.filter ?? {},
      basis,
      price_date,
      total: totalsOf(rows, basis),
    };
    const days = daysOf(parameters.period, parameters.time_zone);
    const keyPosition = parameters.group_by.findIndex(
      (dimension) => dimension !== "day",
    );
    return {
      ...common,
      days: days.length,
      ...linesOf(rows, keyPosition, basis),
      ...(position === -1
        ? { series: [], points: [], daily: null }
        : daysIn(rows, { position, keyPosition, days, basis })),
    };
  }),
  summarize: (result: UsageResult) => {
    const total = `${formatUsd(result.total.cost_usd)} in ${plural(result.days, "day")}`;
    const top = result.rows[0];
    if (result.daily !== null)
      return `${total}; dearest day ${result.daily.highest.day} at ${formatUsd(result.daily.highest.cost_usd)}.`;
    if (top === undefined) return `${total}.`;
    const groups = result.rows.length + (result.other?.groups ?? 0);
    return `${total} over ${plural(groups, result.group_by[0] ?? "group")}; most for ${top.key ?? UNNAMED}: ${formatUsd(top.cost_usd)}.`;
  },
});
