/**
 * The price table of @pydantic/genai-prices and which entry of it a model is priced by. Promises: several tables may be in use in one
 * process, and each lookup is answered by its own; prices are those of the asked day.
 */
import { calcPrice, updatePrices, waitForUpdate } from "@pydantic/genai-prices";
import type {
  ConditionalPrice,
  PriceCalculation,
  Provider,
} from "@pydantic/genai-prices";
import { limits } from "../domain/limits.ts";
import type { Timestamp } from "../domain/model.ts";

export interface PriceTable {
  /** The day whose prices these are, YYYY-MM-DD. */
  readonly date: string;
  readonly providers: readonly Provider[];
}

/**
 * The bundled table carries no date of its own, and its newest entries lie in the future (announced prices). What is known is the day
 * on which the pinned version was published to npm; a test holds this against the installed version.
 */
export const packaged = { version: "0.1.8", date: "2026-09-23" } as const;

export const packagedTable: PriceTable = {
  date: packaged.date,
  providers: (await waitForUpdate()) ?? [],
};

export type Lookup = (
  model: string,
  provider: string | null,
  at: Timestamp,
) => PriceCalculation | null;

/** Finds entries of a table. It remembers up to limits.pricesCachedMax matches, since matching is slow. */
export function lookupIn(table: PriceTable): Lookup {
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
    const entry = remember(key, () => match(table, model, provider, at));
    if (entry === null || !Array.isArray(entry.model.prices)) return entry;
    return remember(`${key} ${stretch(entry.model.prices, at)}`, () =>
      match(table, model, provider, at),
    );
  };
}

/**
 * The table's entry for a model. Without a provider, names such as `openai/gpt-4o` tell it, as LiteLLM writes them, or else the
 * model's own name does; a provider that the table does not know leaves the model unpriced.
 */
function match(
  table: PriceTable,
  model: string,
  provider: string | null,
  at: Timestamp,
): PriceCalculation | null {
  activate(table);
  return calcPrice({}, model, {
    providerId: provider ?? "litellm",
    timestamp: new Date(at),
  });
}

let active: PriceTable = packagedTable;

/** The package holds one table for the whole process: whoever looks something up puts its own in before. Throws on one that is malformed. */
export function activate(table: PriceTable): void {
  if (active === table) return;
  updatePrices(({ setProviderData }) => setProviderData([...table.providers]));
  active = table;
}

/** The longest part of a timestamp in which conditional prices cannot change: its day, unless some depend on the time of day. */
function stretch(prices: readonly ConditionalPrice[], at: Timestamp): string {
  return prices.some(({ constraint }) => constraint?.type === "time_of_date")
    ? at
    : at.slice(0, "YYYY-MM-DD".length);
}
