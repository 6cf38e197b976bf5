/**
 * What OpenAI's reports have in common as JSON: buckets of Unix times. Promises: a result is read together with the times of its bucket.
 */
import type { Timestamp } from "../../domain/model.ts";
import { Fields } from "./fields.ts";
import { fieldOf } from "./pages.ts";
import type { JsonRecord, PageShape } from "./pages.ts";

export const OPENAI_PAGES: PageShape = {
  start: "start_time",
  isEmptyPage: (page) => page["object"] === "page",
};

/** The fields of a result and the times of its bucket. */
export function bucketFields(bucket: JsonRecord, result: JsonRecord): Fields {
  return new Fields((name) =>
    name === "start_time" || name === "end_time"
      ? bucket[name]
      : fieldOf(result, name),
  );
}

/** When the bucket ends; null when it does not say. */
export function endOf(fields: Fields): Timestamp | null {
  return fields.text("end_time") === null ? null : fields.instant("end_time");
}
