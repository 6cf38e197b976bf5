/** What the person who pays must be able to take at its word: each of these once said something that the figures beside it did not. */
import { describe, expect, test } from "vitest";
import { NO_TOKENS } from "../../../src/domain/costs/money.ts";
import type { UsageRecord } from "../../../src/domain/model.ts";
import {
  content,
  expectSourced,
  over,
  reportOf,
  run,
} from "../../support/analyst.ts";
import type { Ran } from "../../support/analystRun.ts";
import { daily, usage } from "../../support/usageData.ts";

const of = (model: string, more: Partial<UsageRecord> = {}) =>
  daily("2026-11-20", 30, (day) => usage(day, { model, ...more }));

const asked = async (
  question: string,
  records: readonly UsageRecord[],
  given: Parameters<typeof run>[1] = {},
): Promise<Ran> => {
  const ran = await run(question, { services: over(records), ...given });
  expectSourced(ran);
  return ran;
};

const first = (ran: Ran) => content(ran).split("\n\n")[0];

describe("spend as billed", () => {
  const records = [
    ...of("gpt-4o", { billed_usd: 4 }),
    ...of("inhouse-7b", {
      billed_usd: 2,
      tokens: { ...NO_TOKENS, uncached_input: 5e6, output: 1e6 },
    }),
  ];

  test("has what has no list price in it, and asks for no bill of that", async () => {
    const words = content(await asked("Analyze my AI costs", records));
    expect(words).toContain("**as billed**");
    expect(words).toContain("Without a list price, so in no saving");
    expect(words).toContain("savings, which are reckoned at list prices");
    expect(words).not.toMatch(
      /not in the spend|Bring in billed|priced tokens|spend and savings leave/,
    );
  });
});

describe("a prompt cache", () => {
  test("whose writes are free is not warned of", async () => {
    const words = content(
      await asked("Is prompt caching paying off?", of("gpt-4o")),
    );
    expect(words).toContain("Any read pays.");
    expect(words).not.toMatch(/per write;|costs more than one/);
  });

  test("whose writes cost something is", async () => {
    const words = content(
      await asked(
        "Is prompt caching paying off?",
        of("claude-sonnet-4-5", { provider: "anthropic" }),
      ),
    );
    expect(words).toMatch(/2 times per write.* reads per write on/);
    expect(words).toContain("costs more than one that is not cached");
  });

  test("of several models saves on the work of each", async () => {
    const words = content(
      await asked("Is prompt caching paying off?", [
        ...of("gpt-4o"),
        ...of("claude-sonnet-4-5", { provider: "anthropic" }),
      ]),
    );
    // 30M each at $2.50 and $3: 20 % at $1.25, and at $2.70 less half of $0.75; 60 % at $1.25, and at $2.70 less a tenth of it.
    expect(words).toContain(
      "More of it could save **$21.45 to $69.75 a month** of $165.00",
    );
    expect(words).toContain("may be added up");
    expect(words).not.toContain("same dollars");
  });

  test("is asked about at a hit rate, which is answered first", async () => {
    const ran = await asked("What if the cache hit rate were 60 %?", [
      ...of("gpt-4o"),
    ]);
    // 30M a month at $2.50, of which 60 % is read at half the price.
    expect(first(ran)).toBe(
      "With **60%** of each model's input from the cache, **$22.50 a month** more would be saved, of $75.00 that uncached input costs.",
    );
  });
});

describe("a what-if", () => {
  test("of a share of one model says what share moves, and saves", async () => {
    const ran = await asked("move 30 % of gpt-4o to gpt-4o-mini", of("gpt-4o"));
    // A day costs $3.50; the same tokens $0.21.
    expect(first(ran)).toMatch(
      /^Moving 30% of `gpt-4o` to `gpt-4o-mini` would save \*\*\$29\.61 a month\*\* of the \$105\.00 that `gpt-4o` costs: the same tokens cost 94% less\./,
    );
  });

  test("of a share that can wait is answered first", async () => {
    const ran = await asked(
      "What if 60 % of the work could wait?",
      of("gpt-4o"),
    );
    expect(first(ran)).toMatch(/^What if 60% .*\*\*\$31\.50 a month\*\*/);
  });
});

test("a month from one day of data has no cents anywhere", async () => {
  const ran = await asked(
    "How can I cut my costs?",
    daily("2026-11-20", 1, (day) =>
      usage(day, {
        tokens: { ...NO_TOKENS, uncached_input: 1.23e8, output: 1e6 },
      }),
    ),
  );
  const savings = reportOf(ran).sections.flatMap((it) => it.savings);
  expect(savings.map((it) => it.unit)).toEqual(savings.map(() => "usd_rough"));
  expect(savings.length).toBeGreaterThan(1);
  const part = content(ran).split("## What would save")[1]!.split("\n## ")[0]!;
  expect(part).toMatch(/\| \$[\d,]+ to \$[\d,]+ \|/);
  expect(part).not.toMatch(/\$[\d,]+\.\d\d/);
});

test("a price is shown to its last digit", async () => {
  const words = content(await run("What is the price of gpt-4o-mini?"));
  expect(words).toContain("| $0.15 | $0.075 | $0.15 | $0.60 |");
});

test("what a request costs is told first, to fractions of a cent", async () => {
  const ran = await asked(
    "What does a request cost?",
    of("gpt-4o", {
      requests: 1,
      tokens: { ...NO_TOKENS, uncached_input: 5_000, output: 30 },
    }),
  );
  expect(first(ran)).toMatch(
    /^A request of `gpt-4o` costs \*\*\$0\.0128\*\* on average/,
  );
});

test("a budget of all spend is not held against a part of it", async () => {
  const ran = await asked(
    "Will we stay within budget without project lab?",
    [...of("gpt-4o", { project: "lab" }), ...of("gpt-4o", { project: "web" })],
    {
      preferences: {
        budgets: [
          { monthly_usd: 100, scope: null },
          { monthly_usd: 50, scope: { dimension: "project", key: "lab" } },
        ],
      },
    },
  );
  // Twice $3.50 a day: the fifteenth day passes $100.
  expect(first(ran)).toMatch(
    /^The budget for all spend of \$100\.00 for November 2026 was \*\*used up on 15 Nov 2026\*\*/,
  );
  expect(content(ran)).not.toContain("project `lab` of $50.00");
  expect(content(ran)).toContain(
    "November 2026 is heading for about **$105.00** without project `lab` (",
  );
});

test("a budget of what no record names is no success", async () => {
  const ran = await asked("When do we hit the budget?", of("gpt-4o"), {
    preferences: {
      budgets: [
        { monthly_usd: 50, scope: { dimension: "project", key: "labb" } },
      ],
    },
  });
  expect(first(ran)).toMatch(/project `labb` .* has \*\*no spend at all\*\*/);
  expect(content(ran)).not.toContain("within budget");
});

test("with no budget set, a question about it says so", async () => {
  expect(first(await asked("When do we hit the budget?", of("gpt-4o")))).toBe(
    "**No budget is set for this.** Set one in your preferences; the projection is then held against it.",
  );
});

test("whether data is complete is told before what its dollars are", async () => {
  expect(first(await asked("How complete is my data?", of("gpt-4o")))).toBe(
    "**30 of 30 days have records**, and every token in them has a price.",
  );
});
