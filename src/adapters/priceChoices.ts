/**
 * Which models of the price table are worth suggesting. The table also lists models that are retired, that do other things than
 * answer in text, or that their maker does not serve. Promises: this decides suggestions only, never a price.
 */
import type { ModelInfo } from "@pydantic/genai-prices";

/** Models for speech, pictures, embeddings, search and the like, completion models, and those tuned by one customer. */
const OTHER_PURPOSE =
  /audio|realtime|voice|tts|transcri|whisper|image|video|vision|embed|rerank|moderation|guard|ocr|search|research|computer-use|^ft:|\.ft-|^(ada|babbage|curie|davinci)$|^text-/;

/**
 * Generations that were neither retired nor given a retirement date, as the makers' pages stood in October 2026:
 * developers.openai.com/api/docs/deprecations and platform.claude.com/docs/en/about-claude/model-deprecations. OpenAI does not
 * itself serve its open-weight models (gpt-oss). Of other providers everything counts that the table does not mark deprecated.
 */
const CURRENT: Readonly<Record<string, RegExp>> = {
  openai: /^gpt-(5\.[2-9]|[6-9])/,
  anthropic:
    /^claude-(haiku-4-5|opus-4-[5-8]|sonnet-4-6|(fable|haiku|opus|sonnet)-[5-9])/,
};

export function isOffered(provider: string, model: ModelInfo): boolean {
  return (
    model.deprecated !== true &&
    !OTHER_PURPOSE.test(model.id) &&
    (CURRENT[provider]?.test(model.id) ?? true)
  );
}
