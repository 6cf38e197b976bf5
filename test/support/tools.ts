/** One cost tool used in tests as an agent uses it: over given records, at one "now". */
import { Effect, Layer } from "effect";
import { priceBook } from "../../src/adapters/prices.ts";
import type {
  JsonObject,
  RunId,
  ThreadId,
  UsageRecord,
  UserId,
} from "../../src/domain/model.ts";
import { costTools } from "../../src/domain/tools/index.ts";
import type { ToolName, ToolResults } from "../../src/domain/tools/index.ts";
import { usageStoreOf } from "./usageStore.ts";

export const NOW = Date.parse("2026-11-22T09:00:00Z");

export const context = {
  user_id: "u" as UserId,
  thread_id: "t" as ThreadId,
  run_id: "r" as RunId,
  now: NOW,
};

export function use<Name extends ToolName>(
  name: Name,
  parameters: JsonObject,
  records: readonly UsageRecord[],
): Promise<ToolResults[Name]> {
  const tool = costTools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  const services = usageStoreOf(records).pipe(Layer.provideMerge(priceBook));
  return Effect.runPromise(
    Effect.provide(tool.run(parameters, context), services),
  ) as Promise<unknown> as Promise<ToolResults[Name]>;
}
