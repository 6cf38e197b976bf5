/**
 * request_costs: what a single request of each model costs: mean, median, 95th percentile and the dearest. Promises: only records that are one
 * request each are looked at, for a bucket tells a mean and nothing else.
 */
import { Effect, Schema } from "effect";
import { formatUsdUnit } from "../costs/money.ts";
import { limits } from "../limits.ts";
import type { Period } from "../model.ts";
import { PriceBook, UsageStore } from "../ports.ts";
import type { Spread, UsageFilter } from "../ports.ts";
import { defineTool } from "./define.ts";
import { scope } from "./parameters.ts";
import { asToolFailure } from "./usage.ts";

const { period, time_zone, filter } = scope;
const Parameters = Schema.Struct({ period, time_zone, filter });
type Parameters = typeof Parameters.Type;

export type RequestCosts = {
  readonly period: Period;
  readonly filter: UsageFilter;
  readonly price_date: string;
  /** Which percentiles `p50_usd` and `p95_usd` are. */
  readonly percentiles: readonly [number, number];
  /** Dearest mean first; empty where no record is a single request. */
  readonly models: readonly Readonly<Spread>[];
};

export const requestCosts = defineTool({
  name: "request_costs",
  description:
    "What a single request of each model costs: mean, median, 95th percentile and the dearest, where records are single requests.",
  parameters: Parameters,
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const asked = parameters.filter ?? {};
    const found = yield* UsageStore.use((store) =>
      store.spread(context.user_id, {
        period: parameters.period,
        filter: asked,
      }),
    ).pipe(Effect.mapError(asToolFailure));
    const { price_date } = yield* PriceBook;
    return {
      period: parameters.period,
      filter: asked,
      price_date,
      percentiles: [50, 95] as const,
      models: found.slice(0, limits.usageRowsShownMax).map((it) => ({ ...it })),
    };
  }),
  summarize: (result: RequestCosts) => {
    const [dearest] = result.models;
    return dearest === undefined
      ? "No record is a single request."
      : `A request of ${dearest.model} costs ${formatUsdUnit(dearest.mean_usd)} on average, half of them at most ${formatUsdUnit(dearest.p50_usd)}, 95% at most ${formatUsdUnit(dearest.p95_usd)}.`;
  },
});
