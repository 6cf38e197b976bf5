/**
 * What a prompt cache would cost and save where the data tells which input repeats. Promises: exact arithmetic over what a replay found,
 * no assumption about hit rates; a cache that costs more than it brings comes out as a negative saving.
 */
import type { Reusable } from "../model.ts";
import type { UsdPerMillion } from "./savings.ts";

const MILLION = 1e6;

export type CacheLifetime = keyof Reusable;

export interface ReplayedCost {
  /** US dollars of the input, all of it at the price of uncached input. */
  readonly without_usd: number;
  /** US dollars of the same input read and written as the replay found. */
  readonly with_usd: number;
  /** without − with. */
  readonly saved_usd: number;
  /** Of `without_usd`; null where the input costs nothing. */
  readonly saved_share: number | null;
}

/**
 * Prices a replay of `inputTokens` of input, of which a cache of this lifetime would have read `read` and written `written` tokens:
 *
 *   without = T·p_in
 *   with    = read·p_read + written·p_write + (T − read − written)·p_in
 *   saved   = read·(p_in − p_read) − written·(p_write − p_in)
 *
 * Source: the providers' price rules. Anthropic (platform.claude.com/docs/en/build-with-claude/prompt-caching, "Pricing"): p_read = 0.1 p_in,
 * p_write = 1.25 p_in for five minutes and 2 p_in for one hour; OpenAI (platform.openai.com/docs/guides/prompt-caching): no charge for
 * writes on most models. A list without a write price has p_write = p_in. Output is the same either way and is not in it.
 *
 * Over the whole Mooncake conversation trace (BlockCache, every block written, Anthropic's ratios) the input costs 9.3 % less with five
 * minutes, 26.8 % more with one hour, and 26.4 % less with five minutes and free writes. Counting the five minutes from the write instead
 * of from the last use, it would be 5.1 % and 23.1 %; but both providers count inactivity.
 */
export function priceReplay(
  inputTokens: number,
  found: { readonly read: number; readonly written: number },
  price: UsdPerMillion,
  lifetime: CacheLifetime,
): ReplayedCost {
  const write =
    lifetime === "one_hour" ? price.cache_write_1h : price.cache_write_5m;
  const plain = inputTokens - found.read - found.written;
  const without = (inputTokens * price.uncached_input) / MILLION;
  const withCache =
    (found.read * price.cache_read +
      found.written * write +
      plain * price.uncached_input) /
    MILLION;
  return {
    without_usd: without,
    with_usd: withCache,
    saved_usd: without - withCache,
    saved_share: without <= 0 ? null : 1 - withCache / without,
  };
}
