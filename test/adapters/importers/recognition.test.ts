/** A file is taken for the format it has, by its content alone. */
import { describe, expect, it } from "vitest";
import { fixture, refusal, take } from "./support.ts";

describe("recognition", () => {
  const FILES = [
    ["openai_usage.csv", "openai_usage_csv"],
    ["openai_usage.json", "openai_usage_json"],
    ["openai_costs.csv", "openai_costs_csv"],
    ["openai_costs.json", "openai_costs_json"],
    ["anthropic_usage.csv", "anthropic_usage_csv"],
    ["anthropic_usage.json", "anthropic_usage_json"],
    ["anthropic_costs.csv", "anthropic_costs_csv"],
    ["anthropic_costs.json", "anthropic_costs_json"],
    ["deepseek_costs.csv", "deepseek_costs_csv"],
    ["mooncake_conversation_excerpt.jsonl", "block_trace"],
    ["otlp_spans.jsonl", "otlp_json"],
    ["focus_1_2.csv", "focus_csv"],
  ] as const;

  /** For files that name none, so that they are not refused for that. */
  const MODEL = { model: "gpt-4o" };

  it.each(FILES)("takes %s for %s and for nothing else", async (file, name) => {
    expect((await take(fixture(file), MODEL)).result.format).toBe(name);
    for (const [, other] of FILES)
      if (other !== name)
        await refusal(fixture(file), { ...MODEL, format: other });
  });
});
