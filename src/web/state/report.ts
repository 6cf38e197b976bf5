/** Telling the cost application's report from any other structure that a run may answer with. */
import type { JsonObject, Report } from "../../domain/model.ts";

/** The structured report of a cost answer; null for another application's, or for one that has nothing but words. */
export function asReport(value: JsonObject | null): Report | null {
  if (value === null || value["kind"] !== "costs") return null;
  return hasArrays(value, ["figures", "sections", "suggestions"])
    ? (value as unknown as Report)
    : null;
}

/** True when there is more to show than the Markdown says. */
export function hasStructure(report: Report): boolean {
  return report.figures.length > 0 || report.sections.length > 0;
}

function hasArrays(value: JsonObject, keys: readonly string[]): boolean {
  return keys.every((key) => Array.isArray(value[key]));
}
