/** "Analyze my AI costs" through the real plan, agents and tools: true, sourced, in all its sections. */
import { describe, expect, test } from "vitest";
import { costs } from "../../../src/domain/agents/index.ts";
import { daily } from "../../support/usageData.ts";
import {
  over,
  sampleRecords,
  run,
  reportOf,
  content,
  agents,
  expectSourced,
} from "../../support/analyst.ts";

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
      "quality",
      "where",
      "changed",
      "efficiency",
      "savings",
      "outlook",
      "next",
    ]);
    expect(reportOf(ran).figures.map((figure) => figure.id)).toEqual([
      "spend",
      "change",
      "projected_month",
      "top_saving",
      "combined_savings",
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
