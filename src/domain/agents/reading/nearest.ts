/** Finds the questions most like a given one. Promises: deterministic; always answers some, the likest first. */

const NEAREST_SHOWN = 3;

/**
 * By the Dice coefficient on letter pairs (Dice 1945): twice the pairs in common over all pairs, which forgives typing errors.
 */
export function nearestQuestions(
  question: string,
  candidates: readonly string[],
): readonly string[] {
  const own = pairs(question);
  return candidates
    .map((candidate) => ({ candidate, likeness: dice(own, pairs(candidate)) }))
    .toSorted((a, b) => b.likeness - a.likeness)
    .slice(0, NEAREST_SHOWN)
    .map(({ candidate }) => candidate);
}

function pairs(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return new Set(
    words.flatMap((word) =>
      Array.from({ length: Math.max(0, word.length - 1) }, (_, i) =>
        word.slice(i, i + 2),
      ),
    ),
  );
}

function dice(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const size = a.size + b.size;
  return size === 0
    ? 0
    : (2 * [...a].filter((pair) => b.has(pair)).length) / size;
}
