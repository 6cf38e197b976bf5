/** The questions that people ask by name: each is answered in the first words after the sample's label, from figures that have a source. */
import { describe, expect, test } from "vitest";
import {
  content,
  expectSourced,
  reportOf,
  run,
} from "../../support/analyst.ts";

const BUDGET = {
  time_zone: "UTC",
  week_start: "monday" as const,
  budgets: [{ monthly_usd: 600, scope: null }],
};

/** The first words, and what must stand somewhere. */
const NAMED: readonly (readonly [string, RegExp, readonly RegExp[]])[] = [
  [
    "Why did cost jump on November 11?",
    /^You spent \*\*\$143\.80\*\* on 11 Nov 2026 .*: \*\*\+\d/,
    [/claude-sonnet-5/, /comes from the number of requests/],
  ],
  ["What burns the most?", /^Model `gpt-5\.6-sol` costs the most: /, []],
  ["How much did we spend in October?", /^You spent \*\*\$/, []],
  [
    "What does a request cost?",
    /^That bought .* per thousand requests\./,
    [/You spent/],
  ],
  [
    "Is caching paying off?",
    /^\*\*20\.3%\*\* of input comes from the cache, and it has saved/,
    [],
  ],
  [
    "What can be batched?",
    /^By their name these can probably wait: `nightly-summaries`/,
    [],
  ],
  [
    "When do we hit the budget?",
    /^The budget of \$600\.00 .* \*\*used up on 10 Nov 2026\*\*/,
    [/80% interval/, /Tried on \d+ past days/],
  ],
  [
    "Is this an invoice or an estimate?",
    /^\*\*This is an estimate, not an invoice\*\*/,
    [/list prices of \d{4}-\d\d-\d\d/],
  ],
  [
    "Did last month's change work?",
    /^You spent .* from 23 Oct to 21 Nov 2026/,
    [/A thousand requests cost \*\*\$[\d.]+\*\* \(before: \$[\d.]+, [+−]/],
  ],
];

describe("questions by name", () => {
  test.each(NAMED)("%s", async (question, first, parts) => {
    const ran = await run(question, { preferences: BUDGET });
    const [label, ...rest] = content(ran).split("\n\n");
    expect(label).toMatch(/Sample data/);
    expect(rest[0]).toMatch(first);
    for (const part of parts) expect(content(ran)).toMatch(part);
    expect(reportOf(ran).sections[0]!.id).toBe("headline");
    expectSourced(ran);
  });
});
