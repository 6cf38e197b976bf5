/**
 * OpenAI's usage API as saved to a file: a page, a bucket, a list of these, or JSON Lines of any of them.
 * Promises: a result that cannot be read is named by its place in the document, and the others are kept.
 */
import { Fields } from "./fields.ts";
import { isProblem } from "./importer.ts";
import type { JsonFormat, Reading, ReadingOptions } from "./importer.ts";
import { readOpenaiResult } from "./openaiRow.ts";

type JsonRecord = Readonly<Record<string, unknown>>;
interface Placed {
  readonly place: string;
  readonly value: unknown;
}

export const openaiJson: JsonFormat = {
  name: "openai_usage_json",
  expects:
    'pages of OpenAI\'s usage API: {"object": "page", "data": [{"start_time", "results": [{"model", "input_tokens", "output_tokens"}]}]}',
  recognise: (first, options) =>
    isUsage(first) ? (document) => readDocument(document, options) : null,
};

/** True when the first bucket, and its first result, are of this report and not of another one, such as costs. */
function isUsage(document: unknown): boolean {
  const [first] = listed(document);
  if (!isRecord(first)) return false;
  if (
    first["object"] === "page" &&
    Array.isArray(first["data"]) &&
    first["data"].length === 0
  )
    return true;
  const bucket = bucketsOf({ place: "", value: first })[0]?.value;
  if (
    !isRecord(bucket) ||
    !Array.isArray(bucket["results"]) ||
    bucket["start_time"] === undefined
  )
    return false;
  const [result] = bucket["results"];
  return result === undefined || (isRecord(result) && "input_tokens" in result);
}

function readDocument(
  document: unknown,
  options: ReadingOptions,
): readonly Reading[] {
  return listed(document)
    .flatMap((value, index) =>
      bucketsOf({ place: Array.isArray(document) ? `[${index}].` : "", value }),
    )
    .flatMap((bucket) => readBucket(bucket, options));
}

function listed(document: unknown): readonly unknown[] {
  return Array.isArray(document) ? document : [document];
}

/** The buckets of a page, or the bucket itself. */
function bucketsOf({ place, value }: Placed): readonly Placed[] {
  if (!isRecord(value) || !Array.isArray(value["data"]))
    return [{ place, value }];
  return value["data"].map((bucket: unknown, index) => ({
    place: `${place}data[${index}].`,
    value: bucket,
  }));
}

function readBucket(
  { place, value }: Placed,
  options: ReadingOptions,
): readonly Reading[] {
  if (!isRecord(value) || !Array.isArray(value["results"]))
    return [{ problem: `${place}results is not a list` }];
  return value["results"].map((result: unknown, index) => {
    const reading = readResult(value, result, options);
    return isProblem(reading)
      ? { problem: `${place}results[${index}]: ${reading.problem}` }
      : reading;
  });
}

function readResult(
  bucket: JsonRecord,
  result: unknown,
  options: ReadingOptions,
): Reading {
  if (!isRecord(result)) return { problem: "is not an object" };
  const fields = new Fields((name) =>
    name === "start_time" || name === "end_time" ? bucket[name] : result[name],
  );
  const until =
    fields.text("end_time") === null ? null : fields.instant("end_time");
  return readOpenaiResult(fields, fields.instant("start_time"), until, options);
}

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
