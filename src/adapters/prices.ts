/**
 * What usage costs: the list prices of a table, and over them the operator's own contract prices. Promises: a model, a token bucket or a
 * tier without a price makes a record unpriced, never cheap; prices are those of the record's own day; a contract price says that it is one.
 */
import type { PriceCalculation } from "@pydantic/genai-prices";
import { Layer } from "effect";
import { hash } from "node:crypto";
import { limits } from "../domain/limits.ts";
import type { Timestamp, Tokens, UsageRecord } from "../domain/model.ts";
import { PriceBook } from "../domain/ports.ts";
import type { Price } from "../domain/ports.ts";
import { contractFor } from "./contractPrices.ts";
import type { ContractPrice, Rates } from "./contractPrices.ts";
import { isOffered } from "./priceChoices.ts";
import { longContextAbove, requestFee, tokenRates } from "./priceRates.ts";
import { lookupIn, packagedTable } from "./priceTable.ts";
import type { PriceTable } from "./priceTable.ts";
import { tierFactor } from "./priceTiers.ts";
import type { TierFactor } from "./priceTiers.ts";

type Book = PriceBook["Service"];
type Priced = NonNullable<ReturnType<Book["price"]>>;

/** The price book over a table and contract prices, which come in the order in which they are to be tried. */
export function makePriceBook(
  table: PriceTable,
  contracts: readonly ContractPrice[],
): Book {
  const lookup = lookupIn(table);
  const contractOf = rememberingContracts(contracts);
  const find: Book["find"] = (model, provider, at) => {
    const entry = lookup(model, provider, at);
    const list = entry === null ? null : listPrice(entry);
    const contract = contractOf(model, provider, entry, at);
    return contract === null
      ? list
      : contractPrice(contract, list, model, provider);
  };
  return PriceBook.of({
    price_date: table.date,
    version: versionOf(table, contracts),
    find,
    price: (record) => {
      const { model, provider, at } = record;
      const entry = lookup(model, provider, at);
      const contract = contractOf(model, provider, entry, at);
      return contract === null
        ? entry && priceByList(record, entry, record.tier)
        : priceByContract(record, contract, entry);
    },
    alternatives: (model, provider, at) => {
      const entry = lookup(model, provider, at);
      return entry === null ? [] : alternativesTo(entry, at, find);
    },
  });
}

/** The list prices of the bundled table. */
export const priceBook = Layer.sync(PriceBook, () =>
  makePriceBook(packagedTable, []),
);

const VERSION_HEX_DIGITS = 12;

/** Two refreshes of one day may differ, so the day alone does not tell tables apart. */
function versionOf(table: PriceTable, contracts: readonly ContractPrice[]) {
  const terms = JSON.stringify([table.providers, contracts]);
  const digest = hash("sha256", terms, "hex").slice(0, VERSION_HEX_DIGITS);
  return `${table.date} ${digest}`;
}

/** Contract prices begin on a day, so a model's contract is looked for once a day; up to limits.pricesCachedMax are remembered. */
function rememberingContracts(contracts: readonly ContractPrice[]) {
  const known = new Map<string, ContractPrice | null>();
  return (
    model: string,
    provider: string | null,
    entry: PriceCalculation | null,
    at: Timestamp,
  ): ContractPrice | null => {
    if (contracts.length === 0) return null;
    const listed = entry?.provider.id ?? null;
    const day = at.slice(0, "YYYY-MM-DD".length);
    const key = JSON.stringify([model, provider, listed, day]);
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    if (known.size >= limits.pricesCachedMax) known.clear();
    const providers = [provider, listed].filter((it) => it !== null);
    const found = contractFor(contracts, model, providers, at);
    known.set(key, found);
    return found;
  };
}

/** Rates at standard context length; null when the table prices no text tokens, as for speech by the hour. */
function listPrice({
  model,
  provider,
  model_price,
}: PriceCalculation): Price | null {
  const rates = tokenRates(model_price, 0);
  if (rates === null) return null;
  return {
    model: model.id,
    provider: provider.id,
    // A model without a price for output, such as one for embeddings, puts out no tokens.
    usd_per_million: { ...rates, output: rates.output ?? 0 },
    batch_factor: tierFactor("batch", provider.id, model.id, 0)?.rates ?? null,
    long_context_above: longContextAbove(model_price),
    contract: null,
  };
}

