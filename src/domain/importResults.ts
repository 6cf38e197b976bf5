/** The results of imports that grow by parts. Promises: counts add up, lists stay bounded and without doubles, a period covers both. */
import { limits } from "./limits.ts";
import type { ImportResult, Period } from "./model.ts";

/** What an import came to, with one more part of it. */
export function addResult(
  before: ImportResult,
  part: ImportResult,
): ImportResult {
  return {
    ...before,
    rows: {
      read: before.rows.read + part.rows.read,
      kept: before.rows.kept + part.rows.kept,
      skipped: before.rows.skipped + part.rows.skipped,
      duplicate: before.rows.duplicate + part.rows.duplicate,
    },
    skipped: [...before.skipped, ...part.skipped].slice(
      0,
      limits.importSkippedReported,
    ),
    period: covering(before.period, part.period),
    models: union(before.models, part.models),
    unpriced_models: union(before.unpriced_models, part.unpriced_models),
  };
}

function covering(a: Period | null, b: Period | null): Period | null {
  if (a === null || b === null) return a ?? b;
  return {
    from: a.from < b.from ? a.from : b.from,
    to: a.to > b.to ? a.to : b.to,
  };
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])]
    .slice(0, limits.importModelsReported)
    .sort();
}
