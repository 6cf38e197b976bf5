/**
 * OpenAI's usage export, completions_usage_<from>_<to>.csv. Promises: columns are found by name, in any order; a bucket without use is
 * a row of times and nothing else, and no record; an export of only such buckets has only the time columns, and is a valid file.
 */
import { cellFields } from "./fields.ts";
import type { Cells, CsvFormat } from "./importer.ts";
import { readOpenaiResult } from "./openaiRow.ts";

// Every OpenAI export opens with these; costs and other kinds of usage have them too, but no input_tokens.
export const TIME_COLUMNS = [
  "start_time",
  "end_time",
  "start_time_iso",
  "end_time_iso",
];

export const openaiCsv: CsvFormat = {
  name: "openai_usage_csv",
  expects:
    "an OpenAI usage export with the columns start_time, end_time, start_time_iso, end_time_iso, model, input_tokens and output_tokens",
  recognise: (header, options) => {
    if (!TIME_COLUMNS.every((column) => header.includes(column))) return null;
    if (header.length > TIME_COLUMNS.length && !header.includes("input_tokens"))
      return null;
    const fieldsOf = cellFields(header);
    return (cells) => {
      if (!saysMore(header, cells)) return null;
      const fields = fieldsOf(cells);
      return readOpenaiResult(
        fields,
        fields.instant("start_time_iso", "start_time"),
        fields.instant("end_time_iso", "end_time"),
        options,
      );
    };
  },
};

/** False for a bucket in which nothing happened, of which an OpenAI export tells only when it was. */
export function saysMore(header: Cells, cells: Cells): boolean {
  return cells.some(
    (cell, index) =>
      cell.trim() !== "" && !TIME_COLUMNS.includes(header[index] ?? ""),
  );
}
