/**
 * What a prompt cache would cost and save where the data tells which input repeats. Promises: exact arithmetic over what a replay found,
 * no assumption about hit rates; a cache that costs more than it brings comes out as a negative saving.
 */
import type { Reusable, Tokens } from "../model.ts";
import { assumptions } from "./assumptions.ts";
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

export type BestReplay = ReplayedCost & {
  readonly lifetime: CacheLifetime;
  /** Of the input tokens. */
  readonly read_share: number;
  readonly written_share: number;
};

/** The lifetime that would have saved most, though it be a loss; null of no input. */
export function bestReplay(
  inputTokens: number,
  reusable: Reusable,
  price: UsdPerMillion,
): BestReplay | null {
  if (inputTokens <= 0) return null;
  const priced = (lifetime: CacheLifetime): BestReplay => {
    const { read, written } = reusable[lifetime];
    return {
      lifetime,
      ...priceReplay(inputTokens, { read, written }, price, lifetime),
      read_share: read / inputTokens,
      written_share: written / inputTokens,
    };
  };
  const [short, long] = [priced("five_minutes"), priced("one_hour")];
  return long.saved_usd > short.saved_usd ? long : short;
}

/**
 * The best replay for a model's tokens, as far as its records tell which input repeats: null where they tell it of less than
 * assumptions.replayedInputShareMin of it, or where some of it is cached already, since a replay knows nothing of that.
 */
export function replayable(
  tokens: Tokens,
  known: { readonly input_tokens: number; readonly reusable: Reusable } | null,
  price: UsdPerMillion,
): BestReplay | null {
  const cached =
    tokens.cache_read + tokens.cache_write_5m + tokens.cache_write_1h;
  const isKnown =
    known !== null &&
    cached === 0 &&
    known.input_tokens >=
      tokens.uncached_input * assumptions.replayedInputShareMin;
  return isKnown ? bestReplay(known.input_tokens, known.reusable, price) : null;
}
