/**
 * The prices that an operator has agreed with a provider, read from a file of theirs. Promises: a file is taken whole or refused with
 * the entry and the field that does not fit; which entry counts for a model at a moment depends on the entries alone, not on their order
 * unless two are equal in everything that decides.
 */
import { Data, Effect, Result, Schema, SchemaIssue } from "effect";
import { readFile } from "node:fs/promises";
import { limits } from "../domain/limits.ts";
import type { Timestamp, Tokens } from "../domain/model.ts";

export class ContractRefused extends Data.TaggedError("ContractRefused")<{
  readonly problem: string;
}> {
  override get message(): string {
    return this.problem;
  }
}

/** US dollars per million tokens of each bucket. */
export type Rates = { readonly [Bucket in keyof Tokens]: number };

export interface ContractPrice {
  /** A model's name as records write it, or the beginning of names with a `*` after it. */
  readonly model: string;
  /** Null: whoever provides it. */
  readonly provider: string | null;
  /** The first day it holds, YYYY-MM-DD in UTC; null: always. */
  readonly from: string | null;
  readonly terms:
    | { readonly kind: "rates"; readonly usd_per_million: Rates }
    /** What is left of the list price, 0 to 1. */
    | { readonly kind: "share_of_list"; readonly share: number };
  /** The share of these prices that the batch tier costs; null where the contract does not say. */
  readonly batch_factor: number | null;
}

const Rate = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0));
const Named = Schema.String.check(Schema.isNonEmpty());

const Entry = Schema.Struct({
  model: Named.check(
    Schema.makeFilter((it: string) => /^[^*]*\*?$/.test(it), {
      message: "may have a * at its end only",
    }),
  ),
  provider: Schema.optionalKey(Named),
  from: Schema.optionalKey(
    Schema.String.check(
      Schema.makeFilter(isDay, { message: "is not a day, such as 2026-07-01" }),
    ),
  ),
  usd_per_million: Schema.optionalKey(
    Schema.Struct({
      uncached_input: Rate,
      cache_read: Schema.optionalKey(Rate),
      cache_write_5m: Schema.optionalKey(Rate),
      cache_write_1h: Schema.optionalKey(Rate),
      output: Rate,
    }),
  ),
  discount_percent: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
  ),
  batch_factor: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
  ),
});
type Entry = typeof Entry.Type;

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return (
    !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text
  );
}

/** The entries of a file, in the order in which they are to be tried. */
export function readContractPrices(
  path: string,
): Effect.Effect<readonly ContractPrice[], ContractRefused> {
  return Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: () => new ContractRefused({ problem: `${path} cannot be read` }),
  }).pipe(
    Effect.flatMap((text) =>
      Effect.try({
        try: () => JSON.parse(text) as unknown,
        catch: () => new ContractRefused({ problem: `${path} is not JSON` }),
      }),
    ),
    Effect.flatMap(parseContractPrices),
  );
}

export function parseContractPrices(
  document: unknown,
): Effect.Effect<readonly ContractPrice[], ContractRefused> {
  if (!Array.isArray(document))
    return refused("must hold a JSON array of entries");
  if (document.length > limits.contractPricesMax)
    return refused(
      `has ${document.length} entries, over ${limits.contractPricesMax}`,
    );
  return Effect.map(Effect.forEach(document, parseEntry), (entries) =>
    entries.toReversed().toSorted(bySayFirst),
  );
}

function parseEntry(
  value: unknown,
  index: number,
): Effect.Effect<ContractPrice, ContractRefused> {
  const name = nameOf(value, index);
  const decoded = Schema.decodeUnknownResult(Entry, {
    onExcessProperty: "error",
  })(value);
  if (Result.isFailure(decoded))
    return refused(`${name}${whatDoesNotFit(decoded.failure.issue)}`);
  const terms = termsOf(decoded.success);
  if (terms === null)
    return refused(
      `${name}: needs either usd_per_million or discount_percent, and not both`,
    );
  const { model, provider, from, batch_factor } = decoded.success;
  return Effect.succeed({
    model,
    terms,
    provider: provider ?? null,
    from: from ?? null,
    batch_factor: batch_factor ?? null,
  });
}

/** Entries are counted from one, as people count. */
function nameOf(value: unknown, index: number): string {
  const model = (value as { readonly model?: unknown } | null)?.model;
  return `entry ${index + 1}${typeof model === "string" ? ` (${model})` : ""}`;
}

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1();

function whatDoesNotFit(issue: SchemaIssue.Issue): string {
  const first = formatIssue(issue).issues[0];
  const path = (first?.path ?? [])
    .map((it) => String(typeof it === "object" ? it.key : it))
    .join(".");
  return `${path === "" ? "" : `, ${path}`}: ${first?.message ?? "does not fit"}`;
}

const refused = (problem: string) =>
  Effect.fail(new ContractRefused({ problem }));

/** A cache write or read that the contract does not name costs what input costs, as with list prices. */
function termsOf(entry: Entry): ContractPrice["terms"] | null {
  const { usd_per_million: given, discount_percent: discount } = entry;
  if (given !== undefined && discount === undefined) {
    const { uncached_input, output } = given;
    const cache_write_5m = given.cache_write_5m ?? uncached_input;
    return {
      kind: "rates",
      usd_per_million: {
        uncached_input,
        cache_read: given.cache_read ?? uncached_input,
        cache_write_5m,
        cache_write_1h: given.cache_write_1h ?? cache_write_5m,
        output,
      },
    };
  }
  if (given === undefined && discount !== undefined)
    return { kind: "share_of_list", share: 1 - discount / 100 };
  return null;
}

/** The newest first; of equally new ones the more exact name, then the one that names a provider, then the later in the file. */
function bySayFirst(a: ContractPrice, b: ContractPrice): number {
  return (
    (b.from ?? "").localeCompare(a.from ?? "") ||
    exactness(b) - exactness(a) ||
    Number(b.provider !== null) - Number(a.provider !== null)
  );
}

function exactness({ model }: ContractPrice): number {
  return model.endsWith("*") ? model.length - 1 : Number.MAX_SAFE_INTEGER;
}

/** The first of the entries, in their order, that holds for a model at a moment; letter case does not matter. */
export function contractFor(
  entries: readonly ContractPrice[],
  model: string,
  /** What is known of who provides it: the record's own word, and the price list's. */
  providers: readonly string[],
  at: Timestamp,
): ContractPrice | null {
  const day = at.slice(0, "YYYY-MM-DD".length);
  const named = model.toLowerCase().trim();
  const known = providers.map((it) => it.toLowerCase());
  return (
    entries.find(
      (it) =>
        (it.from === null || it.from <= day) &&
        isNamed(it.model.toLowerCase(), named) &&
        (it.provider === null || known.includes(it.provider.toLowerCase())),
    ) ?? null
  );
}

function isNamed(pattern: string, name: string): boolean {
  return pattern.endsWith("*")
    ? name.startsWith(pattern.slice(0, -1))
    : name === pattern;
}
