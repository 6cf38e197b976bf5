/**
 * OpenAI's usage API as saved to a file. Promises: every result of the usage report becomes a record; where a file opens with buckets
 * without results, which are the same in every report, and turns out to be of costs, these are read as such.
 */
import type { JsonFormat, Reading, ReadingOptions } from "./importer.ts";
import { isOpenaiCost, readOpenaiCostResult } from "./openaiCostsJson.ts";
import { bucketFields, endOf, OPENAI_PAGES } from "./openaiPages.ts";
import { readOpenaiResult } from "./openaiRow.ts";
import { firstResult, readPages } from "./pages.ts";
import type { JsonRecord } from "./pages.ts";

export const openaiJson: JsonFormat = {
  name: "openai_usage_json",
  expects:
    'pages of OpenAI\'s usage API: {"object": "page", "data": [{"start_time", "results": [{"model", "input_tokens", "output_tokens"}]}]}',
  recognise: (first, options) => {
    const result = firstResult(first, OPENAI_PAGES);
    if (result === null || (result && !("input_tokens" in result))) return null;
    return (document) =>
      readPages(document, (bucket, it) => readResult(bucket, it, options));
  },
};

function readResult(
  bucket: JsonRecord,
  result: JsonRecord,
  options: ReadingOptions,
): Reading {
  if (isOpenaiCost(result))
    return readOpenaiCostResult(bucket, result, options);
  const fields = bucketFields(bucket, result);
  return readOpenaiResult(
    fields,
    fields.instant("start_time"),
    endOf(fields),
    options,
  );
}
