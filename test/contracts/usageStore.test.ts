/** The UsageStore port: sums against the plainest arithmetic over random records, and what imports add, share and take away. */
import { Effect, Result } from "effect";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { UserId } from "../../src/domain/model.ts";
import { UsageStore } from "../../src/domain/ports.ts";
import type { UsageQuery } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { record } from "../support/filled.ts";
import { anyQuery, anyRecord } from "../support/usageArbitraries.ts";
import { loading } from "../support/loading.ts";
import { aggregateRecords, expectSameRows } from "../support/reckoning.ts";
import { expectSameParts, pricedPartsOf } from "../support/pricedParts.ts";

describe.each(backends)("UsageStore on $name", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const use = <A, E>(
    work: (store: UsageStore["Service"]) => Effect.Effect<A, E>,
  ) => backend.run(UsageStore.use(work));
  const newUser = () => crypto.randomUUID() as UserId;
  const coverage = (user: UserId) => use((it) => it.coverage(user));

  const { load, remove } = loading(() => backend);

  test("sums equal independent ones over any records, grouping, filter, period and zone", async () => {
    const property = fc.asyncProperty(
      fc.array(anyRecord, { maxLength: 40 }),
      fc.array(anyQuery, { minLength: 1, maxLength: 4 }),
      async (given, queries) => {
        const user = newUser();
        const records = given.map((it, index) => record(`${index}`, it));
        await load(user, [records]);
        for (const query of queries) {
          const rows = await use((it) => it.aggregate(user, query));
          expectSameRows(rows, aggregateRecords(records, query));
          const parts = await use((it) => it.pricedParts(user, query));
          expectSameParts(parts, pricedPartsOf(records, query));
        }
      },
    );
    await fc.assert(property, { numRuns: 40 });
  }, 60_000);

  test("rows come dearest first", async () => {
    const user = newUser();
    const records = [3, 9, 1].map((usd) =>
      record(`${usd}`, { model: `m${usd}`, computed_usd: usd }),
    );
    await load(user, [records]);
    const rows = await use((it) =>
      it.aggregate(user, { ...DAY, group_by: ["model"] }),
    );
    expect(rows.map((it) => it.keys[0])).toEqual(["m9", "m3", "m1"]);
  });

  test("a day is a day of the zone, over the end of summer time", async () => {
    const user = newUser();
    const hours = [
      "2026-10-24T21:59:59.999Z",
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T22:59:59.999Z",
      "2026-10-25T23:00:00.000Z",
    ];
    await load(user, [hours.map((at) => record(at, { at, requests: 1 }))]);
    const rows = await use((it) =>
      it.aggregate(user, {
        period: { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" },
        time_zone: "Europe/Berlin",
        group_by: ["day"],
        filter: {},
      }),
    );
    const days = rows.map((it) => [it.keys[0], it.requests]);
    expect(days.toSorted()).toEqual([
      ["2026-10-24", 1],
      ["2026-10-25", 2],
      ["2026-10-26", 1],
    ]);
  });

  test.each([
    ["Asia/Kolkata", "2026-10-20T18:29:59.999Z", "2026-10-20T18:30:00.000Z"],
    ["Asia/Kathmandu", "2026-10-20T18:14:59.999Z", "2026-10-20T18:15:00.000Z"],
  ])(
    "days of %s begin where they do, not at a whole hour",
    async (time_zone, before, after) => {
      const user = newUser();
      await load(user, [[before, after].map((at) => record(at, { at }))]);
      const rows = await use((it) =>
        it.aggregate(user, {
          period: { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" },
          time_zone,
          group_by: ["day"],
          filter: {},
        }),
      );
      expect(rows.map((it) => it.keys[0]).toSorted()).toEqual([
        "2026-10-20",
        "2026-10-21",
      ]);
    },
  );

  test("an identity counts once, within a batch, between batches and across imports", async () => {
    const user = newUser();
    const [a, b, c] = ["a", "b", "c"].map((it) => record(it));
    const first = await load(user, [
      [a!, b!, a!],
      [b!, c!],
    ]);
    expect(first.saved).toEqual([
      { kept: 2, duplicate: 1 },
      { kept: 1, duplicate: 1 },
    ]);
    const again = await load(user, [[a!, b!, c!]]);
    expect(again.saved).toEqual([{ kept: 0, duplicate: 3 }]);
    expect((await coverage(user)).records).toBe(3);
  });

  test("removing an import keeps the rows that another one brought, until that goes too", async () => {
    const user = newUser();
    const [a, b] = [record("a"), record("b")];
    const first = await load(user, [[a, b]]);
    const second = await load(user, [[b]]);
    await remove(user, first.id);
    expect((await coverage(user)).records).toBe(1);
    await remove(user, second.id);
    expect(await coverage(user)).toMatchObject({
      records: 0,
      first: null,
      last: null,
      models: [],
    });
    const gone = await remove(user, second.id);
    expect(Result.isFailure(gone) && gone.failure._tag).toBe("ImportNotFound");
  });

  test("nobody removes another user's import", async () => {
    const user = newUser();
    const { id } = await load(user, [[record("a")]]);
    expect(Result.isFailure(await remove(newUser(), id))).toBe(true);
    expect((await coverage(user)).records).toBe(1);
  });

  test("sample rows count only while there is nothing else", async () => {
    const user = newUser();
    const sample = [record("s", { model: "sampled", computed_usd: 7 })];
    await load(user, [sample], true);
    expect(await coverage(user)).toMatchObject({ records: 1, sample: true });
    const real = await load(user, [[record("r", { computed_usd: 2 })]]);
    expect(await coverage(user)).toMatchObject({
      records: 1,
      sample: false,
      models: ["gpt-4o"],
    });
    const [sum] = await use((it) => it.aggregate(user, DAY));
    expect(sum?.computed_usd).toBe(2);
    await remove(user, real.id);
    expect(await coverage(user)).toMatchObject({ records: 1, sample: true });
  });

  test("data_version grows with every change, and unpriced models are named", async () => {
    const user = newUser();
    const version = async () => {
      const { data_version } = await coverage(user);
      expect(await use((it) => it.dataVersion(user))).toBe(data_version);
      return data_version;
    };
    const versions = [await version()];
    const first = await load(user, [[record("a", { computed_usd: null })]]);
    expect((await coverage(user)).unpriced_models).toEqual(["gpt-4o"]);
    versions.push(await version());
    await load(user, [[record("b")]]);
    versions.push(await version());
    // A batch that is in is seen by the next question, whether or not its import is ever finished.
    const id = await use((it) =>
      it.beginImport(user, { format: "plain", sample: false, file_name: null }),
    );
    await use((it) => it.saveRecords(user, id, [record("c")]));
    versions.push(await version());
    await remove(user, first.id);
    versions.push(await version());
    for (const [index, version] of versions.slice(1).entries())
      expect(version).toBeGreaterThan(versions[index]!);
  });
});

const DAY: UsageQuery = {
  period: { from: "2026-10-05T00:00:00Z", to: "2026-10-06T00:00:00Z" },
  time_zone: "UTC",
  group_by: [],
  filter: {},
};
