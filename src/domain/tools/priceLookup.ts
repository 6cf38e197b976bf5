/**
 * price_lookup: prices of models, by contract or list. Promises: prices are those of the asked moment, with the name that matched; a
 * model without a price is said to be unknown.
 */
import { Effect, Schema } from "effect";
import { formatUsdUnit } from "../costs/money.ts";
import { limits } from "../limits.ts";
import { PriceBook } from "../ports.ts";
import type { Price } from "../ports.ts";
import { defineTool } from "./define.ts";

const Parameters = Schema.Struct({
  models: Schema.Array(Schema.String).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(limits.mentionsPerQuestionMax),
  ),
});
type Parameters = typeof Parameters.Type;

export type ListPrice = {
  readonly asked: string;
  readonly model: string;
  readonly provider: string;
  readonly usd_per_million: Price["usd_per_million"];
  /** What the batch tier costs, in percent of the list price; null where there is none. */
  readonly batch_percent: number | null;
  /** The contract entry that sets this price; null for a list price. */
  readonly contract: string | null;
};
export type Prices = {
  readonly price_date: string;
  readonly prices: readonly ListPrice[];
  readonly unknown: readonly string[];
};

export const priceLookup = defineTool({
  name: "price_lookup",
  description:
    "Prices of models, by contract or list, in US dollars per million tokens: input, cached input, cache writes, output, batch.",
  parameters: Parameters,
  run: Effect.fnUntraced(function* (parameters: Parameters, context) {
    const book = yield* PriceBook;
    const at = new Date(context.now).toISOString();
    const found = parameters.models.map((asked) => ({
      asked,
      price: book.find(asked, null, at),
    }));
    return {
      price_date: book.price_date,
      prices: found.flatMap(({ asked, price }) =>
        price === null ? [] : [listPrice(asked, price)],
      ),
      unknown: found
        .filter(({ price }) => price === null)
        .map(({ asked }) => asked),
    };
  }),
  summarize: (result: Prices) => {
    const first = result.prices[0];
    if (first === undefined)
      return `The price list knows none of: ${result.unknown.join(", ")}.`;
    const { uncached_input, output } = first.usd_per_million;
    return `${first.model}: ${formatUsdUnit(uncached_input)} per million input tokens, ${formatUsdUnit(output)} per million output tokens.`;
  },
});

function listPrice(asked: string, price: Price): ListPrice {
  return {
    asked,
    model: price.model,
    provider: price.provider,
    usd_per_million: price.usd_per_million,
    batch_percent:
      price.batch_factor === null ? null : Math.round(price.batch_factor * 100),
    contract: price.contract,
  };
}
