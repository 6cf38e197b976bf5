/**
 * OpenAI's costs export, cost_<from>_<to>.csv. Promises: as in the usage export, a bucket without costs is a row of times and no record;
 * the names and addresses of people that it holds are not read.
 */
import { cellFields } from "./fields.ts";
import type { CsvFormat } from "./importer.ts";
import { readOpenaiCost } from "./openaiCostRow.ts";
import { saysMore, TIME_COLUMNS } from "./openaiCsv.ts";

const COLUMNS = [...TIME_COLUMNS, "amount_value", "amount_currency"];

export const openaiCostsCsv: CsvFormat = {
  name: "openai_costs_csv",
  expects: `an OpenAI costs export with the columns ${COLUMNS.join(", ")}`,
  recognise: (header, options) => {
    if (!COLUMNS.every((column) => header.includes(column))) return null;
    const fieldsOf = cellFields(header);
    return (cells) => {
      if (!saysMore(header, cells)) return null;
      const fields = fieldsOf(cells);
      return readOpenaiCost(
        fields,
        { value: "amount_value", currency: "amount_currency" },
        fields.instant("start_time_iso", "start_time"),
        fields.instant("end_time_iso", "end_time"),
        options,
      );
    };
  },
};
