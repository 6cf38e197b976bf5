/**
 * Plain CSV with a header: one row per request or per bucket of requests. Columns that mean nothing here, prompts and completions
 * among them, are never read. Promises: `input_tokens` is taken to include `cached_tokens` and `cache_write_tokens`, except under
 * Anthropic's own names; `cost` is what was billed, in US dollars; a row without `requests` is one request.
 */
import { ImportRefused } from "../../domain/errors.ts";
import type { Tokens } from "../../domain/model.ts";
import { cellFields } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { refuse } from "./importer.ts";
import type { CsvFormat, Reading, ReadingOptions } from "./importer.ts";
import {
  findColumns,
  inputLeavesCacheOut,
  PLAIN_COLUMNS,
} from "./plainColumns.ts";
import type { ColumnNames, PlainColumn } from "./plainColumns.ts";

const NEEDED = [
  "timestamp",
  "input_tokens",
  "output_tokens",
] as const satisfies readonly PlainColumn[];
const EXPECTS =
  "CSV with the columns timestamp, model, input_tokens and output_tokens, optionally " +
  PLAIN_COLUMNS.filter(
    (column) =>
      column !== "model" && !NEEDED.some((needed) => needed === column),
  ).join(", ") +
  "; other names can be mapped";

export const plainCsv: CsvFormat = {
  name: "csv",
  expects: EXPECTS,
  recognise: (header, options) => {
    const columns = findColumns(header, options.columnMap);
    if (columns instanceof ImportRefused) return columns;
    const missing = NEEDED.filter((column) => columns[column] === undefined);
    // One column that fits may be chance; with more, the file is one of these and the person wants to know what it lacks.
    if (missing.length === NEEDED.length) return null;
    if (missing.length > 0)
      return refuse(
        `The file has no column for ${missing.join(", ")}`,
        EXPECTS,
      );
    if (columns.model === undefined && options.model === undefined) {
      return refuse(
        "The file names no model",
        "a column model, or the model given with --model",
      );
    }
    const fieldsOf = cellFields(header);
    const names = namesOf(columns);
    const cacheIncluded = !inputLeavesCacheOut(columns);
    return (cells) => readPlain(fieldsOf(cells), names, cacheIncluded, options);
  },
};

type Names = Readonly<Record<PlainColumn, string>>;

/** The file's name of every column; a column that it lacks keeps ours, under which no row has a value. */
function namesOf(columns: ColumnNames): Names {
  const ours = Object.fromEntries(
    PLAIN_COLUMNS.map((column) => [column, column]),
  ) as Record<PlainColumn, string>;
  return { ...ours, ...columns };
}

function readPlain(
  fields: Fields,
  names: Names,
  cacheIncluded: boolean,
  options: ReadingOptions,
): Reading {
  const currency = fields.text(names.currency);
  if (currency !== null && currency.toUpperCase() !== "USD")
    fields.fail("the cost is not in US dollars");
  const id = fields.text(names.request_id);
  return fields.settle({
    at: fields.instant(names.timestamp),
    model: fields.model(names.model, options.model),
    provider: fields.text(names.provider),
    project: fields.text(names.project),
    feature: fields.text(names.feature),
    user: fields.text(names.user),
    api_key: fields.text(names.api_key),
    tier: fields.tier(names.batch, names.tier),
    requests:
      fields.text(names.requests) === null ? 1 : fields.count(names.requests),
    tokens: readTokens(fields, names, cacheIncluded),
    billed_usd: fields.dollars(names.cost),
    source_id: id === null ? { kind: "row" } : { kind: "request", id },
  });
}

function readTokens(
  fields: Fields,
  names: Names,
  cacheIncluded: boolean,
): Tokens {
  const input = fields.requiredCount(names.input_tokens);
  const cache = {
    cache_read: fields.count(names.cached_tokens),
    cache_write_5m: fields.count(names.cache_write_tokens),
    cache_write_1h: fields.count(names.cache_write_1h_tokens),
  };
  const included = cacheIncluded
    ? cache.cache_read + cache.cache_write_5m + cache.cache_write_1h
    : 0;
  if (included > input)
    fields.fail(
      `cached tokens are more than ${names.input_tokens}, which includes them`,
    );
  return {
    uncached_input: input - included,
    ...cache,
    output: fields.requiredCount(names.output_tokens),
  };
}
