/**
 * Pages of a provider's reporting API as saved to a file: a page, a bucket, a list of these, or JSON Lines of any of them. OpenAI and
 * Anthropic write them alike. Promises: a result that cannot be read is named by its place in the document, and the others are kept;
 * a bucket without results is nothing, not a problem.
 */
import { isProblem } from "./importer.ts";
import type { Reading } from "./importer.ts";

export type JsonRecord = Readonly<Record<string, unknown>>;
interface Placed {
  readonly place: string;
  readonly value: unknown;
}

/** What tells a provider's pages from other JSON. */
export interface PageShape {
  /** The field of a bucket that holds its start. */
  readonly start: string;
  /** True for a page of no buckets at all. */
  readonly isEmptyPage: (page: JsonRecord) => boolean;
}

/**
 * The first result of the document, by which its report is known; undefined when its buckets hold none, so that it may be any
 * report's; null when these are not such pages.
 */
export function firstResult(
  document: unknown,
  { start, isEmptyPage }: PageShape,
): JsonRecord | null | undefined {
  const [first] = listed(document);
  if (!isRecord(first)) return null;
  const buckets = placedBuckets(document);
  const [bucket] = buckets;
  if (bucket === undefined) return isEmptyPage(first) ? undefined : null;
  if (!isBucket(bucket.value) || bucket.value[start] === undefined) return null;
  for (const { value } of buckets) {
    if (!isBucket(value) || value.results.length === 0) continue;
    const [result] = value.results;
    return isRecord(result) ? result : null;
  }
  return undefined;
}

/** Reads every result of every bucket. */
export function readPages(
  document: unknown,
  readResult: (bucket: JsonRecord, result: JsonRecord) => Reading,
): readonly Reading[] {
  return placedBuckets(document).flatMap(({ place, value }) =>
    isBucket(value)
      ? value.results.map((result, index) =>
          placed(
            `${place}results[${index}]: `,
            isRecord(result)
              ? readResult(value, result)
              : { problem: "is not an object" },
          ),
        )
      : [{ problem: `${place}results is not a list` }],
  );
}

/** The value of a bucket's or result's field; `a.b` is the field `b` of the object under `a`. */
export function fieldOf(record: JsonRecord, name: string): unknown {
  const [outer = "", inner] = name.split(".");
  const value = record[outer];
  if (inner === undefined) return value;
  return isRecord(value) ? value[inner] : undefined;
}

function placed(place: string, reading: Reading): Reading {
  return isProblem(reading)
    ? { problem: `${place}${reading.problem}` }
    : reading;
}

/** The document's buckets; what is neither a page nor a bucket is among them, to be named by its place. */
function placedBuckets(document: unknown): readonly Placed[] {
  return listed(document).flatMap((value, index) =>
    bucketsOf({ place: Array.isArray(document) ? `[${index}].` : "", value }),
  );
}

function listed(document: unknown): readonly unknown[] {
  return Array.isArray(document) ? document : [document];
}

function bucketsOf({ place, value }: Placed): readonly Placed[] {
  if (!isRecord(value) || !Array.isArray(value["data"]))
    return [{ place, value }];
  return value["data"].map((bucket: unknown, index) => ({
    place: `${place}data[${index}].`,
    value: bucket,
  }));
}

function isBucket(
  value: unknown,
): value is JsonRecord & { readonly results: readonly unknown[] } {
  return isRecord(value) && Array.isArray(value["results"]);
}

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
