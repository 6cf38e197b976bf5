/** Every kind of question is answered first, sourced throughout, in the light of thread and preferences. */
import { describe, expect, test } from "vitest";
import { EXAMPLES } from "../../../src/domain/agents/reading/lexicon.ts";
import { daily, usage } from "../../support/usageData.ts";
import {
  over,
  run,
  reportOf,
  content,
  agents,
  expectSourced,
} from "../../support/analyst.ts";

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
      /^User `ana` costs the most: \*\*\$/,
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
    // One dearer swap says nothing of other savings.
    expect(content(ran)).not.toContain("No single change");
    expect(
      reportOf(ran).sections.flatMap((section) => section.savings),
    ).toEqual([]);
    expectSourced(ran);
  });
});
