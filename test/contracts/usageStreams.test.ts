/** The UsageStore port, imports that grow as their records come: one of a name, whose parts add up, until it is removed. */
import { Effect } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ImportId, ImportResult, UserId } from "../../src/domain/model.ts";
import { UsageStore } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { record } from "../support/filled.ts";

const SOURCE = { format: "otlp", file_name: "spans of 2026-11-24" };

describe.each(backends)("UsageStore on $name: streams", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const use = <A, E>(
    work: (store: UsageStore["Service"]) => Effect.Effect<A, E>,
  ) => backend.run(UsageStore.use(work));
  const newUser = () => crypto.randomUUID() as UserId;
  const openOf = (user: UserId, source = SOURCE) =>
    use((it) => it.openStream(user, source));
  const part = (
    import_id: ImportId,
    kept: number,
    day: number,
  ): ImportResult => ({
    import_id,
    format: SOURCE.format,
    sample: false,
    rows: { read: kept + 1, kept, skipped: 1, duplicate: 0 },
    skipped: [{ line: day, reason: "no model" }],
    period: {
      from: new Date(Date.UTC(2026, 10, day)).toISOString(),
      to: new Date(Date.UTC(2026, 10, day + 1)).toISOString(),
    },
    models: [`model-${day}`],
    unpriced_models: [],
  });

  test("a name is one import of its user, however many open it at once; another user or name has another", async () => {
    const [ana, ben] = [newUser(), newUser()];
    const ids = await Promise.all(Array.from({ length: 8 }, () => openOf(ana)));
    expect(new Set(ids).size).toBe(1);
    expect(await openOf(ben)).not.toBe(ids[0]);
    const other = { ...SOURCE, file_name: "spans of 2026-11-25" };
    expect(await openOf(ana, other)).not.toBe(ids[0]);
  });

  test("parts that are added at the same time all count, and grow one result", async () => {
    const user = newUser();
    const id = await openOf(user);
    const days = [20, 3, 11, 7];
    await Promise.all(
      days.map((day) => use((it) => it.addToImport(user, part(id, day, day)))),
    );
    const [found, ...more] = await use((it) => it.listImports(user));
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      import_id: id,
      rows: { read: 41 + 4, kept: 41, skipped: 4, duplicate: 0 },
      period: {
        from: "2026-11-03T00:00:00.000Z",
        to: "2026-11-21T00:00:00.000Z",
      },
      models: days.map((day) => `model-${day}`).toSorted(),
    });
  });

  test("each part makes the data a new version", async () => {
    const user = newUser();
    const id = await openOf(user);
    const version = () => use((it) => it.dataVersion(user));
    const before = await version();
    await use((it) => it.addToImport(user, part(id, 1, 1)));
    expect(await version()).toBeGreaterThan(before);
  });

  test("what is removed stays removed: a part that comes later says nothing, and its name can be begun again", async () => {
    const user = newUser();
    const id = await openOf(user);
    await use((it) => it.saveRecords(user, id, [record("one", {})]));
    await use((it) => it.addToImport(user, part(id, 1, 1)));
    await use((it) => it.removeImport(user, id));
    await use((it) => it.addToImport(user, part(id, 5, 2)));
    expect(await use((it) => it.listImports(user))).toEqual([]);
    expect((await use((it) => it.coverage(user))).records).toBe(0);
    expect(await openOf(user)).toBe(id);
    await use((it) => it.addToImport(user, part(id, 2, 3)));
    expect(await use((it) => it.listImports(user))).toMatchObject([
      { rows: { kept: 2 } },
    ]);
  });
});
