/** Adding a part to an import's result. */
import { expect, test } from "vitest";
import { addResult } from "../../src/domain/importResults.ts";
import { limits } from "../../src/domain/limits.ts";
import type { ImportId, ImportResult } from "../../src/domain/model.ts";

const part = (more: Partial<ImportResult>): ImportResult => ({
  import_id: "i" as ImportId,
  format: "f",
  sample: false,
  rows: { read: 0, kept: 0, skipped: 0, duplicate: 0 },
  skipped: [],
  period: null,
  models: [],
  unpriced_models: [],
  ...more,
});

test("counts add up, names stand once, the period covers both", () => {
  const sum = addResult(
    part({
      rows: { read: 4, kept: 1, skipped: 1, duplicate: 2 },
      period: { from: "2026-10-02", to: "2026-10-03" },
      models: ["b"],
    }),
    part({
      rows: { read: 1, kept: 1, skipped: 0, duplicate: 0 },
      period: { from: "2026-10-01", to: "2026-10-02" },
      models: ["a", "b"],
      unpriced_models: ["a"],
    }),
  );
  expect(sum).toEqual(
    part({
      rows: { read: 5, kept: 2, skipped: 1, duplicate: 2 },
      period: { from: "2026-10-01", to: "2026-10-03" },
      models: ["a", "b"],
      unpriced_models: ["a"],
    }),
  );
  expect(addResult(part({}), sum).period).toEqual(sum.period);
});

test("what is listed stays bounded", () => {
  const skipped = Array.from({ length: limits.importSkippedReported }, () => ({
    line: 1,
    reason: "r",
  }));
  const sum = addResult(part({ skipped }), part({ skipped }));
  expect(sum.skipped).toHaveLength(limits.importSkippedReported);
});
