/** File names of exports: ASCII and bounded, whatever the question was. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { fileNameOf } from "../../../src/domain/export/fileName.ts";
import { exportedOf, HOSTILE, reportAbout } from "../../support/reports.ts";

const nameOf = (question: string) =>
  fileNameOf(exportedOf(reportAbout("a"), { question }), "csv");

describe("fileNameOf", () => {
  test.each([
    ["Analyze my AI costs", "analyze-my-ai-costs-2026-11-24.csv"],
    ["Was kosten Über-Modelle, é?", "was-kosten-uber-modelle-e-2026-11-24.csv"],
    ["コストは？", "report-2026-11-24.csv"],
    ["../../etc/passwd", "etc-passwd-2026-11-24.csv"],
    [
      HOSTILE,
      "script-alert-1-script-x-gnp-exe-a-http-evil-example-2026-11-24.csv",
    ],
  ])("%j is saved as %s", (question, name) => {
    expect(nameOf(question)).toBe(name);
  });

  test.prop([fc.string({ unit: "binary", maxLength: 300 })])(
    "any question is letters, digits and hyphens",
    (question) => {
      expect(nameOf(question)).toMatch(
        /^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?-2026-11-24\.csv$/,
      );
    },
  );

  test("the day is one of the report's time zone", () => {
    const report = { ...reportAbout("a"), time_zone: "Pacific/Auckland" };
    expect(fileNameOf(exportedOf(report), "html")).toBe("a-2026-11-25.html");
  });
});
