/**
 * Several savings taken one after another on the same work: a cheaper model first, then a prompt cache on what that leaves, then the batch tier.
 * Promises: each step saves only from what the steps before it left, so the total never counts a dollar twice and never exceeds the spend.
 */
import type { Reusable, Tokens } from "../model.ts";
import type { Price } from "../ports.ts";
import { assumptions } from "./assumptions.ts";
import { bestReplay } from "./promptCache.ts";
import { cacheSaving, hasCacheDiscount, swapSavingShare } from "./savings.ts";
import type { CacheScenario } from "./savings.ts";

/** Work of one model that either can wait or cannot, in any unit of time. */
export type Work = {
  readonly tokens: Tokens;
  /** US dollars that it cost. */
  readonly usd: number;
  /** The share of its tokens that went through the batch tier, 0 to 1. */
  readonly batch_share: number;
  readonly price: Price;
  /** The model to move to; null where there is none. */
  readonly cheaper: Price | null;
  readonly can_wait: boolean;
  /** What of its model's input repeats; null where that is not known. */
  readonly reuse: {
    readonly input_tokens: number;
    readonly reusable: Reusable;
  } | null;
};

/** One end of the range: how much moves to a cheaper model or tier, and what a cache would find. */
export type Scenario = {
  readonly moved_share: number;
  readonly cache: CacheScenario;
};

export const LOW: Scenario = {
  moved_share: assumptions.movedShareLow,
  cache: assumptions.cacheLow,
};
export const HIGH: Scenario = {
  moved_share: 1,
  cache: assumptions.cacheHigh,
};

/** What each step saves of what the one before it left, in US dollars of the work's unit of time. */
export type Steps = {
  readonly model_swap: number;
  readonly prompt_caching: number;
  readonly batch: number;
};

/**
 * With a share m of the work moved at a saving share s, spend C becomes C·(1 − m·s). A cache then saves on standard input at the price of the
 * model that each part runs on now. The batch factor f applies last, to a share m of what standard work is left, where it can wait: discounts of
 * cache and batch are taken to multiply, as Anthropic and OpenAI state for theirs.
 */
export function stepsOf(work: Work, { moved_share, cache }: Scenario): Steps {
  const share = Math.max(0, swapShare(work));
  const moved = share > 0 ? moved_share : 0;
  const model_swap = work.usd * moved * share;
  const left = work.usd - model_swap;
  const standard = left * standardSpendShare(work);
  const stays = cachedOn(work, work.price, 1 - moved, cache);
  const moves =
    work.cheaper === null || moved === 0
      ? 0
      : cachedOn(work, work.cheaper, moved, cache);
  const prompt_caching = Math.min(standard, stays + moves);
  const factor = work.can_wait ? (work.price.batch_factor ?? 1) : 1;
  const batch =
    (standard - prompt_caching) * moved_share * Math.max(0, 1 - factor);
  return { model_swap, prompt_caching, batch };
}

/** Both ends of what a piece of work saves, the lesser first: a cheaper model may leave so much less to cache that moving less saves more. */
export function rangeOf(work: Work): readonly [low: Steps, high: Steps] {
  const [low, high] = [stepsOf(work, LOW), stepsOf(work, HIGH)];
  return totalOf(low) <= totalOf(high) ? [low, high] : [high, low];
}

export function totalOf({ model_swap, prompt_caching, batch }: Steps): number {
  return model_swap + prompt_caching + batch;
}

function swapShare({ tokens, price, cheaper }: Work): number {
  if (cheaper === null) return 0;
  return (
    swapSavingShare(tokens, price.usd_per_million, cheaper.usd_per_million) ?? 0
  );
}

/** What a cache saves on a share of the work's standard input at a price; never less than nothing, since nobody has to cache. */
function cachedOn(
  { tokens, batch_share, reuse }: Work,
  { usd_per_million }: Price,
  share: number,
  scenario: CacheScenario,
): number {
  if (!hasCacheDiscount(usd_per_million)) return 0;
  const uncached = tokens.uncached_input * (1 - batch_share) * share;
  if (reuse !== null) {
    const replay = bestReplay(
      reuse.input_tokens,
      reuse.reusable,
      usd_per_million,
    );
    const saved = ((replay?.saved_usd ?? 0) * uncached) / reuse.input_tokens;
    return Math.max(0, saved);
  }
  return Math.max(0, cacheSaving(uncached, usd_per_million, scenario));
}

/** The share of spend that is not batched already: (1 − b) / ((1 − b) + b·f) for a share b of tokens at the factor f. */
function standardSpendShare({ batch_share, price }: Work): number {
  const weight = 1 - batch_share + batch_share * (price.batch_factor ?? 1);
  return weight === 0 ? 0 : (1 - batch_share) / weight;
}
