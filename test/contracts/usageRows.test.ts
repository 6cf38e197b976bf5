/** What a batch holds is what the database holds afterwards, whatever its texts are and however many of its columns agree. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { UserId } from "../../src/domain/model.ts";
import type { IdentifiedRecord } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { record } from "../support/filled.ts";
import { loading } from "../support/loading.ts";

const COLUMNS = [
  "identity",
  "at",
  "model",
  "provider",
  "project",
  "feature",
  "end_user",
  "api_key",
  "priced_as",
  "tier",
  "requests",
  "uncached_input",
  "cache_read",
  "cache_write_5m",
  "cache_write_1h",
  "output",
  "billed_usd",
  "computed_usd",
  "measures",
  "tags",
  "failed_requests",
  "reusable",
] as const;

const text = fc.oneof(
  fc.constantFrom("", "NULL", '"', "\\", "{a,b}", "two\nlines", "\t", "[]"),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const dollars = fc.constantFrom(0, 1e-9, 0.1, 12.5, 1e21, null);
const anyRecord = fc.record({
  model: text,
  provider: fc.option(text),
  project: fc.option(text),
  feature: fc.option(text),
  user: fc.option(text),
  api_key: fc.option(text),
  priced_as: fc.option(text),
  tier: fc.constantFrom("standard", "batch"),
  requests: count,
  billed_usd: dollars,
  computed_usd: dollars,
  measures: fc.constantFrom("usage", "charge"),
  tags: fc.array(text, { maxLength: 2 }),
  failed_requests: fc.option(count),
});
type Drawn = typeof anyRecord extends fc.Arbitrary<infer A> ? A : never;

/** A few rows that are all like the first, but for some of their columns. */
const anyBatch = fc
  .tuple(
    fc.array(anyRecord, { minLength: 1, maxLength: 6 }),
    fc.subarray<keyof Drawn>(["model", "project", "tags", "billed_usd"]),
  )
  .map(([[first, ...others], varied]) => [
    first!,
    ...others.map((it): Drawn => ({
      ...first!,
      ...Object.fromEntries(varied.map((name) => [name, it[name]])),
    })),
  ]);

describe.each(backends)("UsageStore on $name: rows", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());
  const { load } = loading(() => backend);

  test("a batch is stored as it is", async () => {
    const batches = fc.oneof(anyBatch, fc.array(anyRecord, { minLength: 1 }));
    const property = fc.asyncProperty(batches, async (drawn) => {
      const user = crypto.randomUUID() as UserId;
      const batch = drawn.map((it, index) => record(`${index}`, it));
      await load(user, [batch]);
      expect(await stored(user)).toEqual(batch.map(asStored));
    });
    await fc.assert(property, { numRuns: 60 });
  }, 60_000);

  async function stored(user: UserId): Promise<unknown[]> {
    const { rows } = await backend.pool.query(
      `select ${COLUMNS.join(", ")} from usage_records where user_id = $1 order by identity::int`,
      [user],
    );
    return rows;
  }
});

function asStored(it: IdentifiedRecord) {
  const columns = { ...it, ...it.tokens, end_user: it.user };
  return Object.fromEntries(COLUMNS.map((name) => [name, columns[name]]));
}
