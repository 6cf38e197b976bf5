/** Too little data, broken tools, half a run: there is an answer, and it says what is missing. */
import { Layer } from "effect";
import { describe, expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import { priceBook } from "../../../src/adapters/prices.ts";
import { unsourcedFigures } from "../../../src/domain/agents/answer/check.ts";
import { costs } from "../../../src/domain/agents/index.ts";
import { EXAMPLES } from "../../../src/domain/agents/reading/lexicon.ts";
import { NO_TOKENS } from "../../../src/domain/costs/money.ts";
import type { Report } from "../../../src/domain/model.ts";
import { daily, usage } from "../../support/usageData.ts";
import { absentUsageStore } from "../../support/usageStore.ts";
import {
  over,
  run,
  reportOf,
  content,
  agents,
  expectSourced,
} from "../../support/analyst.ts";

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
    // $3.50 a day, half of it saved at most: what three days say of a month has no cents.
    expect(content(ran)).toMatch(
      /Largest lever: .*\*\*about \$[\d,]+(\.\d)? to \$[\d,]+ a month\*\*/,
    );
    expectSourced(ran);
  });

  test("days without spend are no part of what a day costs", async () => {
    const records = [usage("2026-10-27"), usage("2026-11-20")];
    const ran = await run("Show spend by day", { services: over(records) });
    expect(content(ran)).toContain(
      "Only 2 of 25 days have any spend, $3.50 each on average",
    );
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

test("a day that is not over is called that, and not compared in silence", async () => {
  const ran = await run("How much did we spend today?", {
    services: over(daily("2026-11-22", 20)),
  });
  expect(content(ran)).toContain("22 Nov 2026 is not over yet");
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

  test("a month scaled from one day is an order of magnitude, and no headline figure", async () => {
    const ran = await run("Analyze my AI costs", {
      services: over(daily("2026-11-20", 1)),
    });
    expect(content(ran)).toContain("order of magnitude");
    expect(reportOf(ran).figures.map((it) => it.id)).not.toContain(
      "top_saving",
    );
    expectSourced(ran);
  });

  test("what has no list price is said beside the spend, and is in no average", async () => {
    const ran = await run("Analyze my AI costs", {
      services: over(
        daily("2026-11-20", 20, (day, index) =>
          usage(day, { model: index % 2 === 0 ? "gpt-4o" : "my-own-model" }),
        ),
      ),
    });
    // Ten days of 1 M input and 100 k output of gpt-4o: $2.50 + $1.00 each, for 1.1 M tokens.
    expect(content(ran)).toContain("You spent **$35.00**");
    expect(content(ran)).toContain(
      "Not in any dollar here: 11M of 22M tokens, of `my-own-model`, which have no list price.",
    );
    expect(content(ran)).toContain(
      "On average $3.18 per million priced tokens.",
    );
    expectSourced(ran);
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
