/** What a phrase of the corpus is, and few words for writing one. */
import type { PeriodSpec } from "../../../../src/domain/costs/periods.ts";
import type { Dimension } from "../../../../src/domain/model.ts";
import type { Intent } from "../../../../src/domain/agents/reading/lexicon.ts";

export interface Expected {
  readonly intent: Intent;
  readonly period?: PeriodSpec;
  readonly by?: Dimension;
  /** "dimension:name", "!" before an excluded one. */
  readonly mentions?: readonly string[];
  readonly models?: readonly string[];
  readonly swap?: { readonly from: string | null; readonly to: string | null };
  readonly percent?: number;
}
export interface Phrase {
  readonly text: string;
  readonly earlier?: readonly string[];
  readonly expected: Expected;
}

export const month = (
  number: number,
  year: number | null = null,
): PeriodSpec => ({
  kind: "month",
  month: number,
  year,
});
export const calendar = (
  unit: "day" | "week" | "month" | "quarter" | "year",
  offset: number,
): PeriodSpec => ({ kind: "calendar", unit, offset });
export const last = (
  count: number,
  unit: "day" | "week" | "month",
): PeriodSpec => ({
  kind: "last",
  count,
  unit,
});
export const days = (first: string, until: string | null): PeriodSpec => ({
  kind: "days",
  first,
  last: until,
});

/** The same reading for several ways of asking. */
export const say = (
  expected: Expected,
  ...texts: readonly string[]
): readonly Phrase[] => texts.map((text) => ({ text, expected }));
/** A question with the thread's earlier ones. */
export const after = (
  earlier: readonly string[],
  text: string,
  expected: Expected,
): Phrase => ({ text, earlier, expected });

/** The question that most threads begin with. */
export const OVERVIEW = "Analyze my AI costs";
