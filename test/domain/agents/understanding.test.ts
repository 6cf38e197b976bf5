/** The analyst reads every phrase of the corpus as a person would, and says so when it does not understand. */
import { Schema } from "effect";
import { expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import { EXAMPLES } from "../../../src/domain/agents/reading/lexicon.ts";
import { triage } from "../../../src/domain/agents/triage.ts";
import { inspectData } from "../../../src/domain/tools/inspectData.ts";
import { understand } from "../../../src/domain/agents/understanding.ts";
import { corpus } from "./corpus.ts";

const TODAY = "2026-11-22";

test("the corpus has at least 150 phrases, none twice", () => {
  expect(corpus.length).toBeGreaterThanOrEqual(150);
  expect(
    new Set(
      corpus.map(({ earlier, text }) => [...(earlier ?? []), text].join("\n")),
    ).size,
  ).toBe(corpus.length);
});

test.each(
  corpus.map(
    (phrase) =>
      [[...(phrase.earlier ?? []), phrase.text].join(" → "), phrase] as const,
  ),
)("%s", (_title, { text, earlier, expected }) => {
  const read = understand(text, earlier ?? [], TODAY);
  expect(read.intent).toBe(expected.intent);
  if (expected.period !== undefined)
    expect(read.period).toEqual(expected.period);
  else if (earlier === undefined)
    expect(read.period).toEqual({ kind: "latest" });
  if (expected.by !== undefined) expect(read.group_by).toBe(expected.by);
  if (expected.models !== undefined)
    expect(read.models).toEqual(expected.models);
  if (expected.swap !== undefined) expect(read.swap).toEqual(expected.swap);
  if (expected.percent !== undefined)
    expect(read.percent).toBe(expected.percent);
  if (expected.mentions !== undefined) {
    const mentions = read.mentions.flatMap(({ dimension, names, exclude }) =>
      names.map((name) => `${exclude ? "!" : ""}${dimension}:${name}`),
    );
    expect(mentions).toEqual(expected.mentions);
  }
});

test("every question that is suggested is understood as what it is an example of", () => {
  for (const { intent, question } of EXAMPLES)
    expect([question, understand(question, [], TODAY).intent]).toEqual([
      question,
      intent,
    ]);
});

test("an unknown question names the nearest ones", () => {
  expect(understand("anlyze my kosts", [], TODAY)).toMatchObject({
    intent: "unknown",
  });
  expect(understand("anlyze my kosts", [], TODAY).nearest[0]).toBe(
    "Analyze my AI costs",
  );
});

test("any text is read without failing, and the same way twice", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 300 }),
      fc.array(fc.string(), { maxLength: 5 }),
      (text, earlier) => {
        expect(understand(text, earlier, TODAY)).toEqual(
          understand(text, earlier, TODAY),
        );
      },
    ),
  );
});

test("whatever is read, triage asks only for what its tool accepts", () => {
  const words = corpus.flatMap(({ text }) => text.split(" "));
  const text = fc
    .array(fc.oneof(fc.constantFrom(...words), fc.nat(99_999).map(String)), {
      minLength: 1,
      maxLength: 60,
    })
    .map((chosen) => chosen.join(" "));
  const accepts = Schema.is(inspectData.parameters);
  fc.assert(
    fc.property(text, (question) => {
      const decision = triage.decide({
        question,
        earlier: [],
        preferences: { time_zone: "UTC", week_start: "monday", budgets: [] },
        now: Date.parse(`${TODAY}T09:00:00Z`),
        steps: [],
        calls: [],
      });
      if (decision.kind === "useTool")
        expect([question, accepts(decision.parameters)]).toEqual([
          question,
          true,
        ]);
    }),
    { numRuns: 500 },
  );
});
