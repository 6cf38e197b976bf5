/**
 * Questions as people ask them, each with what it must be read as. Promises: every phrase stands for a way of asking, not for a rule;
 * `today` of the readings is 2026-11-22, a Sunday.
 */
import { followUps } from "./corpus/followUps.ts";
import { outlook } from "./corpus/outlook.ts";
import { overviews } from "./corpus/overviews.ts";
import type { Phrase } from "./corpus/phrase.ts";
import { spend } from "./corpus/spend.ts";

export const corpus: readonly Phrase[] = [
  ...overviews,
  ...spend,
  ...outlook,
  ...followUps,
];
