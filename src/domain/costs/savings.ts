/**
 * What spending less would look like: a cheaper model, a prompt cache, the batch tier. Promises: a saving never exceeds the spend it
 * affects; low ≤ high; what the data cannot tell is a scenario of assumptions.ts and is called one.
 */
import type { Tokens } from "../model.ts";
import type { Price } from "../ports.ts";
import { assumptions } from "./assumptions.ts";
import { sumOf } from "./money.ts";

export type UsdPerMillion = Price["usd_per_million"];

const MILLION = 1e6;

/** List price of tokens in US dollars. */
export function priceOf(tokens: Tokens, price: UsdPerMillion): number {
  return (
    (tokens.uncached_input * price.uncached_input +
      tokens.cache_read * price.cache_read +
      tokens.cache_write_5m * price.cache_write_5m +
      tokens.cache_write_1h * price.cache_write_1h +
      tokens.output * price.output) /
    MILLION
  );
}

/** Scales what a period of so many days saw to a month of assumptions.monthDays. */
export function perMonth(usd: number, days: number): number {
  return (usd * assumptions.monthDays) / days;
}

/**
 * The share of spend that the same tokens would no longer cost at another model's list price; negative where it is dearer, null where
 * the tokens cost nothing. A ratio of list prices, so that discounts already in the spend (batch) are kept.
 */
export function swapSavingShare(
  tokens: Tokens,
  from: UsdPerMillion,
  to: UsdPerMillion,
): number | null {
  const now = priceOf(tokens, from);
  return now <= 0 ? null : 1 - priceOf(tokens, to) / now;
}

/** What one tier of a model's work consists of, and what it cost in US dollars. */
export type TierSpend = { readonly tokens: Tokens; readonly usd: number };

/**
 * The same for work of several tiers, each with its own discount: the tiers' shares weighted by what each cost, as if each were repriced alone.
 * Null where nothing was spent.
 */
export function swapSavingShareOf(
  tiers: readonly TierSpend[],
  from: UsdPerMillion,
  to: UsdPerMillion,
): number | null {
  const spent = sumOf(tiers, ({ usd }) => usd);
  if (spent <= 0) return null;
  const saved = sumOf(
    tiers,
    ({ tokens, usd }) => usd * (swapSavingShare(tokens, from, to) ?? 0),
  );
  return saved / spent;
}

/**
 * The next step down: of the same family's models of no older version, the dearest that still saves at least
 * assumptions.swapSavingShareMin on these tokens. Judged by price alone; null where there is none.
 */
export function nextModelDown(
  model: string,
  tokens: Tokens,
  from: Price,
  alternatives: readonly Price[],
): Price | null {
  const own = versionOf(model);
  const fitting = alternatives
    .map((price) => ({ price, version: versionOf(price.model) }))
    .filter(
      ({ price, version }) =>
        isGeneralText(price.model) &&
        isSameFamily(version, own) &&
        version.number >= own.number,
    )
    .map(({ price, version }) => ({
      price,
      version,
      share:
        swapSavingShare(tokens, from.usd_per_million, price.usd_per_million) ??
        0,
    }))
    .filter(({ share }) => share >= assumptions.swapSavingShareMin && share < 1)
    .toSorted(
      (a, b) =>
        a.share - b.share ||
        b.version.number - a.version.number ||
        (a.price.model < b.price.model ? -1 : 1),
    );
  return fitting[0]?.price ?? null;
}

type Version = { readonly family: string; readonly number: number };

/** "claude-opus-4-1-20250805" is claude 4.1; "gpt-4o-mini" gpt 4; "o3-mini" o 3. Numbers of three digits and more are dates. */
function versionOf(model: string): Version {
  const name = model.toLowerCase().slice(model.lastIndexOf("/") + 1);
  const family = /[a-z]+/.exec(name)?.[0] ?? name;
  const digits = /(?<![0-9])(\d{1,2})(?:[.-](\d{1,2}))?(?![0-9])/.exec(name);
  return {
    family,
    number: digits === null ? 0 : Number(`${digits[1]}.${digits[2] ?? 0}`),
  };
}

function isSameFamily(a: Version, b: Version): boolean {
  return a.family === b.family;
}

/** Models made for sound, pictures, search or code only are no substitute for a general one. */
function isGeneralText(model: string): boolean {
  return !/audio|image|tts|transcri|realtime|live|voice|search|research|embed|ocr|vision|guard|codex|omni|instruct|preview|:free|chat-latest/.test(
    model.toLowerCase(),
  );
}

export type CacheScenario = {
  readonly hitShare: number;
  readonly readsPerWrite: number;
};

/** Whether the list gives cached input a discount at all. */
export function hasCacheDiscount(price: UsdPerMillion): boolean {
  return price.cache_read > 0 && price.cache_read < price.uncached_input;
}

/**
 * What a prompt cache would save in US dollars when a share h of today's uncached input is read back, each written block r times:
 * T·h·[(p_in − p_read) − (p_write − p_in)/r]. From the providers' price rule that a write costs p_write once and every read p_read.
 * Providers without a write price charge none.
 */
export function cacheSaving(
  uncachedInputTokens: number,
  price: UsdPerMillion,
  scenario: CacheScenario,
): number {
  const gain =
    price.uncached_input -
    price.cache_read -
    writePremium(price) / scenario.readsPerWrite;
  return (uncachedInputTokens * scenario.hitShare * gain) / MILLION;
}

/** Reads that a written block needs before caching it pays: (p_write − p_in) / (p_in − p_read). 0 where writing costs nothing extra. */
export function breakEvenReads(price: UsdPerMillion): number {
  return writePremium(price) / (price.uncached_input - price.cache_read);
}

/**
 * What the cache has already saved, writes' premium taken off, in US dollars; negative where it cost more than it brought. What the tier cost,
 * in parts of the list price, holds for its reads and writes too: in a batch a read saves half as much.
 */
export function cachePaidOff(
  { tokens, usd }: TierSpend,
  price: UsdPerMillion,
): number {
  const list = priceOf(tokens, price);
  return list <= 0 ? 0 : paidOffAtList(tokens, price) * (usd / list);
}

function paidOffAtList(tokens: Tokens, price: UsdPerMillion): number {
  const reads = tokens.cache_read * (price.uncached_input - price.cache_read);
  const writes =
    tokens.cache_write_5m * premium(price.cache_write_5m, price) +
    tokens.cache_write_1h * premium(price.cache_write_1h, price);
  return (reads - writes) / MILLION;
}

/** What a written token costs on top of being read in, for blocks that live five minutes. */
function writePremium(price: UsdPerMillion): number {
  return premium(price.cache_write_5m, price);
}

function premium(writePrice: number, price: UsdPerMillion): number {
  return Math.max(0, writePrice - price.uncached_input);
}

const CAN_WAIT =
  /(?:^|[^a-z])(?:batch|nightly|daily|weekly|monthly|offline|backfill\w*|evals?|evaluations?|benchmarks?|etl|cron|scheduled|digests?|reports?|reporting|index(?:ing|er)?|archiv\w*|bulk|enrichment|labell?ing|annotation|summari[sz]ation|summaries|dataset|synthetic)(?:$|[^a-z])/;

/** The word in a project's or feature's name that says its work can wait; null where the name says nothing. */
export function saysItCanWait(name: string): string | null {
  const spaced = name.replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();
  return CAN_WAIT.exec(spaced)?.[0].replace(/[^a-z]/g, "") ?? null;
}
