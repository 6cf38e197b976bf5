/** Asking for everything. */
import { calendar, last, month, say } from "./phrase.ts";
import type { Phrase } from "./phrase.ts";

export const overviews: readonly Phrase[] = [
  ...say(
    { intent: "overview" },
    "Analyze my AI costs",
    "analyse our LLM spend",
    "Give me an overview of our AI spending",
    "Can you review my OpenAI and Anthropic costs please?",
    "cost analysis",
    "summarize my usage",
    "I want a full report on what AI costs us",
    "How are we doing on AI spend?",
    "show me my costs",
    "my ai bill",
    "Tell me about our token usage",
    "audit our api spend",
    "what's the state of our llm costs",
    "please have a look at my AI expenses",
    "Do a deep dive into our model costs",
  ),
  ...say(
    { intent: "overview", period: calendar("month", -1) },
    "Analyze my AI costs for last month",
    "overview of the previous month's spend",
  ),
  ...say(
    { intent: "overview", period: month(10) },
    "Analyze October",
    "summary of our AI costs in October",
  ),
  ...say(
    { intent: "overview", period: last(7, "day") },
    "analyze the last 7 days",
    "Review our spend over the past seven days",
  ),
  ...say(
    { intent: "overview", period: { kind: "quarter", quarter: 3, year: null } },
    "Analyze our AI costs in Q3",
  ),
  ...say(
    { intent: "overview", period: { kind: "quarter", quarter: 2, year: 2026 } },
    "review q2 2026 spend",
  ),
  ...say(
    { intent: "overview", mentions: ["project:checkout"] },
    "Analyze the costs of project checkout",
    "overview of the checkout project",
  ),

  ...say(
    { intent: "overview", period: { kind: "all" } },
    "analyze all my data",
    "overview of all time spend",
  ),
  ...say(
    { intent: "overview", period: { kind: "year", year: 2025 } },
    "analyze our spend in 2025",
  ),
  ...say(
    { intent: "overview", period: last(3, "month") },
    "analyze the last three months",
  ),
  ...say(
    { intent: "overview", period: month(5, 2026) },
    "analyze our ai costs for May 2026",
  ),
  ...say(
    { intent: "overview", period: month(10), mentions: ["!project:a"] },
    "October without project A",
  ),
  ...say(
    { intent: "overview", period: last(1, "day") },
    "costs in the last 24 hours",
  ),
];
