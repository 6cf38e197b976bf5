/**
 * List prices from the table that ships with @pydantic/genai-prices; nothing is fetched. Promises: a model, a token bucket or a tier
 * without a price in the table makes a record unpriced, never cheap; prices are those of the record's own day.
 */
import { calcPrice } from "@pydantic/genai-prices";
import type {
  ConditionalPrice,
  PriceCalculation,
} from "@pydantic/genai-prices";
import { Layer } from "effect";
import { limits } from "../domain/limits.ts";
import type { ServiceTier, Timestamp, UsageRecord } from "../domain/model.ts";
import { PriceBook } from "../domain/ports.ts";
import type { Price } from "../domain/ports.ts";
import { isOffered } from "./priceChoices.ts";
import { requestFee, tokenRates } from "./priceRates.ts";

/**
 * The table carries no date of its own, and its newest entries lie in the future (announced prices). What is known is the day on
 * which the pinned version was published to npm; a test holds this against the installed version.
 */
export const priceTable = { version: "0.1.8", date: "2026-09-23" } as const;

/**
 * What a batch costs as a share of the list price, cache reads and writes included.
 * OpenAI: platform.openai.com/docs/guides/batch ("50% cost discount"). Anthropic:
 * platform.claude.com/docs/en/build-with-claude/batch-processing ("50% of the standard API prices"). Others: not known here.
 */
const BATCH_FACTORS: Readonly<Record<string, number>> = {
  openai: 0.5,
  anthropic: 0.5,
};
/** platform.openai.com/docs/guides/flex-processing: flex is billed at batch rates. Priority costs more by model; no table here. */
const FLEX_PROVIDER = "openai";

type Lookup = (
  model: string,
  provider: string | null,
  at: Timestamp,
) => PriceCalculation | null;

/** The price book over the bundled table. It remembers up to limits.pricesCachedMax matches, since matching is slow. */
export const priceBook = Layer.sync(PriceBook, () => {
  const lookup = rememberingLookup();
  const find = (
    model: string,
    provider: string | null,
    at: Timestamp,
  ): Price | null => {
    const entry = lookup(model, provider, at);
    return entry === null ? null : listPrice(entry);
  };
  return PriceBook.of({
    price_date: priceTable.date,
    find,
    price: (record) => {
      const entry = lookup(record.model, record.provider, record.at);
      return entry === null ? null : priceOf(record, entry);
    },
    alternatives: (model, provider, at) => {
      const entry = lookup(model, provider, at);
      return entry === null ? [] : alternativesTo(entry, at, lookup);
    },
  });
});

function rememberingLookup(): Lookup {
  const known = new Map<string, PriceCalculation | null>();
  const remember = (key: string, compute: () => PriceCalculation | null) => {
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    if (known.size >= limits.pricesCachedMax) known.clear();
    const computed = compute();
    known.set(key, computed);
    return computed;
  };
  return (model, provider, at) => {
    const key = JSON.stringify([model, provider]);
    const entry = remember(key, () => match(model, provider, at));
    if (entry === null || !Array.isArray(entry.model.prices)) return entry;
    return remember(`${key} ${stretch(entry.model.prices, at)}`, () =>
      match(model, provider, at),
    );
  };
}

/**
 * The table's entry for a model. Without a provider, names such as `openai/gpt-4o` tell it, as LiteLLM writes them, or else the
 * model's own name does; a provider that the table does not know leaves the model unpriced.
 */
function match(
  model: string,
  provider: string | null,
  at: Timestamp,
): PriceCalculation | null {
  return calcPrice({}, model, {
    providerId: provider ?? "litellm",
    timestamp: new Date(at),
  });
}

/** The longest part of a timestamp in which conditional prices cannot change: its day, unless some depend on the time of day. */
function stretch(prices: readonly ConditionalPrice[], at: Timestamp): string {
  return prices.some(({ constraint }) => constraint?.type === "time_of_date")
    ? at
    : at.slice(0, "YYYY-MM-DD".length);
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
    batch_factor: BATCH_FACTORS[provider.id] ?? null,
  };
}

/**
 * US dollars of a record: the sum over buckets of tokens × rate, times the tier's factor; null when a bucket in use or the tier has
 * no price. A bucket of requests goes by the mean input of one request, and by the short rates where its source counts none.
 */
function priceOf(
  record: UsageRecord,
  { model, provider, model_price }: PriceCalculation,
) {
  const { uncached_input, cache_read, cache_write_5m, cache_write_1h, output } =
    record.tokens;
  const input = uncached_input + cache_read + cache_write_5m + cache_write_1h;
  const rates = tokenRates(
    model_price,
    record.requests === 0 ? 0 : input / record.requests,
  );
  const factor = tierFactor(record.tier, provider.id);
  if (
    rates === null ||
    factor === null ||
    (output > 0 && rates.output === undefined)
  )
    return null;
  const perMillion =
    uncached_input * rates.uncached_input +
    cache_read * rates.cache_read +
    cache_write_5m * rates.cache_write_5m +
    cache_write_1h * rates.cache_write_1h +
    output * (rates.output ?? 0);
  const fees = (record.requests * requestFee(model_price)) / 1_000;
  return { usd: (perMillion / 1_000_000 + fees) * factor, priced_as: model.id };
}

function tierFactor(tier: ServiceTier, provider: string): number | null {
  if (tier === "standard") return 1;
  if (tier === "batch" || (tier === "flex" && provider === FLEX_PROVIDER))
    return BATCH_FACTORS[provider] ?? null;
  return null;
}

/** The other models of the same provider that one could move to, by the price of a million tokens in and a million out. */
function alternativesTo(
  { model, provider }: PriceCalculation,
  at: Timestamp,
  lookup: Lookup,
): readonly Price[] {
  const entries = provider.models
    .filter((other) => isOffered(provider.id, other))
    .map((other) => lookup(other.id, provider.id, at));
  const prices = entries.flatMap((entry) => {
    const price = entry === null ? null : listPrice(entry);
    return price === null || price.model === model.id || !isForText(price)
      ? []
      : [[price.model, price] as const];
  });
  return [...new Map(prices).values()].sort(
    (a, b) => inAndOut(a) - inAndOut(b),
  );
}

function isForText({
  usd_per_million: { uncached_input, output },
}: Price): boolean {
  return uncached_input > 0 && output > 0;
}

function inAndOut({
  usd_per_million: { uncached_input, output },
}: Price): number {
  return uncached_input + output;
}
