/**
 * What a question's dollars were priced by: which contract and list entries, under which other names, and where the length of requests
 * was not known. Promises: the record's own word counts, as it was priced, not what would be found today; dearest first.
 */
import { roundUsd, sumOf } from "../costs/money.ts";
import { limits } from "../limits.ts";
import type { Timestamp } from "../model.ts";
import type { PriceBook, PricedPart } from "../ports.ts";

export type Pricing = {
  /** US dollars that a contract priced. */
  readonly contract_usd: number;
  /** Models that were priced by an entry of another name: the beginning of theirs, or one that stands for several. */
  readonly priced_as: readonly {
    readonly model: string;
    readonly priced_as: string;
    readonly cost_usd: number;
    readonly tokens: number;
  }[];
  /** How many such there are beyond those listed. */
  readonly priced_as_more: number;
  /**
   * Models whose rates are higher for requests of more input tokens than `above_tokens`, with the tokens that came in buckets of requests,
   * where no length is known: these are priced as short.
   */
  readonly unknown_lengths: readonly {
    readonly model: string;
    readonly tokens: number;
    readonly above_tokens: number;
  }[];
};

export function pricingOf(
  parts: readonly PricedPart[],
  prices: PriceBook["Service"],
  at: Timestamp,
): Pricing {
  const contract = parts.filter((it) => entryNames(it).isContract);
  const renamed = renamedParts(parts);
  return {
    contract_usd: roundUsd(sumOf(contract, (it) => it.computed_usd)),
    priced_as: renamed.slice(0, limits.usageRowsShownMax),
    priced_as_more: Math.max(0, renamed.length - limits.usageRowsShownMax),
    unknown_lengths: unknownLengths(parts, prices, at),
  };
}

const CONTRACT = "contract:";

/** The entries that priced a part: of the contract, of the list, or of both. */
function entryNames({ priced_as }: PricedPart) {
  const isContract = priced_as.startsWith(CONTRACT);
  const names = isContract
    ? priced_as.slice(CONTRACT.length).split(" of ")
    : [priced_as];
  return { isContract, names };
}

function renamedParts(parts: readonly PricedPart[]): Pricing["priced_as"] {
  const renamed = parts.filter((it) =>
    entryNames(it).names.some((name) => !isSameName(name, it.model)),
  );
  const groups = Map.groupBy(renamed, ({ model, priced_as }) =>
    JSON.stringify([model, priced_as]),
  );
  return [...groups.values()]
    .map((group) => ({
      model: group[0]!.model,
      priced_as: group[0]!.priced_as,
      cost_usd: roundUsd(sumOf(group, (it) => it.computed_usd)),
      tokens: group.reduce((sum, it) => sum + it.tokens, 0),
    }))
    .toSorted((a, b) => b.cost_usd - a.cost_usd);
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase().trim() === b.toLowerCase().trim();
}

function unknownLengths(
  parts: readonly PricedPart[],
  prices: PriceBook["Service"],
  at: Timestamp,
): Pricing["unknown_lengths"] {
  const found = parts.flatMap(({ model, provider, bucket_tokens: tokens }) => {
    const above = prices.find(model, provider, at)?.long_context_above ?? null;
    return above === null || tokens === 0
      ? []
      : [{ model, tokens, above_tokens: above }];
  });
  const groups = Map.groupBy(found, ({ model, above_tokens }) =>
    JSON.stringify([model, above_tokens]),
  );
  return [...groups.values()]
    .map((group) => ({
      ...group[0]!,
      tokens: group.reduce((sum, it) => sum + it.tokens, 0),
    }))
    .toSorted((a, b) => b.tokens - a.tokens)
    .slice(0, limits.usageRowsShownMax);
}
