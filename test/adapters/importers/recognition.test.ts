/** Every format's file is taken for what it is, and for nothing else. */
import { Effect } from "effect";
import { describe, expect, it } from "vitest";
import { formats } from "../../../src/adapters/importers/index.ts";
import type { FormatName } from "../../../src/adapters/importers/index.ts";
import type { ToolContext } from "../../../src/domain/agents/definition.ts";
import { importHelp } from "../../../src/domain/tools/importHelp.ts";
import { fixture, refusal, take } from "./support.ts";

const FILES: readonly (readonly [string, FormatName])[] = [
  ["openai_usage.csv", "openai_usage_csv"],
  ["openai_usage.json", "openai_usage_json"],
  ["openai_costs.csv", "openai_costs_csv"],
  ["openai_costs.json", "openai_costs_json"],
  ["anthropic_usage.csv", "anthropic_usage_csv"],
  ["anthropic_usage.json", "anthropic_usage_json"],
  ["anthropic_costs.csv", "anthropic_costs_csv"],
  ["anthropic_costs.json", "anthropic_costs_json"],
  ["deepseek_costs.csv", "deepseek_costs_csv"],
  ["litellm_spend_logs.csv", "litellm_logs_csv"],
  ["litellm_spend_logs.jsonl", "litellm_logs_json"],
  ["litellm_daily_user_spend.csv", "litellm_daily_csv"],
  ["langfuse_observations.csv", "langfuse_csv"],
  ["langfuse_observations.json", "langfuse_json"],
  ["langfuse_events.jsonl", "langfuse_json"],
  ["helicone.csv", "helicone_csv"],
  ["openrouter_activity.csv", "openrouter_csv"],
  ["openrouter_activity.json", "openrouter_json"],
  ["ccusage.json", "ccusage_json"],
  ["mooncake_conversation_excerpt.jsonl", "block_trace"],
  ["otlp_spans.jsonl", "otlp_json"],
  ["focus_1_2.csv", "focus_csv"],
  ["plain.csv", "csv"],
];
/** For files that name none, so that they are not refused for that. */
const MODEL = { model: "gpt-4o" };
/** Plain CSV takes any columns that mean enough; it comes last, and only who asks for it gets another's file read by it. */
const OTHERS = formats.map(({ name }) => name).filter((name) => name !== "csv");

describe("recognition", () => {
  it.each(FILES)("takes %s for %s alone", async (file, format) => {
    expect((await take(fixture(file), MODEL)).result.format).toBe(format);
    for (const other of OTHERS.filter((name) => name !== format))
      await refusal(fixture(file), { ...MODEL, format: other });
  });

  it("is what import_help tells of, format by format", async () => {
    const help = await Effect.runPromise(
      importHelp.run({}, {} as ToolContext) as Effect.Effect<{
        readonly formats: readonly { readonly name: string }[];
      }>,
    );
    expect(help.formats.map(({ name }) => name).sort()).toEqual(
      formats.map(({ name }) => name).sort(),
    );
  });
});
