/** By which entry records were priced, by the plainest code there is, and the comparison of a store's answer with it. */
import { expect } from "vitest";
import { totalTokens } from "../../src/domain/costs/money.ts";
import type { PricedRecord } from "../../src/domain/model.ts";
import type { PricedPart, UsageQuery } from "../../src/domain/ports.ts";
import { within } from "./reckoning.ts";

export function pricedPartsOf(
  records: readonly PricedRecord[],
  query: Pick<UsageQuery, "period" | "filter">,
): readonly PricedPart[] {
  const priced = within(records, query).filter(
    (record) => record.computed_usd !== null && record.priced_as !== null,
  );
  const groups = Map.groupBy(priced, ({ model, provider, priced_as }) =>
    JSON.stringify([model, provider, priced_as]),
  );
  const tokensOf = (part: readonly PricedRecord[]) =>
    part.reduce((sum, record) => sum + totalTokens(record.tokens), 0);
  return [...groups.values()]
    .map((group) => ({
      model: group[0]!.model,
      provider: group[0]!.provider,
      priced_as: group[0]!.priced_as!,
      tokens: tokensOf(group),
      computed_usd: group.reduce((sum, it) => sum + it.computed_usd!, 0),
      bucket_tokens: tokensOf(group.filter((it) => it.requests !== 1)),
    }))
    .toSorted((a, b) => b.computed_usd - a.computed_usd);
}

/** The same parts with the same sums, in any order. */
export function expectSameParts(
  got: readonly PricedPart[],
  wanted: readonly PricedPart[],
): void {
  const keyed = (parts: readonly PricedPart[]) =>
    new Map(
      parts.map(({ model, provider, priced_as, ...sums }) => [
        JSON.stringify([model, provider, priced_as]),
        sums,
      ]),
    );
  const found = keyed(got);
  expect(found.size).toBe(got.length);
  const expected = [...keyed(wanted)].map(
    ([key, { computed_usd, ...counts }]) =>
      [
        key,
        { ...counts, computed_usd: expect.closeTo(computed_usd, 5) },
      ] as const,
  );
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
}
