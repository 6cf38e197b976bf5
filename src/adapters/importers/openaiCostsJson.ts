/**
 * OpenAI's costs API as saved to a file. Promises: every result is a charge in US dollars, and one in another currency is a problem.
 */
import type { JsonFormat, Reading, ReadingOptions } from "./importer.ts";
import { readOpenaiCost } from "./openaiCostRow.ts";
import { bucketFields, endOf, OPENAI_PAGES } from "./openaiPages.ts";
import { firstResult, readPages } from "./pages.ts";
import type { JsonRecord } from "./pages.ts";

export const openaiCostsJson: JsonFormat = {
  name: "openai_costs_json",
  expects:
    'pages of OpenAI\'s costs API: {"object": "page", "data": [{"start_time", "results": [{"amount": {"value", "currency"}}]}]}',
  recognise: (first, options) => {
    const result = firstResult(first, OPENAI_PAGES);
    if (!result || !isOpenaiCost(result)) return null;
    return (document) =>
      readPages(document, (bucket, it) =>
        readOpenaiCostResult(bucket, it, options),
      );
  },
};

export function isOpenaiCost(result: JsonRecord): boolean {
  return "amount" in result && !("input_tokens" in result);
}

export function readOpenaiCostResult(
  bucket: JsonRecord,
  result: JsonRecord,
  options: ReadingOptions,
): Reading {
  const fields = bucketFields(bucket, result);
  return readOpenaiCost(
    fields,
    { value: "amount.value", currency: "amount.currency" },
    fields.instant("start_time"),
    endOf(fields),
    options,
  );
}
