/**
 * A report as one long table, a line for each value: what a spreadsheet or a program takes. Promises: pure; every figure, cell, point and
 * saving is there with its number as it is stored, its unit and its source; text is on one line, without control and direction characters.
 */
import { oneLine } from "../agents/answer/words.ts";
import type {
  Figure,
  ReportChart,
  ReportSection,
  ReportTable,
  Saving,
  Unit,
} from "../model.ts";
import { basisOf } from "./exported.ts";
import type { Exported } from "./exported.ts";

export const EXPORT_COLUMNS = [
  "section",
  "table",
  "row",
  "column",
  "value",
  "unit",
  "source",
] as const;

export type ExportRow = {
  readonly section: string;
  readonly table: string;
  readonly row: string;
  readonly column: string;
  readonly value: number | string | null;
  readonly unit: Unit;
  /** The tool_call_id; empty for what is no figure. */
  readonly source: string;
};

type Cell = Omit<ExportRow, "section" | "table" | "source">;

export function exportRows(exported: Exported): readonly ExportRow[] {
  const { report } = exported;
  return [
    ...aboutRows(exported),
    ...report.figures.flatMap(figureRows),
    ...report.sections.flatMap(sectionRows),
  ].map(cleaned);
}

/** The question and what the figures rest on, so that the table can be understood alone. */
function aboutRows(exported: Exported): readonly ExportRow[] {
  const { question, report, partial } = exported;
  const pairs: readonly (readonly [string, string])[] = [
    ["Question", question],
    ...basisOf(exported),
    ...(report.sample ? [["Data", "sample data"] as const] : []),
    ...(partial ? [["Answer", "partial"] as const] : []),
  ];
  return pairs.map(([row, value]) => ({
    section: "About",
    table: "Report",
    row,
    column: "value",
    value,
    unit: "text",
    source: "",
  }));
}

function figureRows(figure: Figure): readonly ExportRow[] {
  const { label: row, value, unit, note, source } = figure;
  const cells: readonly Cell[] = [
    { row, column: "value", value, unit },
    ...(note === null ? [] : [textCell(row, "note", note)]),
  ];
  return placed("Key figures", "Key figures", source, cells);
}

function sectionRows(section: ReportSection): readonly ExportRow[] {
  const { title, tables, chart, savings } = section;
  return [
    ...(chart === null
      ? []
      : placed(
          title,
          `${chart.title} (chart)`,
          chart.source,
          chartCells(chart),
        )),
    ...tables.flatMap((table) =>
      placed(title, table.title, table.source, tableCells(table)),
    ),
    ...savings.flatMap((saving) =>
      placed(title, "Savings", saving.source, savingCells(saving)),
    ),
  ];
}

function placed(
  section: string,
  table: string,
  source: string,
  cells: readonly Cell[],
): readonly ExportRow[] {
  return cells.map((cell) => ({ section, table, ...cell, source }));
}

/** A line is called by its first column; a second line of that name is told apart by its number. */
function tableCells({ columns, rows }: ReportTable): readonly Cell[] {
  const [first, ...others] = columns;
  if (first === undefined) return [];
  const seen = new Map<string, number>();
  return rows.flatMap((cells) => {
    const name = String(cells[first.key] ?? "");
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    const row = count === 1 ? name : `${name} (${count})`;
    return others.map(({ key, unit }) => ({
      row,
      column: key,
      value: cells[key] ?? null,
      unit,
    }));
  });
}

function chartCells({ points }: ReportChart): readonly Cell[] {
  return points.flatMap(({ day, values, anomaly }) => [
    ...Object.entries(values).map(([column, value]) => ({
      row: day,
      column,
      value,
      unit: "usd" as const,
    })),
    textCell(day, "anomaly", anomaly ? "yes" : "no"),
  ]);
}

function savingCells(saving: Saving): readonly Cell[] {
  const dollars = ["affected_usd", "low_usd", "high_usd"] as const;
  const words = ["effort", "assumption", "risk", "verify"] as const;
  const row = saving.title;
  return [
    ...dollars.map((column) => ({
      row,
      column,
      value: saving[column],
      unit: saving.unit ?? ("usd" as const),
    })),
    ...words.map((column) => textCell(row, column, saving[column])),
  ];
}

function textCell(row: string, column: string, value: string): Cell {
  return { row, column, value, unit: "text" };
}

function cleaned(it: ExportRow): ExportRow {
  return {
    ...it,
    table: oneLine(it.table),
    row: oneLine(it.row),
    column: oneLine(it.column),
    value: typeof it.value === "string" ? oneLine(it.value) : it.value,
  };
}
