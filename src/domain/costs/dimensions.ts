/** What spend can be split by, as values, and what each is called. Promises: every dimension of the model is here. */
import type { Dimension, NamedDimension } from "../model.ts";

/** As they stand in a sentence: "by API key". */
const NAMED_WORDS: Readonly<Record<NamedDimension, string>> = {
  model: "model",
  provider: "provider",
  project: "project",
  feature: "feature",
  user: "user",
  api_key: "API key",
  tier: "tier",
  tag: "tag",
};
const WORDS: Readonly<Record<Dimension, string>> = {
  ...NAMED_WORDS,
  day: "day",
  hour: "hour of the day",
};

export const NAMED_DIMENSIONS = Object.keys(
  NAMED_WORDS,
) as readonly NamedDimension[];
export const DIMENSIONS = Object.keys(WORDS) as readonly Dimension[];

export const dimensionWords = (dimension: Dimension): string =>
  WORDS[dimension];
