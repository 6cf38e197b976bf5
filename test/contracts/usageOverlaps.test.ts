/** The UsageStore port over overlapping imports: the newest content of a record counts, older comes back, and sums follow. */
import type { Effect } from "effect";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ImportId, UserId } from "../../src/domain/model.ts";
import { UsageStore } from "../../src/domain/ports.ts";
import type { IdentifiedRecord } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { record } from "../support/filled.ts";
import { loading } from "../support/loading.ts";
import { expectSameParts, pricedPartsOf } from "../support/pricedParts.ts";
import { anyQuery, anyRecord } from "../support/usageArbitraries.ts";
import { aggregateRecords, expectSameRows } from "../support/reckoning.ts";

describe.each(backends)("UsageStore on $name: overlaps", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const use = <A, E>(
    work: (store: UsageStore["Service"]) => Effect.Effect<A, E>,
  ) => backend.run(UsageStore.use(work));
  const { load, remove } = loading(() => backend);

  test("after any imports, overlaps and removals the newest import's content counts, and sums are those of what is there", async () => {
    const few = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), anyRecord);
    const step = fc.oneof(
      { weight: 2, arbitrary: few },
      { weight: 1, arbitrary: fc.nat() },
    );
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 8 }),
      fc.array(anyQuery, { minLength: 1, maxLength: 3 }),
      async (steps, queries) => {
        const user = crypto.randomUUID() as UserId;
        const present: { id: ImportId; records: IdentifiedRecord[] }[] = [];
        for (const it of steps) {
          if (typeof it === "number") {
            const [gone] = present.splice(it % Math.max(1, present.length), 1);
            if (gone !== undefined) await remove(user, gone.id);
            continue;
          }
          const records = Object.entries(it).map(([identity, more]) =>
            record(identity, more),
          );
          const { id } = await load(user, [records]);
          present.push({ id, records });
        }
        const counting = new Map(
          present.flatMap(({ records }) =>
            records.map((it) => [it.identity, it] as const),
          ),
        );
        const rows = [...counting.values()];
        expect((await use((it) => it.coverage(user))).records).toBe(
          rows.length,
        );
        for (const query of queries) {
          expectSameRows(
            await use((it) => it.aggregate(user, query)),
            aggregateRecords(rows, query),
          );
          expectSameParts(
            await use((it) => it.pricedParts(user, query)),
            pricedPartsOf(rows, query),
          );
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  }, 120_000);
});
