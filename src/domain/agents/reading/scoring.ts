/**
 * Weighs a question's words for each thing that can be asked. Promises: deterministic; a question mostly in words that the analyst does
 * not know is unknown, whatever the few that it knows.
 */
import { FILLER, LEXICON } from "./lexicon.ts";
import type { Intent } from "./lexicon.ts";
import type { Slots } from "./slots.ts";

/** From this score on, words decide without the help of an earlier question. */
export const DECISIVE = 3;
const SUFFICIENT = 2;
const SUFFICIENT_IN_KNOWN_WORDS = 1;
const KNOWN_SHARE_ABOVE = 0.5;

export type Scored = { readonly intent: Intent; readonly score: number };

/**
 * The best-scoring intent, or unknown. Words that only say "AI spend" decide nothing against others; alone they, a time or a name ask for
 * the overview of just that.
 */
export function score(slots: Slots, hasPeriod: boolean): Scored {
  const share = knownShare(slots.rest);
  if (share <= KNOWN_SHARE_ABOVE) return { intent: "unknown", score: 0 };
  const found = LEXICON.filter(({ words }) => slots.rest.search(words) !== -1);
  const [best] = strongScores(found, slots);
  if (best !== undefined && best.score >= SUFFICIENT) return best;
  const subject = found.filter(({ weight }) => weight < SUFFICIENT);
  const weak =
    subject.reduce((sum, { weight }) => sum + weight, 0) +
    (hasPeriod || slots.mentions.length > 0 ? 1 : 0);
  const enough = share === 1 ? SUFFICIENT_IN_KNOWN_WORDS : SUFFICIENT;
  return weak < enough
    ? { intent: "unknown", score: weak }
    : { intent: "overview", score: SUFFICIENT };
}

function strongScores(found: typeof LEXICON, slots: Slots): readonly Scored[] {
  const grouped =
    slots.group_by === null
      ? []
      : [{ intent: "breakdown" as const, weight: DECISIVE }];
  const strong = found.filter(({ weight }) => weight >= SUFFICIENT);
  return [...Map.groupBy([...strong, ...grouped], ({ intent }) => intent)]
    .map(([intent, entries]) => ({
      intent,
      score: entries.reduce((sum, { weight }) => sum + weight, 0),
    }))
    .toSorted((a, b) => b.score - a.score || rank(a.intent) - rank(b.intent));
}

/** Between equal scores the more specific question wins. */
const SPECIFICITY: readonly Intent[] = [
  "model_swap",
  "caching",
  "batch",
  "import",
  "prices",
  "anomalies",
  "forecast",
  "savings",
  "trend",
  "quality",
  "breakdown",
  "help",
  "overview",
];

function rank(intent: Intent): number {
  const found = SPECIFICITY.indexOf(intent);
  return found === -1 ? SPECIFICITY.length : found;
}

/** How much of the question is in words the analyst knows; low for questions about something else. */
function knownShare(text: string): number {
  const known = new Set(
    LEXICON.flatMap(({ words }) =>
      (text.match(words) ?? []).flatMap((match) => match.split(" ")),
    ),
  );
  const content = text
    .split(" ")
    .filter(
      (word) => /\p{L}/u.test(word) && !FILLER.test(word) && !/^\d/.test(word),
    );
  return content.length === 0
    ? 1
    : content.filter((word) => known.has(word)).length / content.length;
}
