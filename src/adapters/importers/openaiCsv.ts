/**
 * OpenAI's usage export, completions_usage_<from>_<to>.csv. Promises: columns are found by name, in any order; an export of a
 * period without use, which has only its four time columns, is a valid file without rows.
 */
import { cellFields } from "./fields.ts";
import type { CsvFormat } from "./importer.ts";
import { readOpenaiResult } from "./openaiRow.ts";

// Every OpenAI export opens with these; costs and other kinds of usage have them too, but no input_tokens.
const TIME_COLUMNS = [
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
