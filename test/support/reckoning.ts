/** What a usage store must answer, reckoned by the plainest code there is. Pure. */
import { expect } from "vitest";
import { dayOf } from "../../src/domain/costs/days.ts";
import {
  addTokens,
  NO_TOKENS,
  roundUsd,
  totalTokens,
} from "../../src/domain/costs/money.ts";
import type {
  Dimension,
  NamedDimension,
  PricedRecord,
  Reusable,
} from "../../src/domain/model.ts";
import type {
  Failures,
  Reuse,
  Spread,
  UsageQuery,
  UsageRow,
} from "../../src/domain/ports.ts";

const named = (record: PricedRecord, dimension: NamedDimension) =>
  dimension === "tag"
    ? [...new Set(record.tags)].toSorted().join(", ") || null
    : record[dimension];

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
        (key) => filter[key]?.includes(named(record, key)) ?? true,
      ),
  );
}

/** What a cache could have done, by model, by the plainest code there is. */
export function reuseOf(
  records: readonly PricedRecord[],
  query: Pick<UsageQuery, "period" | "filter">,
): readonly Reuse[] {
  const told = within(records, query).filter((it) => it.reusable);
  return [...Map.groupBy(told, (it) => it.model)].map(([model, group]) => {
    const sum = (of: (it: PricedRecord) => number) =>
      group.reduce((total, it) => total + of(it), 0);
    const uses = (lifetime: keyof Reusable) => ({
      read: sum((it) => it.reusable![lifetime].read),
      written: sum((it) => it.reusable![lifetime].written),
    });
    return {
      model,
      input_tokens: sum(({ tokens }) => totalTokens({ ...tokens, output: 0 })),
      reusable: {
        five_minutes: uses("five_minutes"),
        one_hour: uses("one_hour"),
      },
    };
  });
}

/** Requests that failed, by model, where records tell. */
export function failuresOf(
  records: readonly PricedRecord[],
  query: Pick<UsageQuery, "period" | "filter">,
): readonly Failures[] {
  const told = within(records, query).filter(
    (it) => it.failed_requests !== null,
  );
  return [...Map.groupBy(told, (it) => it.model)].map(([model, group]) => ({
    model,
    requests: group.reduce((total, it) => total + it.requests, 0),
    failed_requests: group.reduce(
      (total, it) => total + (it.failed_requests ?? 0),
      0,
    ),
  }));
}

/** What single requests cost, by model, dearest mean first. */
export function spreadOf(
  records: readonly PricedRecord[],
  query: Pick<UsageQuery, "period" | "filter">,
): readonly Spread[] {
  const single = within(records, query).filter(
    (it) => it.requests === 1 && it.computed_usd !== null,
  );
  return [...Map.groupBy(single, (it) => it.model)]
    .map(([model, group]) => {
      const costs = group
        .map((it) => it.computed_usd!)
        .toSorted((a, b) => a - b);
      const share = (part: number) =>
        costs[Math.ceil(part * costs.length) - 1]!;
      return {
        model,
        requests: costs.length,
        mean_usd: roundUsd(costs.reduce((a, b) => a + b, 0) / costs.length),
        p50_usd: share(0.5),
        p95_usd: share(0.95),
        max_usd: costs.at(-1)!,
      };
    })
    .toSorted((a, b) => b.mean_usd - a.mean_usd);
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
    if (dimension === "hour")
      return new Date(record.at).toLocaleString("en-GB", {
        timeZone: time_zone,
        hour: "2-digit",
        hourCycle: "h23",
      });
    if (dimension !== "day") return named(record, dimension);
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
