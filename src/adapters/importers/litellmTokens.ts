/**
 * Tokens and names as LiteLLM writes them, in its log of requests and in its daily tables alike. Promises: buckets are disjoint; what
 * LiteLLM's route adds to a model's name is not taken for the name.
 */
import type { Tokens } from "../../domain/model.ts";
import type { Fields } from "./fields.ts";

export interface CacheCounts {
  readonly read: number;
  readonly written_5m: number;
  readonly written_1h: number;
}

/**
 * LiteLLM brings every provider's usage into OpenAI's form, where prompt_tokens includes what was read from and written to a cache
 * (litellm, llms/anthropic/chat/transformation.py, calculate_usage). Some of its routes pass Anthropic's own count on, which leaves
 * both out (litellm issue 15056): when the cached tokens are more than prompt_tokens, they cannot be part of it.
 */
export function litellmTokens(fields: Fields, cache: CacheCounts): Tokens {
  const prompt = fields.requiredCount("prompt_tokens");
  const cached = cache.read + cache.written_5m + cache.written_1h;
  return {
    uncached_input: cached > prompt ? prompt : prompt - cached,
    cache_read: cache.read,
    cache_write_5m: cache.written_5m,
    cache_write_1h: cache.written_1h,
    output: fields.requiredCount("completion_tokens"),
  };
}

/** The model without the route before it: `azure/gpt-4o` of the provider azure is Azure's gpt-4o. */
export function withoutRoute(model: string, provider: string | null): string {
  const route = `${provider}/`;
  return model.startsWith(route) ? model.slice(route.length) : model;
}