/** Null for a share of a list price that there is none of. */
function contractPrice(
  { terms, batch_factor, ...contract }: ContractPrice,
  list: Price | null,
  model: string,
  provider: string | null,
): Price | null {
  if (terms.kind === "rates")
    return {
      model: list?.model ?? model,
      provider: list?.provider ?? provider ?? contract.provider ?? "contract",
      usd_per_million: terms.usd_per_million,
      batch_factor,
      long_context_above: null,
      contract: contract.model,
    };
  if (list === null) return null;
  const { uncached_input, cache_read, cache_write_5m, cache_write_1h, output } =
    list.usd_per_million;
  return {
    ...list,
    usd_per_million: {
      uncached_input: uncached_input * terms.share,
      cache_read: cache_read * terms.share,
      cache_write_5m: cache_write_5m * terms.share,
      cache_write_1h: cache_write_1h * terms.share,
      output: output * terms.share,
    },
    batch_factor: batch_factor ?? list.batch_factor,
    contract: contract.model,
  };
}

/**
 * US dollars of a record by the list: the sum over buckets of tokens × rate × the tier's factor; null when a bucket in use or the tier
 * has no price. A record of one request goes by its own input; how long those of a bucket were is not known: they count as short.
 */
function priceByList(
  record: UsageRecord,
  { model, provider, model_price }: PriceCalculation,
  tier: UsageRecord["tier"],
): Priced | null {
  const { tokens } = record;
  const inputTokens = record.requests === 1 ? inputOf(tokens) : 0;
  const rates = tokenRates(model_price, inputTokens);
  const factor = tierFactor(tier, provider.id, model.id, inputTokens);
  if (rates === null || factor === null) return null;
  if (tokens.output > 0 && rates.output === undefined) return null;
  const all = { ...rates, output: rates.output ?? 0 };
  const usd = usdOf(tokens, all, factor);
  if (usd === null) return null;
  const fees = (record.requests * requestFee(model_price)) / 1_000;
  return { usd: usd + fees * factor.rates, priced_as: model.id };
}

/**
 * US dollars of a record by contract. Its own rates hold for the standard tier, and for batches where it names their factor; a share of
 * the list is taken of the list's price for the tier, or, for batches with a factor, of the standard one. Null where neither says.
 */
function priceByContract(
  record: UsageRecord,
  { model, terms, batch_factor }: ContractPrice,
  entry: PriceCalculation | null,
): Priced | null {
  const isFactored = record.tier === "batch" && batch_factor !== null;
  const factor = isFactored ? batch_factor : 1;
  if (terms.kind === "rates") {
    if (record.tier !== "standard" && !isFactored) return null;
    const tier = { rates: factor, cache_read: factor };
    const usd = usdOf(record.tokens, terms.usd_per_million, tier);
    return usd === null ? null : { usd, priced_as: `contract:${model}` };
  }
  const tier = isFactored ? "standard" : record.tier;
  const list = entry === null ? null : priceByList(record, entry, tier);
  return list === null
    ? null
    : {
        usd: list.usd * terms.share * factor,
        priced_as: `contract:${model} of ${list.priced_as}`,
      };
}

function inputOf(tokens: Tokens): number {
  const { uncached_input, cache_read, cache_write_5m, cache_write_1h } = tokens;
  return uncached_input + cache_read + cache_write_5m + cache_write_1h;
}

/** Null where cache reads are in use and the tier has no factor for them. */
function usdOf(tokens: Tokens, rates: Rates, tier: TierFactor): number | null {
  if (tokens.cache_read > 0 && tier.cache_read === null) return null;
  const read = tokens.cache_read * rates.cache_read * (tier.cache_read ?? 0);
  const others =
    tokens.uncached_input * rates.uncached_input +
    tokens.cache_write_5m * rates.cache_write_5m +
    tokens.cache_write_1h * rates.cache_write_1h +
    tokens.output * rates.output;
  return (read + others * tier.rates) / 1_000_000;
}

/** The other models of the same provider that one could move to, by the price of a million tokens in and a million out. */
function alternativesTo(
  { model, provider }: PriceCalculation,
  at: Timestamp,
  find: Book["find"],
): readonly Price[] {
  const prices = provider.models
    .filter((other) => isOffered(provider.id, other))
    .flatMap((other) => find(other.id, provider.id, at) ?? [])
    .filter((it) => it.model !== model.id && isForText(it))
    .map((it) => [it.model, it] as const);
  return [...new Map(prices).values()].toSorted(
    (a, b) => inAndOut(a) - inAndOut(b),
  );
}

function isForText({ usd_per_million }: Price): boolean {
  return usd_per_million.uncached_input > 0 && usd_per_million.output > 0;
}

function inAndOut({ usd_per_million }: Price): number {
  return usd_per_million.uncached_input + usd_per_million.output;
}
