/** Migration 009 on a database that has usage already: the sums come out as those of the records. */
import { Kysely, PostgresDialect, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pricedAs } from "../../src/adapters/migrations/009-priced-as.ts";
import type { UserId } from "../../src/domain/model.ts";
import { UsageStore } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { record } from "../support/filled.ts";
import { loading } from "../support/loading.ts";
import { expectSameParts, pricedPartsOf } from "../support/pricedParts.ts";

/** The table as the migration before left it. */
const BEFORE = `
alter table usage_sums drop column priced_as, drop column bucketed;
delete from usage_sums;
alter table usage_sums add unique nulls not distinct
  (user_id, sample, at, model, provider, project, feature, tier, measures, priced, billed);`;

const QUERY = {
  period: { from: "2026-10-05T00:00:00Z", to: "2026-10-06T00:00:00Z" },
  time_zone: "UTC",
  filter: {},
};

describe.each(backends)("on $name", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());
  const { load } = loading(() => backend);

  test("usage of several users that was there before is summed by entry, and goes on being", async () => {
    const users = ["one", "two"].map((it) => `${it}-migrated` as UserId);
    const records = [
      record("a", { requests: 1 }),
      record("b", { requests: 5, priced_as: "contract:gpt-*" }),
      record("c", { requests: 0, computed_usd: null, priced_as: null }),
    ];
    for (const user of users) await load(user, [records]);
    const db = new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: backend.pool }),
    });
    await db.transaction().execute(async (trx) => {
      await sql.raw(BEFORE).execute(trx);
      await pricedAs.up(trx as Kysely<unknown>);
    });
    const later = record("d", { requests: 1, computed_usd: 7 });
    for (const user of users) {
      await load(user, [[later]]);
      const parts = await backend.run(
        UsageStore.use((it) => it.pricedParts(user, QUERY)),
      );
      expect(parts).toHaveLength(2);
      expectSameParts(parts, pricedPartsOf([...records, later], QUERY));
    }
  });
});
