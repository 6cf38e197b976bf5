/**
 * Takes spans as an exporter sends them, request by request. Promises: they are read, priced and identified as those of a file are; the
 * spans of a day (UTC, by arrival) are one import, which can be removed as a whole; what is sent again adds nothing.
 */
import { Clock, Effect } from "effect";
import type { ServiceUnavailable } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type { ImportResult, UserId } from "../../domain/model.ts";
import { PriceBook, UsageStore } from "../../domain/ports.ts";
import { isProblem } from "./importer.ts";
import type { Reading } from "./importer.ts";
import { pricedRecord } from "./index.ts";
import { identifier } from "./identity.ts";
import { otlpJson } from "./otlpJson.ts";
import { Tally } from "./tally.ts";

export interface SpansTaken {
  /** Requests that could not be read, and the first one's reason. */
  readonly rejected: number;
  readonly reason: string | null;
}

/** Imports the requests among the spans of one export; null when the document is none. Sent again after a failure, it adds what is missing. */
export const takeSpans = Effect.fn("takeSpans")(function* (
  user: UserId,
  document: unknown,
): Effect.fn.Return<
  SpansTaken | null,
  ServiceUnavailable,
  UsageStore | PriceBook
> {
  const reader = otlpJson.recognise(document, {});
  if (typeof reader !== "function") return null;
  const readings = reader(document);
  if (readings.length > 0) yield* keep(user, readings);
  const problems = readings.filter(isProblem);
  return { rejected: problems.length, reason: problems[0]?.problem ?? null };
});

const keep = Effect.fnUntraced(function* (
  user: UserId,
  readings: readonly Reading[],
): Effect.fn.Return<void, ServiceUnavailable, UsageStore | PriceBook> {
  const usage = yield* UsageStore;
  const prices = yield* PriceBook;
  const now = yield* Clock.currentTimeMillis;
  const day = new Date(now).toISOString().slice(0, "YYYY-MM-DD".length);
  const tally = new Tally();
  const identify = identifier();
  const records = readings.flatMap((reading) => {
    if (isProblem(reading)) {
      tally.skip(1, reading.problem);
      return [];
    }
    const record = pricedRecord(reading, prices, identify);
    tally.add(record);
    return [record];
  });
  const id = yield* usage.openStream(user, {
    format: otlpJson.name,
    file_name: `spans of ${day}`,
  });
  for (let at = 0; at < records.length; at += limits.importBatchRows)
    tally.saved(
      yield* usage.saveRecords(
        user,
        id,
        records.slice(at, at + limits.importBatchRows),
      ),
    );
  const part: ImportResult = {
    import_id: id,
    format: otlpJson.name,
    sample: false,
    ...tally.result(),
  };
  yield* usage.addToImport(user, part);
});
