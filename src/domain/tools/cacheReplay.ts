/**
 * What a prompt cache would have done for a model whose records tell which input repeats, for cache_savings. Promises: no assumption but the
 * cache's own rules; a loss comes out as one.
 */
import { roundPercent, roundUsd } from "../costs/money.ts";
import { replayable } from "../costs/promptCache.ts";
import type { CacheLifetime } from "../costs/promptCache.ts";
import { perMonth } from "../costs/savings.ts";
import type { UsdPerMillion } from "../costs/savings.ts";
import type { Reuse } from "../ports.ts";
import type { ModelUsage } from "./modelUsage.ts";

export type Replay = {
  readonly lifetime: CacheLifetime;
  readonly read_percent: number;
  readonly written_percent: number;
  /** Of what the input cost; negative where the cache would have cost more. */
  readonly saved_percent: number;
  /** US dollars per month of 30 days; negative likewise. */
  readonly saved_usd: number;
};

/** Null where the records do not tell enough, or a cache is at work already. */
export function replayOf(
  usage: ModelUsage,
  list: UsdPerMillion,
  reuse: Reuse | null,
  days: number,
): Replay | null {
  const best = replayable(usage.tokens, reuse, list);
  if (best === null) return null;
  return {
    lifetime: best.lifetime,
    read_percent: roundPercent(best.read_share * 100),
    written_percent: roundPercent(best.written_share * 100),
    saved_percent: roundPercent((best.saved_share ?? 0) * 100),
    saved_usd: roundUsd(
      perMonth(best.saved_usd * (1 - usage.batch_share), days),
    ),
  };
}
