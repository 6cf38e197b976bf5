/**
 * The cost file of DeepSeek's usage export, cost-<from>_<to>.csv: one row per day, model and wallet. Promises: every row is a charge in US
 * dollars; an account that pays in yuan has problems instead, since nothing here converts currencies. The amount file beside it, which
 * spreads one bucket over several rows, is not read.
 */
import { CHARGE, inDollars } from "./charge.ts";
import { cellFields } from "./fields.ts";
import type { CsvFormat } from "./importer.ts";

const COLUMNS = ["start_time_iso", "model", "wallet_type", "cost", "currency"];

export const deepseekCostsCsv: CsvFormat = {
  name: "deepseek_costs_csv",
  expects: `a DeepSeek cost export with the columns ${COLUMNS.join(", ")}`,
  recognise: (header, options) => {
    if (!COLUMNS.every((column) => header.includes(column))) return null;
    const fieldsOf = cellFields(header);
    return (cells) => {
      const fields = fieldsOf(cells);
      inDollars(fields, "currency");
      return fields.settle({
        ...CHARGE,
        at: fields.instant("start_time_iso"),
        model: fields.model("model", options.model),
        provider: "deepseek",
        project: null,
        feature: null,
        user: null,
        api_key: null,
        tier: "standard",
        billed_usd: fields.requiredDollars("cost"),
        source_id: {
          kind: "bucket",
          of: [fields.text("end_time_iso"), fields.text("wallet_type")],
        },
      });
    };
  },
};
