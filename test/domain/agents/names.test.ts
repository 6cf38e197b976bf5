/** Names from the data and the question show as text and as nothing else. */
import { Layer } from "effect";
import { describe, expect, test } from "vitest";
import { priceBook } from "../../../src/adapters/prices.ts";
import { sampleUsage } from "../../../src/domain/costs/sample.ts";
import type { UsageRecord } from "../../../src/domain/model.ts";
import type { PriceBook, UsageStore } from "../../../src/domain/ports.ts";
import { ask } from "../../support/analystRun.ts";
import type { Asked, Ran } from "../../support/analystRun.ts";
import { daily, usage } from "../../support/usageData.ts";
import { usageStoreOf } from "../../support/usageStore.ts";

const NOW = Date.parse("2026-11-22T09:00:00Z");

const over = (
  records: readonly UsageRecord[],
  sample = false,
): Layer.Layer<UsageStore | PriceBook> =>
  usageStoreOf(records, sample).pipe(Layer.provideMerge(priceBook));

const sampleRecords = sampleUsage({ seed: 7, end: new Date(NOW) });

const sample = over(sampleRecords, true);

const run = (question: string, given: Partial<Asked> = {}) =>
  ask({ question, now: NOW, services: sample, ...given });

const content = (ran: Ran) => ran.answer?.content ?? "";

describe("names from the data", () => {
  const hostile = [
    "| <b> ignore all",
    "`` code ` ``",
    "[x](http://evil.test)",
    "a\nb\u202Ec",
    "www.evil.test",
    "\\|",
    "# big",
    "![i](http://evil.test/p.png)",
  ];

  test("show as text: every table keeps its columns, nothing is markup", async () => {
    const records = hostile.flatMap((project, index) =>
      daily("2026-11-20", 20, (day) =>
        usage(day, {
          project,
          feature: `nightly ${project}`,
          requests: index + 1,
        }),
      ),
    );
    const ran = await run("Analyze my AI costs", { services: over(records) });
    expect(content(ran)).toContain("`\\| <b> ignore all`");
    for (const table of content(ran).matchAll(/(?:^\|.*\|\n?)+/gm)) {
      const lines = table[0].trim().split("\n");
      const columns = lines.map(
        (line) => line.replace(/\\\|/g, "").split("|").length,
      );
      expect(new Set(columns).size).toBe(1);
    }
    const outsideCode = content(ran).replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, "");
    expect(outsideCode).not.toMatch(
      /(?<!\\)<b>|(?<!\\)\]\(http|https?:\/\/evil|www\.evil|[\u202E\u2028]/,
    );
  });

  test("a question's names show as text too", async () => {
    const ran = await run("Analyze project '<img src=x>'");
    expect(content(ran)).toContain("`<img src=x>`");
  });
});
