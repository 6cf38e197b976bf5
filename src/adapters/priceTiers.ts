/**
 * What a service tier costs as a share of the standard price. Promises: every factor has its source beside it; a tier, a model or a
 * bucket that no source prices has no factor, and what was used under it stays unpriced.
 */
import type { ServiceTier } from "../domain/model.ts";

export interface TierFactor {
  /** Of every bucket but cache reads, and of fees. */
  readonly rates: number;
  /** Of cache reads; null where no source says. */
  readonly cache_read: number | null;
}

const STANDARD: TierFactor = { rates: 1, cache_read: 1 };
const HALF: TierFactor = { rates: 0.5, cache_read: 0.5 };

/**
 * Batch, cache reads and writes included unless said otherwise.
 * OpenAI: platform.openai.com/docs/guides/batch ("50% cost discount").
 * Anthropic: platform.claude.com/docs/en/build-with-claude/batch-processing ("50% of the standard API prices", with caching's
 * multipliers on top).
 * Gemini: ai.google.dev/gemini-api/docs/optimization (50%); docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/
 * batch-prediction-gemini ("the discounts for cache and batch don't stack", the cache's counts). Others: no source here.
 */
const BATCH: Readonly<Record<string, TierFactor>> = {
  openai: HALF,
  anthropic: HALF,
  gemini: { rates: 0.5, cache_read: 1 },
};

/**
 * Flex. OpenAI: platform.openai.com/docs/guides/flex-processing (batch rates, with caching's discount on top).
 * Gemini: ai.google.dev/gemini-api/docs/optimization (50%); what a cache read costs there is not said.
 */
const FLEX: Readonly<Record<string, TierFactor>> = {
  openai: HALF,
  gemini: { rates: 0.5, cache_read: null },
};

/**
 * OpenAI's priority tier: its price over the standard one per million input tokens, both in dollars; cached input and output stand in
 * the same proportion. Source: openai.com/api-priority-processing as of 2026. Anthropic's tier is a commitment without a price per
 * token, and Google names a range only (75% to 100% more): neither has a factor.
 */
const PRIORITY: Readonly<Record<string, number>> = {
  "gpt-5.5": 12.5 / 5,
  "gpt-5.4": 5 / 2.5,
  "gpt-5.4-mini": 1.5 / 0.75,
  "gpt-5.2": 3.5 / 1.75,
  "gpt-5.1": 2.5 / 1.25,
  "gpt-5.1-codex": 2.5 / 1.25,
  "gpt-5": 2.5 / 1.25,
  "gpt-5-codex": 2.5 / 1.25,
  "gpt-5-mini": 0.45 / 0.25,
  "gpt-4.1": 3.5 / 2,
  "gpt-4.1-mini": 0.7 / 0.4,
  "gpt-4.1-nano": 0.2 / 0.1,
  "gpt-4o": 4.25 / 2.5,
  "gpt-4o-mini": 0.25 / 0.15,
  o3: 3.5 / 2,
  "o4-mini": 2 / 1.1,
};

/** Input tokens of one request, beyond which OpenAI prices no priority ("Requests estimated at >128K prompt tokens", same page). */
const PRIORITY_INPUT_TOKENS_MAX = 128_000;

/**
 * The factor of a tier for the price list's provider and model, for requests of this many input tokens (0 where that is not known);
 * null where no source gives one.
 */
export function tierFactor(
  tier: ServiceTier,
  provider: string,
  model: string,
  inputTokens: number,
): TierFactor | null {
  const seller = sellerOf(provider, model);
  if (tier === "standard") return STANDARD;
  if (tier === "batch") return BATCH[seller] ?? null;
  if (tier === "flex") return FLEX[seller] ?? null;
  const factor = seller === "openai" ? PRIORITY[model] : undefined;
  return factor === undefined || inputTokens > PRIORITY_INPUT_TOKENS_MAX
    ? null
    : { rates: factor, cache_read: factor };
}

/** Google also sells others' models, which its own discounts do not name. */
function sellerOf(provider: string, model: string): string {
  return provider === "google" && model.startsWith("gemini")
    ? "gemini"
    : provider;
}
