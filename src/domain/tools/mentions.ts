/**
 * Names as a person writes them ("sonnet", "Checkout") matched to the names that records have. Promises: matching ignores case; a
 * model may be named by part of its name; what matches nothing is reported with the names there are.
 */
import { Effect } from "effect";
import type { DayRange } from "../costs/days.ts";
import { toPeriod } from "../costs/days.ts";
import type { ToolFailed } from "../errors.ts";
import { limits } from "../limits.ts";
import type { NamedDimension, UserId } from "../model.ts";
import type { UsageFilter, UsageStore } from "../ports.ts";
import type { Mention } from "./parameters.ts";
import { aggregate } from "./usage.ts";

export type Unmatched = {
  readonly dimension: NamedDimension;
  readonly name: string;
  /** Names there are, dearest first. */
  readonly known: readonly string[];
};

export type Matched = {
  readonly filter: UsageFilter;
  readonly unmatched: readonly Unmatched[];
};

/** The filter that the mentions mean. Asks the data once for each dimension mentioned, over all its days. */
export const matchMentions = Effect.fnUntraced(function* (
  user: UserId,
  asked: { readonly mentions: readonly Mention[]; readonly time_zone: string },
  data: DayRange | null,
): Effect.fn.Return<Matched, ToolFailed, UsageStore> {
  const filter: { [D in NamedDimension]?: readonly (string | null)[] } = {};
  const unmatched: Unmatched[] = [];
  if (data === null) return { filter, unmatched };
  const period = toPeriod(data, asked.time_zone);
  for (const mention of asked.mentions) {
    const rows = yield* aggregate(user, {
      period,
      time_zone: asked.time_zone,
      group_by: [mention.dimension],
    });
    const known = rows.map((row) => row.keys[0] ?? null);
    const { keys, missing } = matchNames(mention, known);
    const allowed = filter[mention.dimension];
    filter[mention.dimension] =
      allowed === undefined
        ? keys
        : keys.filter((key) => allowed.includes(key));
    unmatched.push(
      ...missing.map((name) => ({
        dimension: mention.dimension,
        name,
        known: namesShown(known),
      })),
    );
  }
  return { filter, unmatched };
});

/** The keys that a mention means among those known, and its names that mean none. */
export function matchNames(
  mention: Mention,
  known: readonly (string | null)[],
): {
  readonly keys: readonly (string | null)[];
  readonly missing: readonly string[];
} {
  const found = mention.names.map((name) => ({
    name,
    keys: keysFor(name, mention.dimension, known),
  }));
  const named = new Set(found.flatMap(({ keys }) => keys));
  return {
    keys: known.filter((key) => named.has(key) !== mention.exclude),
    missing: found
      .filter(({ keys }) => keys.length === 0)
      .map(({ name }) => name),
  };
}

/** Exact matches if there are any; for a model, else those that its parts occur in. */
function keysFor(
  name: string,
  dimension: NamedDimension,
  known: readonly (string | null)[],
): readonly (string | null)[] {
  const wanted = normalize(name);
  const exact = known.filter(
    (key) => key !== null && normalize(key) === wanted,
  );
  if (exact.length > 0 || dimension !== "model") return exact;
  const dated = known.filter(
    (key) =>
      key !== null &&
      normalize(key).replace(/-(\d{4}-?\d\d-?\d\d|\d{4}|latest)$/, "") ===
        wanted,
  );
  if (dated.length > 0) return dated;
  const parts = wanted.split("-");
  return known.filter(
    (key) => key !== null && hasParts(normalize(key).split("-"), parts),
  );
}

function hasParts(
  parts: readonly string[],
  wanted: readonly string[],
): boolean {
  return wanted.every((part) => parts.includes(part));
}

/** Lower case; every run of other characters than letters and digits is one hyphen, and a leading vendor is dropped. */
function normalize(name: string): string {
  return name
    .toLowerCase()
    .slice(name.lastIndexOf("/") + 1)
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
}

function namesShown(known: readonly (string | null)[]): readonly string[] {
  return known
    .filter((key) => key !== null)
    .slice(0, limits.knownNamesShownMax);
}
