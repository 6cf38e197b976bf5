/** Short questions that need the earlier ones of their thread; `after([], …)` has none. */
import { after, calendar, month, OVERVIEW } from "./phrase.ts";
import type { Phrase } from "./phrase.ts";

export const followUps: readonly Phrase[] = [
  after([OVERVIEW], "only October", { intent: "overview", period: month(10) }),
  after([OVERVIEW], "just last week", {
    intent: "overview",
    period: calendar("week", -1),
  }),
  after([OVERVIEW], "by user", { intent: "breakdown", by: "user" }),
  after([OVERVIEW], "and by project?", { intent: "breakdown", by: "project" }),
  after([OVERVIEW, "only October"], "by user", {
    intent: "breakdown",
    by: "user",
    period: month(10),
  }),
  after([OVERVIEW, "only October", "by user"], "and by model?", {
    intent: "breakdown",
    by: "model",
    period: month(10),
  }),
  after([OVERVIEW, "only October", "by user"], "and September?", {
    intent: "breakdown",
    by: "user",
    period: month(9),
  }),
  after(["How much did we spend this week?"], "and last week?", {
    intent: "breakdown",
    period: calendar("week", -1),
  }),
  after([OVERVIEW], "what about gpt-4o?", {
    intent: "overview",
    mentions: ["model:gpt-4o"],
  }),
  after(["What is the price of gpt-4o?"], "and gpt-4o-mini?", {
    intent: "prices",
    models: ["gpt-4o-mini"],
  }),
  after(["What if we moved gpt-4o to gpt-4o-mini?"], "what about gpt-4.1?", {
    intent: "model_swap",
    swap: { from: "gpt-4o", to: "gpt-4.1" },
  }),
  after(["What if we moved gpt-4o to gpt-4o-mini?"], "only 30%", {
    intent: "model_swap",
    swap: { from: "gpt-4o", to: "gpt-4o-mini" },
    percent: 30,
  }),
  after([OVERVIEW], "only for project checkout", {
    intent: "overview",
    mentions: ["project:checkout"],
  }),
  after(["Show spend by model"], "without project checkout", {
    intent: "breakdown",
    by: "model",
    mentions: ["!project:checkout"],
  }),
  after(["Show spend by model", "only project checkout"], "and last month?", {
    intent: "breakdown",
    by: "model",
    mentions: ["project:checkout"],
    period: calendar("month", -1),
  }),
  after([OVERVIEW], "why?", { intent: "trend" }),
  after(["How much did we spend last month?"], "why did it go up?", {
    intent: "trend",
  }),
  after([OVERVIEW], "How can I cut my costs?", { intent: "savings" }),
  after([OVERVIEW, "only October"], "Will we stay within budget?", {
    intent: "forecast",
    period: { kind: "latest" },
  }),
  after(["Any anomalies?"], "in October?", {
    intent: "anomalies",
    period: month(10),
  }),
  after([OVERVIEW, "hello"], "only October", {
    intent: "overview",
    period: month(10),
  }),
  after([], "only October", { intent: "overview", period: month(10) }),
  after([], "by user", { intent: "breakdown", by: "user" }),
  after(["what if cache hit rate were 60%?"], "and 80%?", {
    intent: "caching",
    percent: 80,
  }),
  after([OVERVIEW], "same for last quarter", {
    intent: "overview",
    period: calendar("quarter", -1),
  }),
  after([OVERVIEW], "now by day", { intent: "breakdown", by: "day" }),
];
