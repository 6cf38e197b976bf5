/**
 * What Anthropic's reports have in common, by API and by Console. Promises: a result is read together with the times of its bucket; columns
 * that came to the Console's exports one after another change nothing about which bucket a row is.
 */
import type { ServiceTier, Timestamp } from "../../domain/model.ts";
import { Fields } from "./fields.ts";
import { fieldOf } from "./pages.ts";
import type { JsonRecord, PageShape } from "./pages.ts";

export const ANTHROPIC_PAGES: PageShape = {
  start: "starting_at",
  isEmptyPage: (page) => "has_more" in page && page["object"] === undefined,
};

/** The fields of a result and the times of its bucket. */
export function bucketFields(bucket: JsonRecord, result: JsonRecord): Fields {
  return new Fields((name) =>
    name === "starting_at" || name === "ending_at"
      ? bucket[name]
      : fieldOf(result, name),
  );
}

/** When the bucket ends; null when it does not say. */
export function endOf(fields: Fields): Timestamp | null {
  return fields.text("ending_at") === null ? null : fields.instant("ending_at");
}

/** Fast mode is sold above the list price, as priority is; without a tier of its own it counts as that, and so as unpriced. */
export function tierOf(fields: Fields, name: string): ServiceTier {
  const tier = fields.tier("batch", name);
  return fields.text("speed") === "fast" ? "priority" : tier;
}

/** What an export says of an ordinary row, in the columns that its elder versions lack. */
const ORDINARY: Readonly<Record<string, readonly string[]>> = {
  usage_type: ["standard", "message"],
  context_window: ["≤ 200k"],
  cost_type: ["token"],
  inference_geo: ["global", "not_available"],
  speed: ["standard"],
};

/** These fields of a Console's row where they are out of the ordinary, so that a new export of an old month is known again. */
export function unusual(
  fields: Fields,
  names: readonly string[],
): (string | null)[] {
  return names.map((name) => {
    const value = fields.text(name);
    return value !== null && ORDINARY[name]?.includes(value) ? null : value;
  });
}
