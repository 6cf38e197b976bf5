/**
 * What the cost tools share in looking at usage: one query with failures as a tool's failures, sums over rows, and which dollars
 * count. Promises: sums are taken before rounding; a row without a price adds nothing to spend and its tokens to "unpriced".
 */
import { Effect } from "effect";
import { listDays, toRange } from "../costs/days.ts";
import type { Day } from "../costs/days.ts";
import {
  addTokens,
  NO_TOKENS,
  roundUsd,
  sumOf,
  totalTokens,
} from "../costs/money.ts";
import type { DaySpend } from "../costs/anomalies.ts";
import { ToolFailed } from "../errors.ts";
import type { ServiceUnavailable } from "../errors.ts";
import type { ToolContext } from "../agents/definition.ts";
import type {
  JsonObject,
  Period,
  ServiceTier,
  Tokens,
  UserId,
} from "../model.ts";
import { PriceBook, UsageStore } from "../ports.ts";
import type { Reuse, UsageQuery, UsageRow } from "../ports.ts";
import type { Basis } from "./parameters.ts";

export type Totals = {
  readonly requests: number;
  readonly tokens: Tokens;
  readonly total_tokens: number;
  /** In the dollars that count. */
  readonly cost_usd: number;
  readonly computed_usd: number;
  readonly billed_usd: number | null;
  readonly unpriced_tokens: number;
  /** Null where the sources count no requests, or where some of them have no price. */
  readonly cost_per_thousand_requests_usd: number | null;
  /** Of the tokens that have a price; null where none has. */
  readonly cost_per_million_tokens_usd: number | null;
};

/** One aggregate of the user's usage. */
export function aggregate(
  user: UserId,
  query: Omit<UsageQuery, "filter"> & {
    readonly filter?: UsageQuery["filter"];
  },
): Effect.Effect<readonly UsageRow[], ToolFailed, UsageStore> {
  return UsageStore.use((store) =>
    store.aggregate(user, { ...query, filter: query.filter ?? {} }),
  ).pipe(Effect.mapError(asToolFailure));
}

const OTHER_TIERS = [
  "standard",
  "flex",
  "priority",
] as const satisfies readonly ServiceTier[];

/** The same with each row in two, of the batch tier and of the others, so that what either cost is not guessed from a share of tokens. */
export function aggregateTiers(
  user: UserId,
  query: Parameters<typeof aggregate>[1],
): Effect.Effect<readonly UsageRow[], ToolFailed, UsageStore> {
  const asked = query.filter?.tier;
  const part = (tiers: readonly ServiceTier[]) =>
    aggregate(user, {
      ...query,
      filter: {
        ...query.filter,
        tier: tiers.filter((tier) => asked?.includes(tier) ?? true),
      },
    });
  return Effect.zipWith(part(OTHER_TIERS), part(["batch"]), (others, batched) =>
    [...others, ...batched].toSorted((a, b) => b.computed_usd - a.computed_usd),
  );
}

/** What a cache could have done for each model's input, where records tell it of nearly all of that. */
export function knownReuse(
  user: UserId,
  query: Pick<UsageQuery, "period"> & {
    readonly filter?: UsageQuery["filter"];
  },
): Effect.Effect<ReadonlyMap<string, Reuse>, ToolFailed, UsageStore> {
  return UsageStore.use((store) =>
    store.reuse(user, { period: query.period, filter: query.filter ?? {} }),
  ).pipe(
    Effect.map((found) => new Map(found.map((it) => [it.model, it]))),
    Effect.mapError(asToolFailure),
  );
}

/** What a result computed from usage and prices depends on beside its parameters. */
export function usageVersion(
  _parameters: JsonObject,
  context: ToolContext,
): Effect.Effect<string, ServiceUnavailable, UsageStore | PriceBook> {
  return Effect.gen(function* () {
    const data = yield* (yield* UsageStore).dataVersion(context.user_id);
    return `${data} ${(yield* PriceBook).version}`;
  });
}

export function asToolFailure(failure: ServiceUnavailable): ToolFailed {
  return new ToolFailed({
    code: "service_unavailable",
    problem: `The ${failure.service} did not answer.`,
  });
}

export function spendOf(row: UsageRow, basis: Basis): number {
  return basis === "billed" ? (row.billed_usd ?? 0) : row.computed_usd;
}

export function totalsOf(rows: readonly UsageRow[], basis: Basis): Totals {
  const tokens = rows.reduce(
    (sum, row) => addTokens(sum, row.tokens),
    NO_TOKENS,
  );
  const billed = rows.filter((row) => row.billed_usd !== null);
  const requests = rows.reduce((sum, row) => sum + row.requests, 0);
  const total_tokens = totalTokens(tokens);
  const cost = sumOf(rows, (row) => spendOf(row, basis));
  const unpriced_tokens = rows.reduce(
    (sum, row) => sum + row.unpriced_tokens,
    0,
  );
  // A unit cost divides dollars by what they bought: tokens without a price are not among it.
  const bought =
    basis === "billed" ? total_tokens : total_tokens - unpriced_tokens;
  return {
    requests,
    tokens,
    total_tokens,
    cost_usd: roundUsd(cost),
    computed_usd: roundUsd(sumOf(rows, (row) => row.computed_usd)),
    billed_usd:
      billed.length === 0
        ? null
        : roundUsd(sumOf(billed, (row) => row.billed_usd ?? 0)),
    unpriced_tokens,
    cost_per_thousand_requests_usd:
      requests === 0 || bought < total_tokens
        ? null
        : roundUsd((cost / requests) * 1e3),
    cost_per_million_tokens_usd:
      bought === 0 ? null : roundUsd((cost / bought) * 1e6),
  };
}

/** Rows by one of their keys, in the order the rows came. */
export function rowsByKey(
  rows: readonly UsageRow[],
  position: number,
): ReadonlyMap<string | null, readonly UsageRow[]> {
  return Map.groupBy(rows, (row) => row.keys[position] ?? null);
}

/** Spend of every day of a period, days without records at zero; the rows' key at `position` is their day. */
export function dailySpend(
  rows: readonly UsageRow[],
  position: number,
  days: readonly Day[],
  basis: Basis,
): readonly DaySpend[] {
  const byDay = rowsByKey(rows, position);
  return days.map((day) => ({
    day,
    usd: sumOf(byDay.get(day) ?? [], (row) => spendOf(row, basis)),
  }));
}

export function daysOf(period: Period, zone: string): readonly Day[] {
  return listDays(toRange(period, zone));
}

/** "1 day", "30 days". */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
