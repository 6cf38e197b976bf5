/** Whole questions through the real plan, agents and tools: the answer is true, sourced, honest about what is missing, and always comes. */
import { Layer } from "effect";
import { describe, expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import { priceBook } from "../../../src/adapters/prices.ts";
import {
  unsourcedFigures,
  unsourcedNumbers,
} from "../../../src/domain/agents/answer/check.ts";
import { costs } from "../../../src/domain/agents/index.ts";
import { EXAMPLES } from "../../../src/domain/agents/reading/lexicon.ts";
import { sampleUsage } from "../../../src/domain/costs/sample.ts";
import { NO_TOKENS } from "../../../src/domain/costs/money.ts";
import type { Report, UsageRecord } from "../../../src/domain/model.ts";
import type { PriceBook, UsageStore } from "../../../src/domain/ports.ts";
import { ask } from "../../support/analystRun.ts";
import type { Asked, Ran } from "../../support/analystRun.ts";
import { daily, usage } from "../../support/usageData.ts";
import { absentUsageStore, usageStoreOf } from "../../support/usageStore.ts";

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

function reportOf(ran: Ran): Report {
  if (ran.answer === null) throw new Error("no answer");
  return ran.answer.report as unknown as Report;
}
const content = (ran: Ran) => ran.answer?.content ?? "";
const agents = (ran: Ran) => ran.steps.map((step) => step.agent_name);

/** Prose may also hold numbers that the question, the report's own words and list numbering bring. */
function expectSourced(ran: Ran): void {
  const report = reportOf(ran);
  expect(unsourcedFigures(report, ran.steps)).toEqual([]);
  const prose = content(ran).replace(/^\d\. /gm, "");
  expect(
    unsourcedNumbers(prose, ran.steps, [
      report.question,
      ...EXAMPLES.map((example) => example.question),
      ...report.suggestions,
    ]),
  ).toEqual([]);
}

describe("Analyze my AI costs", () => {
  test("goes through the plan, thinks before everything, and answers in all its sections", async () => {
    const ran = await run("Analyze my AI costs");
    expect(agents(ran)).toEqual(["triage", "data", "optimization", "report"]);
    expect(ran.steps.map((step) => step.status)).toEqual([
      "completed",
      "completed",
      "completed",
      "completed",
    ]);
    expect(ran.thoughts.every((thought) => thought.length > 20)).toBe(true);
    expect(ran.answer?.partial).toBe(false);
    expect(reportOf(ran)).toMatchObject({
      intent: "overview",
      sample: true,
      time_zone: "UTC",
    });
    expect(reportOf(ran).sections.map((section) => section.id)).toEqual([
      "headline",
      "where",
      "changed",
      "savings",
      "quality",
      "next",
    ]);
    expect(reportOf(ran).figures.map((figure) => figure.id)).toEqual([
      "spend",
      "change",
      "projected_month",
      "top_saving",
    ]);
    expectSourced(ran);
  });

  test("its spend is the plain sum of the records' prices over the days it names", async () => {
    const ran = await run("Analyze my AI costs");
    const { period, figures, sections } = reportOf(ran);
    if (period === null) throw new Error("no period");
    const inside = over(
      sampleRecords.filter(
        (record) => record.at >= period.from && record.at < period.to,
      ),
      true,
    );
    const again = await run("Analyze all my data", { services: inside });
    expect(figures[0]?.value).toBe(reportOf(again).figures[0]?.value);
    const models = sections
      .flatMap((section) => section.tables)
      .find((table) => table.title === "Spend by model");
    const total = models?.rows.reduce(
      (sum, row) => sum + Number(row["cost"]),
      0,
    );
    expect(total).toBeCloseTo(Number(figures[0]?.value), 4);
  });

  test("finds the sample's planted day and calls the sample a sample", async () => {
    const ran = await run("Analyze my AI costs");
    const unusual = reportOf(ran)
      .sections.flatMap((section) => section.chart?.points ?? [])
      .filter((point) => point.anomaly);
    expect(unusual).toHaveLength(1);
    expect(content(ran).startsWith("**Sample data.**")).toBe(true);
  });

  test("no saving exceeds the spend it affects, and several are not added up", async () => {
    const ran = await run("Analyze my AI costs");
    const savings = reportOf(ran).sections.flatMap(
      (section) => section.savings,
    );
    expect(savings.length).toBeGreaterThan(1);
    for (const saving of savings) {
      expect(saving.low_usd).toBeLessThanOrEqual(saving.high_usd);
      expect(saving.high_usd).toBeLessThanOrEqual(saving.affected_usd);
      expect(saving.assumption.length).toBeGreaterThan(20);
    }
    expect(content(ran)).toContain("do not add them up");
  });

  test("names the actual days and does not claim a comparison that the data does not allow", async () => {
    const ran = await run("Analyze my AI costs", {
      services: over(daily("2026-08-31", 20)),
    });
    expect(content(ran)).toContain("from 12 Aug to 31 Aug 2026 (20 days, UTC)");
    expect(content(ran)).toContain("does not reach back far enough");
    expect(reportOf(ran)).toMatchObject({ compared_with: null, sample: false });
    expectSourced(ran);
  });
});

describe("every kind of question", () => {
  const QUESTIONS = [
    ...EXAMPLES.map((example) => example.question),
    "What if we moved 30% of gpt-5.6-sol to gpt-5.4-mini?",
    "What if cache hit rate were 60%?",
    "What if 40% of requests were batched?",
    "Why did cost jump on 2026-11-11?",
    "Analyze project analytics",
    "spend by user without project analytics",
    "Analyze project nope",
    "Analyze March 2024",
    "sing me a song",
  ];

  test.each(QUESTIONS)(
    "%s: answered first, sourced throughout, without raw HTML",
    async (question) => {
      const ran = await run(question, {
        preferences: {
          budgets: [
            { monthly_usd: 900, scope: null },
            {
              monthly_usd: 500,
              scope: { dimension: "project", key: "analytics" },
            },
          ],
        },
      });
      expect(agents(ran)[0]).toBe("triage");
      expect(agents(ran).at(-1)).toBe("report");
      expect(ran.steps.every((step) => step.status === "completed")).toBe(true);
      expect(reportOf(ran).sections[0]?.id).toBe("headline");
      expect(content(ran)).not.toMatch(/(?<!\\)<[a-z!/]/i);
      expectSourced(ran);
    },
  );

  test("who costs most is said first", async () => {
    const ran = await run("Who spends the most?");
    expect(agents(ran)).toEqual(["triage", "data", "report"]);
    expect(reportOf(ran).sections[0]?.paragraphs[1]).toMatch(
      /^Most goes to user `ana`: \*\*\$/,
    );
  });

  test("a follow-up carries the thread's context", async () => {
    const ran = await run("by user", {
      earlier: ["Analyze my AI costs", "only October"],
    });
    expect(reportOf(ran)).toMatchObject({
      intent: "breakdown",
      period: {
        from: "2026-10-01T00:00:00.000Z",
        to: "2026-11-01T00:00:00.000Z",
      },
    });
    expect(content(ran)).toContain("1 Oct to 31 Oct 2026");
  });

  test("what is not understood is said so, and nothing is looked up", async () => {
    const ran = await run("What's the weather like tomorrow?");
    expect(ran.steps.flatMap((step) => step.calls)).toEqual([]);
    expect(content(ran)).toContain("did not understand");
    expect(reportOf(ran).suggestions).toHaveLength(3);
  });

  test("a swap to a dearer model is called one, and no saving is listed", async () => {
    const ran = await run("What if we moved gpt-4o-mini to gpt-4?", {
      services: over(
        daily("2026-11-20", 20, (day) => usage(day, { model: "gpt-4o-mini" })),
      ),
    });
    expect(content(ran)).toContain("would cost **more**");
    expect(
      reportOf(ran).sections.flatMap((section) => section.savings),
    ).toEqual([]);
    expectSourced(ran);
  });
});

describe("preferences", () => {
  test("days are days of the person's time zone", async () => {
    const ran = await run("Analyze my AI costs", {
      preferences: { time_zone: "Europe/Berlin" },
    });
    expect(reportOf(ran).period?.from).toMatch(/T2[23]:00:00\.000Z$/);
    expect(content(ran)).toContain("Europe/Berlin");
  });

  test("weeks begin where the person's weeks begin", async () => {
    const firstDay = async (week_start: "monday" | "sunday") =>
      reportOf(
        await run("How much did we spend last week?", {
          preferences: { week_start },
        }),
      ).period?.from.slice(0, 10);
    expect([await firstDay("monday"), await firstDay("sunday")]).toEqual([
      "2026-11-09",
      "2026-11-15",
    ]);
  });

  test("a budget is held against the projection", async () => {
    const budget = (monthly_usd: number) =>
      run("Will we stay within budget?", {
        preferences: { budgets: [{ monthly_usd, scope: null }] },
      });
    expect(content(await budget(1000))).toContain("used up on");
    expect(content(await budget(100_000))).toContain("within budget");
  });
});

describe("too little or nothing", () => {
  test("without data: how to bring it in, and no number about spend", async () => {
    const ran = await run("Analyze my AI costs", { services: over([]) });
    expect(agents(ran)).toEqual(["triage", "data_helper", "report"]);
    expect(reportOf(ran)).toMatchObject({ figures: [], period: null });
    expect(content(ran)).toContain("`npm run import -- FILE`");
    expect(content(ran)).toContain("`npm run import -- --sample`");
    expect(content(ran)).not.toContain("$");
  });

  test("a few days: the data helper comes in, and the answer says what that costs", async () => {
    const ran = await run("Analyze my AI costs", {
      services: over(daily("2026-11-20", 3)),
    });
    expect(agents(ran)).toEqual([
      "triage",
      "data_helper",
      "data",
      "optimization",
      "report",
    ]);
    expect(content(ran)).toContain("Under a week of data");
    expectSourced(ran);
  });

  test("unpriced models are listed, not priced at zero in silence", async () => {
    const records = [
      ...daily("2026-11-20", 10),
      ...daily("2026-11-20", 10, (day) =>
        usage(day, {
          model: "inhouse-7b",
          provider: null,
          tokens: { ...NO_TOKENS, output: 1000 },
        }),
      ),
    ];
    const ran = await run("Analyze my AI costs", { services: over(records) });
    expect(content(ran)).toContain(
      "**Unpriced, not in the spend:** `inhouse-7b` (10K tokens)",
    );
    expectSourced(ran);
  });

  test("billed amounts stand in where hardly anything has a price, and are called billed", async () => {
    const records = daily("2026-11-20", 10, (day) =>
      usage(day, { model: "inhouse-7b", provider: null, billed_usd: 2.5 }),
    );
    const ran = await run("Analyze my AI costs", { services: over(records) });
    expect(reportOf(ran).figures[0]).toMatchObject({ value: 25 });
    expect(content(ran)).toContain("**as billed**");
    expectSourced(ran);
  });
});

describe("failures", () => {
  test("the database away: triage fails, the run still ends with a report that says so", async () => {
    const ran = await run("Analyze my AI costs", {
      services: Layer.merge(absentUsageStore, priceBook),
    });
    expect(ran.steps.map((step) => [step.agent_name, step.status])).toEqual([
      ["triage", "failed"],
      ["data_helper", "completed"],
      ["report", "partial"],
    ]);
    expect(ran.answer?.partial).toBe(true);
    expect(content(ran)).toContain("The database did not answer");
    expect(reportOf(ran).figures).toEqual([]);
  });

  test("any set of broken tools: it ends, and whatever is said has its source", async () => {
    const names = costs.tools.map((tool) => tool.name);
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(names),
        fc.constantFrom(...EXAMPLES.map((example) => example.question)),
        async (broken, question) => {
          const ran = await run(question, { broken });
          expect(ran.answer).not.toBeNull();
          expectSourced(ran);
          const failed = ran.steps.some(
            (step) =>
              step.status === "failed" ||
              step.calls.some((call) => !call.success),
          );
          expect(ran.answer?.partial).toBe(failed);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("from any prefix of finished steps there is an answer that names what is missing", async () => {
    const { view, steps } = await run("Analyze my AI costs");
    expect(costs.answer({ ...view, steps: [] }, { timedOut: true })).toBeNull();
    for (let count = 1; count < steps.length; count++) {
      const prefix = steps.slice(0, count);
      const answer = costs.answer(
        { ...view, steps: prefix },
        { timedOut: true },
      );
      expect(answer?.partial).toBe(true);
      expect(
        unsourcedFigures(answer?.report as unknown as Report, prefix),
      ).toEqual([]);
      if (count < 3) expect(answer?.content).toContain("the time ran out");
    }
  });

  test("a figure that no call produced is refused by the report agent and left out of the answer", async () => {
    const { view } = await run("Analyze my AI costs");
    const steps = view.steps.slice(0, -1).map((step) =>
      step.agent_name === "triage"
        ? {
            ...step,
            calls: step.calls.map((call) => ({
              ...call,
              tool_call_id: "optimization-1",
            })),
          }
        : step,
    );
    const report = costs.agents.find((agent) => agent.name === "report");
    expect(report?.decide({ ...view, steps, calls: [] })).toMatchObject({
      kind: "fail",
      error: { code: "unsourced_figure" },
    });
    const answer = costs.answer({ ...view, steps }, { timedOut: false });
    expect(
      unsourcedFigures(answer?.report as unknown as Report, steps),
    ).toEqual([]);
  });
});

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

test("reading, deciding and writing one analysis takes less than five milliseconds of its own", async () => {
  const { view } = await run("Analyze my AI costs");
  const steps = view.steps;
  const once = () => {
    for (const agent of costs.agents) {
      const before = steps.slice(
        0,
        steps.findIndex((step) => step.agent_name === agent.name),
      );
      const calls =
        steps.find((step) => step.agent_name === agent.name)?.calls ?? [];
      for (let count = 0; count <= calls.length; count++) {
        const at = { ...view, steps: before, calls: calls.slice(0, count) };
        agent.think(at);
        agent.decide(at);
      }
    }
    costs.answer(view, { timedOut: false });
  };
  for (let warm = 0; warm < 50; warm++) once();
  const times = Array.from({ length: 50 }, () => {
    const start = performance.now();
    once();
    return performance.now() - start;
  });
  // The fastest of many: what the work itself takes, not what else the machine is doing.
  expect(Math.min(...times)).toBeLessThan(5);
});
