/**
 * Holds an answer to rule R9: every figure comes from the result of the call it cites. Promises: pure; knows nothing of how answers are
 * made, so that a mistake there shows here.
 */
import type { Json, Report, Step } from "../../model.ts";

export interface Unsourced {
  /** Where in the report, e.g. "figures.spend". */
  readonly where: string;
  readonly value: number | string;
  readonly source: string;
}

type Claim = Unsourced;

/** The report's numbers and dates that are not in the result of the call they cite; equal to six decimals counts as found. */
export function unsourcedFigures(
  report: Report,
  steps: readonly Step[],
): readonly Unsourced[] {
  const results = new Map(
    steps
      .flatMap((step) => step.calls)
      .map((call) => [
        call.tool_call_id,
        valuesIn(call.success ? call.result : null),
      ]),
  );
  return claimsOf(report).filter(
    ({ value, source }) => results.get(source)?.has(rounded(value)) !== true,
  );
}

function claimsOf(report: Report): readonly Claim[] {
  const figures = report.figures.map(({ id, value, source }) => ({
    where: `figures.${id}`,
    value,
    source,
  }));
  const parts = report.sections.flatMap((section) => [
    ...section.tables.flatMap((table) =>
      table.rows.flatMap((row) =>
        table.columns
          .filter((column) => column.unit !== "text")
          .map((column) => ({
            where: `${table.title}.${column.key}`,
            value: row[column.key] ?? null,
            source: table.source,
          })),
      ),
    ),
    ...section.savings.flatMap((saving) =>
      [saving.affected_usd, saving.low_usd, saving.high_usd].map((value) => ({
        where: saving.id,
        value,
        source: saving.source,
      })),
    ),
    ...(section.chart === null ? [] : chartClaims(section.chart)),
  ]);
  return [...figures, ...parts].flatMap(({ where, value, source }) =>
    value === null ? [] : [{ where, value, source }],
  );
}

function chartClaims(
  chart: NonNullable<Report["sections"][number]["chart"]>,
): readonly Claim[] {
  return chart.points.flatMap((point) => [
    { where: `${chart.title}.day`, value: point.day, source: chart.source },
    ...Object.entries(point.values).map(([series, value]) => ({
      where: `${chart.title}.${series}`,
      value,
      source: chart.source,
    })),
  ]);
}

/** Every number and text in a result, numbers to six decimals. */
function valuesIn(json: Json): ReadonlySet<number | string> {
  return new Set(leaves(json).map(rounded));
}

export function leaves(json: Json): readonly (number | string)[] {
  if (typeof json === "number" || typeof json === "string") return [json];
  if (json === null || typeof json !== "object") return [];
  return Object.values(json).flatMap(leaves);
}

function rounded(value: number | string): number | string {
  return typeof value === "number" ? Math.round(value * 1e6) / 1e6 : value;
}
