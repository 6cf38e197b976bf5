/**
 * A report as Markdown: the same figures in the same order, with tables. Promises: no raw HTML; names from the data show as text, in
 * tables too; numbers are formatted by their unit and nowhere changed otherwise.
 */
import {
  formatCount,
  formatPercent,
  formatPercentChange,
  formatUsd,
  formatUsdChange,
  formatUsdRough,
  formatUsdUnit,
} from "../../costs/money.ts";
import type {
  Report,
  ReportSection,
  ReportTable,
  Saving,
  Unit,
} from "../../model.ts";
import { cell, code, escaped } from "./words.ts";

/** Columns of our own words; every other text is a name from the data. */
const PROSE_COLUMNS = new Set(["what", "where"]);
/** Columns, and ids of figures, that say by how much something changed. */
export const SIGNED_COLUMNS = new Set(["change", "change_percent", "excess"]);
export const NOTHING = "–";

export function toMarkdown(report: Report): string {
  return `${report.sections.map(sectionLines).join("\n\n")}\n`;
}

function sectionLines(section: ReportSection): string {
  const title = section.id === "headline" ? [] : [`## ${section.title}`];
  const savings =
    section.savings.length === 0
      ? []
      : [savingsTable(section.savings), savingsNotes(section.savings)];
  return [
    ...title,
    ...savings,
    proseOf(section),
    ...section.tables.map(tableLines),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** A section's paragraphs, as a list where they are separate statements. */
export function proseOf(section: ReportSection): string {
  return LISTED.has(section.id)
    ? section.paragraphs.map((text) => `- ${text}`).join("\n")
    : section.paragraphs.join("\n\n");
}

/** Sections whose paragraphs are separate statements. */
const LISTED: ReadonlySet<ReportSection["id"]> = new Set(["quality", "next"]);

export function tableLines(table: ReportTable): string {
  const header = table.columns.map((column) => column.label);
  const rows = table.rows.map((row) =>
    table.columns.map((column) => cellText(row[column.key] ?? null, column)),
  );
  return `**${table.title}**\n\n${grid(
    header,
    table.columns.map((column) => isNumeric(column.unit)),
    rows,
  )}`;
}

/** Rows of Markdown as a table; a bar in a cell does not end it. */
export function grid(
  header: readonly string[],
  numeric: readonly boolean[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell).join(" | ")} |`;
  return [
    line(header),
    `| ${numeric.map((right) => (right ? "---:" : "---")).join(" | ")} |`,
    ...rows.map(line),
  ].join("\n");
}

export function isNumeric(unit: Unit): boolean {
  return unit !== "text" && unit !== "date";
}

function cellText(
  value: string | number | null,
  column: { readonly key: string; readonly unit: Unit },
): string {
  if (value === null) return NOTHING;
  if (typeof value === "number")
    return numberText(value, column.unit, SIGNED_COLUMNS.has(column.key));
  return column.unit === "date"
    ? value
    : PROSE_COLUMNS.has(column.key)
      ? escaped(value)
      : code(value);
}

/** A number in its unit; `signed` shows a rise as one. */
export function numberText(value: number, unit: Unit, signed: boolean): string {
  if (unit === "usd") return signed ? formatUsdChange(value) : formatUsd(value);
  if (unit === "usd_rough") return formatUsdRough(value);
  if (unit === "usd_unit") return formatUsdUnit(value);
  if (unit === "percent")
    return signed ? formatPercentChange(value) : formatPercent(value);
  return unit === "count" ? String(value) : formatCount(value);
}

/** Dollars of a saving, as exact as they are known. */
export const savingText = ({ unit }: Saving, usd: number): string =>
  numberText(usd, unit ?? "usd", false);

function savingsTable(savings: readonly Saving[]): string {
  const rows = savings.map((saving) => [
    escaped(saving.title),
    savingText(saving, saving.affected_usd),
    saving.low_usd === saving.high_usd
      ? savingText(saving, saving.high_usd)
      : `${savingText(saving, saving.low_usd)} to ${savingText(saving, saving.high_usd)}`,
    saving.effort,
  ]);
  return grid(
    ["Saving", "Affects a month", "Saves a month", "Effort"],
    [false, true, true, false],
    rows,
  );
}

function savingsNotes(savings: readonly Saving[]): string {
  return savings
    .map(
      (saving, index) =>
        `${index + 1}. **${escaped(saving.title)}.** ${escaped(saving.assumption)} *Risk:* ${escaped(saving.risk)} *Verify:* ${escaped(saving.verify)}`,
    )
    .join("\n");
}
