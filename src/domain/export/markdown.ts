/**
 * A report as a Markdown file: the stored answer between its headline figures and, at the end, the daily values and the sources. Promises:
 * pure; the answer's own text is not changed; names show as text and nothing else.
 */
import {
  grid,
  numberText,
  SIGNED_COLUMNS,
  tableLines,
} from "../agents/answer/markdown.ts";
import { code, escaped, oneLine } from "../agents/answer/words.ts";
import type { Figure, ReportChart } from "../model.ts";
import { basisOf, citationsOf } from "./exported.ts";
import type { Exported } from "./exported.ts";
import { chartTable } from "./chartTable.ts";

export function toMarkdownFile(exported: Exported): string {
  const { question, report, content, partial } = exported;
  const charts = report.sections.flatMap(({ chart }) => chart ?? []);
  const parts = [
    `# ${escaped(oneLine(question))}`,
    basisOf(exported)
      .map(([name, words]) => `- ${name}: ${escaped(words)}`)
      .join("\n"),
    partial
      ? "**This answer is partial:** not every step could be finished."
      : "",
    figuresTable(report.figures),
    content.trim(),
    ...(charts.length === 0
      ? []
      : ["## Daily values", ...charts.map(dailyLines)]),
    ...sourceLines(exported),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function figuresTable(figures: readonly Figure[]): string {
  if (figures.length === 0) return "";
  const rows = figures.map(({ id, label, value, unit, note }) => [
    escaped(label),
    `**${
      typeof value === "number"
        ? numberText(value, unit, SIGNED_COLUMNS.has(id))
        : escaped(oneLine(value))
    }**`,
    escaped(oneLine(note ?? "")),
  ]);
  return grid(["Figure", "Value", "Rests on"], [false, true, false], rows);
}

/** Series are names from the data, so they are code, as they are in the answer. */
function dailyLines(chart: ReportChart): string {
  const table = chartTable(chart);
  const columns = table.columns.map((column) =>
    column.unit === "usd" ? { ...column, label: code(column.label) } : column,
  );
  return tableLines({ ...table, columns });
}

function sourceLines(exported: Exported): readonly string[] {
  const { run_id, report, sources } = exported;
  if (sources.length === 0) return [];
  const calls = new Map(sources.map((it) => [it.tool_call_id, it]));
  const rows = citationsOf(report).map(({ kind, label, source }) => [
    escaped(oneLine(label)),
    kind,
    code(calls.get(source)?.tool_name ?? ""),
    code(source),
    `\`GET ${calls.get(source)?.path}\``,
  ]);
  return [
    "## Sources",
    `Every figure comes from the result of a tool call of run ${code(run_id)}. With your token, the server shows the full result:`,
    grid(
      ["What", "Kind", "Tool", "tool_call_id", "Look it up"],
      Array<boolean>(5).fill(false),
      rows,
    ),
  ];
}
