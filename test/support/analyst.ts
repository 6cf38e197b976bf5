/**
 * The built-in analyst asked in tests: one "now", the sample, a store over records, and what every answer must keep. Promises: real plan,
 * agents and tools; only the store is in memory.
 */
import { Layer } from "effect";
import { expect } from "vitest";
import { priceBook } from "../../src/adapters/prices.ts";
import { unsourcedFigures } from "../../src/domain/agents/answer/check.ts";
import { EXAMPLES } from "../../src/domain/agents/reading/lexicon.ts";
import { sampleUsage } from "../../src/domain/costs/sample.ts";
import type { Report, UsageRecord } from "../../src/domain/model.ts";
import type { PriceBook, UsageStore } from "../../src/domain/ports.ts";
import { ask } from "./analystRun.ts";
import { unsourcedNumbers } from "./prose.ts";
import type { Asked, Ran } from "./analystRun.ts";
import { usageStoreOf } from "./usageStore.ts";

export const NOW = Date.parse("2026-11-22T09:00:00Z");

export const over = (
  records: readonly UsageRecord[],
  sample = false,
): Layer.Layer<UsageStore | PriceBook> =>
  usageStoreOf(records, sample).pipe(Layer.provideMerge(priceBook));

export const sampleRecords = sampleUsage({ seed: 7, end: new Date(NOW) });

export const sample = over(sampleRecords, true);

export const run = (question: string, given: Partial<Asked> = {}) =>
  ask({ question, now: NOW, services: sample, ...given });

export function reportOf(ran: Ran): Report {
  if (ran.answer === null) throw new Error("no answer");
  return ran.answer.report as unknown as Report;
}

export const content = (ran: Ran) => ran.answer?.content ?? "";

export const agents = (ran: Ran) => ran.steps.map((step) => step.agent_name);

/** Prose may also hold numbers that the question, the report's own words and list numbering bring. */
export function expectSourced(ran: Ran): void {
  const report = reportOf(ran);
  expect(unsourcedFigures(report, ran.steps)).toEqual([]);
  const prose = content(ran).replace(/^\d\. /gm, "");
  expect(
    unsourcedNumbers(prose, ran.steps, [
      report.question,
      ...EXAMPLES.map((example) => example.question),
      ...report.suggestions,
    ]),
  ).toEqual([]);
}
