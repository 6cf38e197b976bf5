/** month_spend: what a user spent in one calendar month. Promises: list prices; tokens without a price are counted, never free. */
import { Effect, Schema } from "effect";
import { monthLast, toPeriod } from "../../src/domain/costs/days.ts";
import { formatUsd } from "../../src/domain/costs/money.ts";
import { defineTool } from "../../src/domain/tools/define.ts";
import { TimeZone } from "../../src/domain/tools/parameters.ts";
import { aggregate, totalsOf } from "../../src/domain/tools/usage.ts";

const Parameters = Schema.Struct({
  month: Schema.String.check(Schema.isPattern(/^2\d{3}-(0[1-9]|1[0-2])$/)),
  time_zone: TimeZone,
});
type Parameters = typeof Parameters.Type;

export type MonthSpend = {
  readonly month: string;
  readonly requests: number;
  readonly cost_usd: number;
  readonly unpriced_tokens: number;
};

export const monthSpend = defineTool({
  name: "month_spend",
  description: "Requests and US dollars of one calendar month, YYYY-MM.",
  parameters: Parameters,
  run: Effect.fnUntraced(function* (
    { month, time_zone }: Parameters,
    { user_id },
  ) {
    const first = `${month}-01`;
    const period = toPeriod({ first, last: monthLast(first) }, time_zone);
    const query = { period, time_zone, group_by: [] };
    const totals = totalsOf(yield* aggregate(user_id, query), "computed");
    const { requests, cost_usd, unpriced_tokens } = totals;
    return { month, requests, cost_usd, unpriced_tokens };
  }),
  summarize: ({ month, cost_usd }: MonthSpend) =>
    `${formatUsd(cost_usd)} in ${month}.`,
});
