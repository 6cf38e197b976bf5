/** The UsageStore port, sums that are asked for again: they are of the data as it is now, whatever came or went in between, and of their user. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type { UserId } from "../../src/domain/model.ts";
import { UsageStore } from "../../src/domain/ports.ts";
import type { UsageQuery } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { record } from "../support/filled.ts";
import { loading } from "../support/loading.ts";

const QUERY: UsageQuery = {
  period: { from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" },
  time_zone: "UTC",
  group_by: ["model"],
  filter: {},
};

describe.each(backends)("UsageStore on $name: asked again", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const { load, remove } = loading(() => backend);
  const ask = (user: UserId, query = QUERY) =>
    backend.run(UsageStore.use((it) => it.aggregate(user, query)));
  const newUser = () => crypto.randomUUID() as UserId;

  test("the same question over the same data is answered without a new look", async () => {
    const user = newUser();
    await load(user, [[record("a")]]);
    expect(await ask(user)).toBe(await ask(user));
  });

  test("what came or went since shows at once, to its user alone", async () => {
    const [user, other] = [newUser(), newUser()];
    const requests = async (of: UserId) =>
      (await ask(of)).reduce((sum, it) => sum + it.requests, 0);
    const one = record("a", { requests: 1 });
    await load(other, [[one]]);
    expect([await requests(user), await requests(other)]).toEqual([0, 1]);
    const first = await load(user, [[one]]);
    expect(await requests(user)).toBe(1);
    await load(user, [[record("b", { requests: 2 })]]);
    expect(await requests(user)).toBe(3);
    await remove(user, first.id);
    expect([await requests(user), await requests(other)]).toEqual([2, 1]);
  });

  test("after a large import the database knows how large its tables are", async () => {
    const count = limits.analyzedRowsMin;
    const records = Array.from({ length: count }, (_, at) => record(`${at}`));
    const { id } = await load(newUser(), [records]);
    expect(id).toBeDefined();
    const { rows } = await backend.pool.query(
      "select reltuples::int as known from pg_class where relname = 'usage_records'",
    );
    expect(rows[0].known).toBeGreaterThanOrEqual(count);
  });

  test("each part of a question tells it from another", async () => {
    const user = newUser();
    const at = "2026-03-01T23:30:00.000Z";
    await load(user, [[record("a", { at, model: "m", project: "p" })]]);
    const answers = await Promise.all(
      [
        QUERY,
        { ...QUERY, group_by: ["project"] as const },
        { ...QUERY, group_by: ["day"] as const },
        { ...QUERY, group_by: ["day"] as const, time_zone: "Asia/Tokyo" },
        { ...QUERY, filter: { project: ["q"] } },
        { ...QUERY, period: { ...QUERY.period, to: "2026-02-01T00:00:00Z" } },
      ].map((query) => ask(user, query)),
    );
    expect(answers.map((rows) => rows.map((it) => it.keys[0]))).toEqual([
      ["m"],
      ["p"],
      ["2026-03-01"],
      ["2026-03-02"],
      [],
      [],
    ]);
  });
});
