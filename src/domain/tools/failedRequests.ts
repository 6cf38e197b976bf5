/**
 * failed_requests: how many requests failed, where the sources tell. Promises: sources that do not tell are in neither number; a share is of the
 * requests that are told about.
 */
import { Effect, Schema } from "effect";
import { formatCount, formatPercent, percentOf } from "../costs/money.ts";
import { limits } from "../limits.ts";
import type { Period } from "../model.ts";
import { UsageStore } from "../ports.ts";
import type { UsageFilter } from "../ports.ts";
import { defineTool } from "./define.ts";
import { scope } from "./parameters.ts";
import { asToolFailure } from "./usage.ts";

const { period, time_zone, filter } = scope;
const Parameters = Schema.Struct({ period, time_zone, filter });
type Parameters = typeof Parameters.Type;

export type FailedRequests = {
  readonly period: Period;
  readonly filter: UsageFilter;
  /** Of which it is known whether they failed; 0 where no source tells. */
  readonly requests: number;
  readonly failed_requests: number;
  readonly failed_percent: number | null;
  /** Most failures first. */
  readonly models: readonly {
    readonly model: string;
    readonly requests: number;
    readonly failed_requests: number;
    readonly failed_percent: number | null;
  }[];
};

export const failedRequests = defineTool({
  name: "failed_requests",
  description:
    "How many requests failed, in all and by model, where the data tells it.",
  parameters: Parameters,
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const asked = parameters.filter ?? {};
    const found = yield* UsageStore.use((store) =>
      store.failures(context.user_id, {
        period: parameters.period,
        filter: asked,
      }),
    ).pipe(Effect.mapError(asToolFailure));
    const requests = found.reduce((sum, it) => sum + it.requests, 0);
    const failed = found.reduce((sum, it) => sum + it.failed_requests, 0);
    return {
      period: parameters.period,
      filter: asked,
      requests,
      failed_requests: failed,
      failed_percent: percentOf(failed, requests),
      models: found.slice(0, limits.usageRowsShownMax).map((it) => ({
        ...it,
        failed_percent: percentOf(it.failed_requests, it.requests),
      })),
    };
  }),
  summarize: (result: FailedRequests) =>
    result.failed_percent === null
      ? "The data does not tell which requests failed."
      : `${formatCount(result.failed_requests)} of ${formatCount(result.requests)} requests failed (${formatPercent(result.failed_percent)}).`,
});
