/**
 * The attributes of OTLP/JSON spans that are read, under their names of today and of before. Promises: lists and maps, which is how prompts
 * are written, are never looked into.
 */

type JsonRecord = Readonly<Record<string, unknown>>;
export type Attributes = ReadonlyMap<string, unknown>;

export const INPUT = "gen_ai.usage.input_tokens";
export const OUTPUT = "gen_ai.usage.output_tokens";
export const CACHE_READ = "gen_ai.usage.cache_read.input_tokens";
export const CACHE_WRITE = "gen_ai.usage.cache_creation.input_tokens";
export const MODEL = "gen_ai.response.model";
export const PROVIDER = "gen_ai.provider.name";
export const FEATURE = "gen_ai.agent.name";
export const USER = "user.id";
export const TIER = "openai.response.service_tier";

/** What an attribute was called before, or what stands in for it, best first. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  [INPUT]: ["gen_ai.usage.prompt_tokens"],
  [OUTPUT]: ["gen_ai.usage.completion_tokens"],
  [CACHE_READ]: ["gen_ai.usage.cache_read_input_tokens"],
  [CACHE_WRITE]: ["gen_ai.usage.cache_creation_input_tokens"],
  [MODEL]: ["gen_ai.request.model"],
  [PROVIDER]: ["gen_ai.system"],
  [FEATURE]: ["gen_ai.agent.id", "gen_ai.conversation.id"],
  [USER]: ["enduser.id"],
  [TIER]: [
    "gen_ai.openai.response.service_tier",
    "openai.request.service_tier",
    "gen_ai.openai.request.service_tier",
  ],
};

/** An attribute under its name or one of its older ones; "" counts as absent. */
export function valueOf(attributes: Attributes, name: string): unknown {
  return [name, ...(ALIASES[name] ?? [])]
    .map((it) => attributes.get(it))
    .find((value) => value !== undefined && value !== "");
}

/** Attributes with plain values; of two with one name, the last counts. Lists and maps are not read. */
export function attributesOf(attributes: unknown): Attributes {
  const plain = new Map<string, unknown>();
  if (!Array.isArray(attributes)) return plain;
  for (const attribute of attributes as readonly unknown[]) {
    if (!isRecord(attribute) || !isRecord(attribute["value"])) continue;
    const { stringValue, intValue, doubleValue, boolValue } =
      attribute["value"];
    const value = stringValue ?? intValue ?? doubleValue ?? boolValue;
    if (value !== undefined) plain.set(String(attribute["key"]), value);
  }
  return plain;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
