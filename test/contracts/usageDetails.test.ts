/** The UsageStore port, what only some records tell: input that repeats, and requests that failed. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { UserId } from "../../src/domain/model.ts";
import { UsageStore } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { record } from "../support/filled.ts";
import { loading } from "../support/loading.ts";
import { failuresOf, reuseOf, spreadOf } from "../support/reckoning.ts";
import { anyQuery, anyRecord } from "../support/usageArbitraries.ts";

describe.each(backends)("UsageStore on $name: details", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const { load } = loading(() => backend);
  const byModel = <Row extends { readonly model: string }>(
    rows: readonly Row[],
  ) => rows.toSorted((a, b) => (a.model < b.model ? -1 : 1));

  test("equal independent sums over any records, filter and period, and leave out who tells nothing", async () => {
    const property = fc.asyncProperty(
      fc.array(anyRecord, { maxLength: 30 }),
      fc.array(anyQuery, { minLength: 1, maxLength: 3 }),
      async (given, queries) => {
        const user = crypto.randomUUID() as UserId;
        const records = given.map((it, index) => record(`${index}`, it));
        await load(user, [records]);
        for (const { period, filter } of queries) {
          const query = { period, filter };
          const read = UsageStore.use((it) => it.reuse(user, query));
          expect(byModel(await backend.run(read))).toEqual(
            byModel(reuseOf(records, query)),
          );
          const spread = UsageStore.use((it) => it.spread(user, query));
          expect(byModel(await backend.run(spread))).toEqual(
            byModel(spreadOf(records, query)).map((it) => ({
              ...it,
              mean_usd: expect.closeTo(it.mean_usd, 5),
            })),
          );
          const failed = UsageStore.use((it) => it.failures(user, query));
          expect(byModel(await backend.run(failed))).toEqual(
            byModel(failuresOf(records, query)),
          );
        }
      },
    );
    await fc.assert(property, { numRuns: 30 });
  }, 60_000);
});
