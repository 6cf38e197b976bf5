/**
 * A UsageStore over an array: the questions the cost tools ask, answered by the plainest code there is. Promises: groups exactly as the
 * port says, days by the query's time zone; importing is not its job.
 */
import { Effect, Layer } from "effect";
import { expect } from "vitest";
import { dayOf } from "../../src/domain/costs/days.ts";
import {
  addTokens,
  NO_TOKENS,
  totalTokens,
} from "../../src/domain/costs/money.ts";
import { ServiceUnavailable } from "../../src/domain/errors.ts";
import type {
  Dimension,
  ImportResult,
  PricedRecord,
  UsageRecord,
} from "../../src/domain/model.ts";
import { PriceBook, UsageStore } from "../../src/domain/ports.ts";
import type { Coverage, UsageQuery, UsageRow } from "../../src/domain/ports.ts";
import { pricedPartsOf } from "./pricedParts.ts";

/** A store that holds these records, priced by the price book in place. */
export function usageStoreOf(
  records: readonly UsageRecord[],
  sample = false,
): Layer.Layer<UsageStore, never, PriceBook> {
  return Layer.effect(
    UsageStore,
    PriceBook.use((prices) => {
      const priced = records.map((record) => {
        const price = prices.price(record);
        return {
          ...record,
          computed_usd: price?.usd ?? null,
          priced_as: price?.priced_as ?? null,
        };
      });
      return Effect.succeed(storeOver(priced, sample));
    }),
  );
}

/** A store whose database never answers. */
export const absentUsageStore = Layer.succeed(
  UsageStore,
  unsupported({
    coverage: () => away,
    dataVersion: () => away,
    aggregate: () => away,
    pricedParts: () => away,
  }),
);

const away = Effect.fail(
  new ServiceUnavailable({ service: "database", cause: "test" }),
);

function storeOver(
  records: readonly PricedRecord[],
  sample: boolean,
): UsageStore["Service"] {
  return unsupported({
    coverage: () => Effect.succeed(coverageOf(records, sample)),
    dataVersion: () => Effect.succeed(1),
    aggregate: (_user, query) =>
      Effect.succeed(aggregateRecords(records, query)),
    pricedParts: (_user, query) =>
      Effect.succeed(pricedPartsOf(records, query)),
  });
}

function unsupported(
  part: Pick<
    UsageStore["Service"],
    "coverage" | "dataVersion" | "aggregate" | "pricedParts"
  >,
): UsageStore["Service"] {
  const refuse = () => Effect.die("not a part of this store");
  return UsageStore.of({
    beginImport: refuse,
    saveRecords: refuse,
    finishImport: refuse,
    openStream: refuse,
    addToImport: refuse,
    listImports: () => Effect.succeed<readonly ImportResult[]>([]),
    removeImport: refuse,
    ...part,
  });
}

function coverageOf(
  records: readonly PricedRecord[],
  sample: boolean,
): Coverage {
  const times = records.map((record) => record.at).toSorted();
  return {
    records: records.length,
    first: times[0] ?? null,
    last: times.at(-1) ?? null,
    models: [...new Set(records.map((record) => record.model))].toSorted(),
    unpriced_models: [
      ...new Set(
        records
          .filter((record) => record.computed_usd === null)
          .map((record) => record.model),
      ),
    ],
    sample,
    data_version: 1,
  };
}

/** The sums a query asks for, by the plainest code there is. */
export function aggregateRecords(
  records: readonly PricedRecord[],
  query: UsageQuery,
): readonly UsageRow[] {
  const { group_by, time_zone } = query;
  const wanted = within(records, query);
  const days = new Map<string, string>();
  const keyOf = (record: PricedRecord, dimension: Dimension) => {
    if (dimension !== "day") return record[dimension];
    const day = days.get(record.at) ?? dayOf(record.at, time_zone);
    days.set(record.at, day);
    return day;
  };
  const groups = Map.groupBy(wanted, (record) =>
    JSON.stringify(group_by.map((dimension) => keyOf(record, dimension))),
  );
  return [...groups]
    .map(([keys, group]) => rowOf(JSON.parse(keys) as (string | null)[], group))
    .toSorted((a, b) => b.computed_usd - a.computed_usd);
}

/** The records of a query's period and filter. */
export function within(
  records: readonly PricedRecord[],
  { period, filter }: Pick<UsageQuery, "period" | "filter">,
): readonly PricedRecord[] {
  return records.filter(
    (record) =>
      Date.parse(record.at) >= Date.parse(period.from) &&
      Date.parse(record.at) < Date.parse(period.to) &&
      (Object.keys(filter) as (keyof typeof filter)[]).every(
        (key) => filter[key]?.includes(record[key]) ?? true,
      ),
  );
}

function rowOf(
  keys: readonly (string | null)[],
  group: readonly PricedRecord[],
): UsageRow {
  const named = group.filter((record) => record.billed_usd !== null);
  const charges = named.filter((record) => record.measures === "charge");
  const billed = charges.length > 0 ? charges : named;
  const tokensOf = (part: readonly PricedRecord[]) =>
    part.reduce((sum, record) => sum + totalTokens(record.tokens), 0);
  return {
    keys,
    requests: group.reduce((sum, record) => sum + record.requests, 0),
    tokens: group.reduce(
      (sum, record) => addTokens(sum, record.tokens),
      NO_TOKENS,
    ),
    computed_usd: group.reduce(
      (sum, record) => sum + (record.computed_usd ?? 0),
      0,
    ),
    billed_usd:
      billed.length === 0
        ? null
        : billed.reduce((sum, record) => sum + (record.billed_usd ?? 0), 0),
    unpriced_tokens: tokensOf(
      group.filter((record) => record.computed_usd === null),
    ),
    batch_tokens: tokensOf(group.filter((record) => record.tier === "batch")),
  };
}

/** The same groups with the same sums, in any order. */
export function expectSameRows(
  got: readonly UsageRow[],
  wanted: readonly UsageRow[],
): void {
  const byKeys = (rows: readonly UsageRow[]) =>
    new Map(rows.map((row) => [JSON.stringify(row.keys), row]));
  const found = byKeys(got);
  expect(found.size).toBe(got.length);
  expect([...found.keys()].toSorted()).toEqual(
    [...byKeys(wanted).keys()].toSorted(),
  );
  for (const { keys, computed_usd, billed_usd, ...counts } of wanted) {
    const row = found.get(JSON.stringify(keys))!;
    expect(row).toMatchObject(counts);
    expect(row.computed_usd).toBeCloseTo(computed_usd, 5);
    if (billed_usd === null) expect(row.billed_usd).toBeNull();
    else expect(row.billed_usd).toBeCloseTo(billed_usd, 5);
  }
}
