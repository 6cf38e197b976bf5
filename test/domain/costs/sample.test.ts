/** The sample is the same for the same seed, priced as a whole, and shows what it is meant to show. */
import { fc, test } from "@fast-check/vitest";
import { Effect, Exit } from "effect";
import { describe, expect, it } from "vitest";
import { importSample } from "../../../src/adapters/importers/index.ts";
import { sampleUsage } from "../../../src/domain/costs/sample.ts";
import { Shelf, USER, run, sumUsd } from "../../adapters/importers/support.ts";

const END = new Date("2026-11-22T09:00:00.000Z");

describe("the sample", () => {
  test.prop(
    [
      fc.integer(),
      fc.date({
        min: new Date("2026-09-01"),
        max: new Date("2030-01-01"),
        noInvalidDate: true,
      }),
    ],
    { numRuns: 15 },
  )(
    "is the same for the same seed and end, covers 60 whole days and holds no impossible count",
    (seed, end) => {
      const records = sampleUsage({ seed, end });
      expect(records).toEqual(sampleUsage({ seed, end }));
      expect(new Set(records.map(({ at }) => at.slice(0, 10))).size).toBe(60);
      expect(records.every(({ at }) => at < end.toISOString())).toBe(true);
      expect(records.map(({ at }) => at)).toEqual(
        records.map(({ at }) => at).toSorted(),
      );
      const counts = records.flatMap(({ requests, tokens }) => [
        requests,
        ...Object.values(tokens),
      ]);
      expect(
        counts.every((count) => Number.isSafeInteger(count) && count >= 0),
      ).toBe(true);
    },
  );

  test.prop([fc.integer({ min: 0, max: 30 })], { numRuns: 10 })(
    "has its one strange day whatever the weekday of its end",
    (days) => {
      const end = new Date(END.getTime() + days * 86_400_000);
      const requests = new Map<string, number>();
      for (const { at, feature, requests: more } of sampleUsage({
        seed: 1,
        end,
      })) {
        if (feature === "support-chat")
          requests.set(
            at.slice(0, 10),
            (requests.get(at.slice(0, 10)) ?? 0) + more,
          );
      }
      const [highest = 0, next = 0] = [...requests.values()].sort(
        (a, b) => b - a,
      );
      expect(highest).toBeGreaterThan(3 * next);
    },
  );

  it("differs by seed", () => {
    expect(sampleUsage({ seed: 1, end: END })).not.toEqual(
      sampleUsage({ seed: 2, end: END }),
    );
  });

  it("is stored once, marked as sample and priced as a whole", async () => {
    const shelf = new Shelf();
    const first = await run(importSample(USER, { seed: 1, end: END }), shelf);
    if (Exit.isFailure(first))
      throw new Error(`the import failed: ${first.cause}`);
    expect(first.value).toMatchObject({
      format: "sample",
      sample: true,
      unpriced_models: [],
      rows: { skipped: 0, duplicate: 0 },
    });
    expect(first.value.rows.kept).toBeGreaterThan(2_000);
    expect(first.value.models).toEqual([
      "claude-haiku-4-5",
      "claude-sonnet-5",
      "gpt-5.4-mini",
      "gpt-5.6-sol",
    ]);
    const again = await run(
      importSample(USER, { seed: 1, end: END }).pipe(
        Effect.map(({ rows }) => rows),
      ),
      shelf,
    );
    expect(again).toMatchObject({
      value: { kept: 0, duplicate: first.value.rows.kept },
    });
  });

  it("shows one day far above the others, quiet weekends and growth", async () => {
    const shelf = new Shelf();
    await run(importSample(USER, { seed: 1, end: END }), shelf);
    const spend = (day: string) =>
      sumUsd(shelf.all.filter(({ at }) => at.startsWith(day)));
    const days = [
      ...new Set(shelf.all.map(({ at }) => at.slice(0, 10))),
    ].sort();
    const byDay = new Map(days.map((day) => [day, spend(day)]));
    const sorted = [...byDay.values()].sort((a, b) => b - a);
    expect(sorted[0]).toBe(byDay.get("2026-11-11"));
    expect(sorted[0]).toBeGreaterThan(1.5 * (sorted[1] ?? 0));
    expect(byDay.get("2026-11-15")).toBeLessThan(
      0.8 * (byDay.get("2026-11-16") ?? 0),
    );
    expect(byDay.get("2026-11-18")).toBeGreaterThan(
      1.2 * (byDay.get("2026-09-23") ?? 0),
    );
  });
});
