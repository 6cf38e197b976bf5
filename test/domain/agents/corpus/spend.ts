/** Asking about spend that happened: where it goes, what changed, what stands out. */
import { calendar, days, month, say } from "./phrase.ts";
import type { Phrase } from "./phrase.ts";

export const spend: readonly Phrase[] = [
  ...say(
    { intent: "breakdown", by: "model" },
    "Which model costs the most?",
    "spend by model",
    "Break down my costs by model",
    "what are the most expensive models?",
    "cost per model",
    "top 5 models",
    "Show me model costs",
    "split the bill by llm",
    "which models burn the most money?",
  ),
  ...say(
    { intent: "breakdown", by: "project" },
    "Show spend by project",
    "costs per team",
    "which project is the most expensive?",
    "What does each project cost us?",
    "which team burns the most?",
    "breakdown by project please",
    "project breakdown",
  ),
  ...say(
    { intent: "breakdown", by: "user" },
    "Show spend by user",
    "Who spends the most?",
    "top users",
    "which customers cost us the most",
    "cost per user",
    "who is responsible for most of the spend?",
    "usage by developer",
  ),
  ...say(
    { intent: "breakdown", by: "feature" },
    "spend by feature",
    "Which feature is most expensive?",
    "cost per endpoint",
    "what are our top features by cost",
  ),
  ...say(
    { intent: "breakdown", by: "provider" },
    "spend by provider",
    "how much goes to each vendor?",
    "split by provider",
  ),
  ...say(
    { intent: "trend", period: { kind: "latest" } },
    "Did last month's change work?",
    "did this week's switch help?",
    "has the migration paid off?",
  ),
  ...say(
    { intent: "breakdown", by: "api_key" },
    "spend by API key",
    "which api key costs the most?",
    "cost per api-key",
  ),
  ...say(
    { intent: "breakdown", by: "tag" },
    "spend by tag",
    "which tags are the most expensive?",
    "split by label",
  ),
  ...say(
    { intent: "breakdown", by: "tier" },
    "spend by service tier",
    "costs per tier",
  ),
  ...say(
    { intent: "breakdown", by: "hour" },
    "show spend by hour of the day",
    "hourly costs",
    "which hour is the most expensive?",
    "spend per hour",
  ),
  ...say(
    { intent: "breakdown", by: "day" },
    "Show spend by day",
    "daily costs",
    "spend per day",
    "which day was the most expensive?",
    "show my usage over time",
    "day by day breakdown",
  ),
  ...say(
    { intent: "breakdown" },
    "Where does the money go?",
    "where is our AI budget going?",
    "What burns most?",
    "How much did we spend?",
    "how much are we spending on ai",
    "What did I pay in total?",
    "how many tokens did we use?",
  ),
  ...say(
    { intent: "breakdown", period: calendar("month", -1) },
    "How much did we spend last month?",
    "what was our total bill last month",
  ),
  ...say(
    { intent: "breakdown", period: calendar("day", -1) },
    "how much did we spend yesterday?",
  ),
  ...say(
    { intent: "breakdown", period: calendar("week", 0) },
    "How much have I spent this week",
  ),
  ...say(
    { intent: "breakdown", period: calendar("day", 0) },
    "how much have we spent so far today?",
  ),
  ...say(
    { intent: "breakdown", period: month(10, 2025), by: "user" },
    "spend by user in October 2025",
  ),
  ...say(
    { intent: "breakdown", by: "model", period: calendar("quarter", -1) },
    "spend by model last quarter",
  ),
  ...say(
    { intent: "breakdown", by: "user", mentions: ["project:checkout"] },
    "cost per user in project checkout",
  ),
  ...say(
    { intent: "breakdown", mentions: ["provider:openai"] },
    "How much do we spend on OpenAI?",
  ),
  ...say(
    { intent: "breakdown", mentions: ["user:ana@example.com"] },
    "how much did ana@example.com spend?",
  ),
  ...say(
    { intent: "breakdown", mentions: ["model:gpt-4o"], models: ["gpt-4o"] },
    "How much did gpt-4o cost us?",
    "how much did we spend on GPT-4o",
  ),
  ...say(
    { intent: "breakdown", by: "project", mentions: ["!model:gpt-4o"] },
    "spend by project without gpt-4o",
  ),
  ...say(
    { intent: "breakdown", by: "model", mentions: ["!project:checkout"] },
    "spend by model excluding project checkout",
  ),

  ...say(
    { intent: "trend" },
    "What changed?",
    "Why did cost jump?",
    "why is my bill higher",
    "what changed compared with the period before?",
    "Is our spend going up or down?",
    "why did our AI spend increase so much?",
    "show the trend",
    "Compare with before",
    "how has spend changed",
    "why are costs rising",
    "Our costs doubled, why?",
    "month over month growth",
  ),
  ...say(
    { intent: "trend", period: calendar("month", 0) },
    "Why is this month more expensive than last month?",
    "what changed this month",
  ),
  ...say(
    { intent: "trend", period: calendar("week", -1) },
    "what changed last week?",
    "why did costs jump last week?",
  ),
  ...say(
    { intent: "trend", period: days("2026-11-17", "2026-11-17") },
    "Why did cost jump on Tuesday?",
    "why did cost jump on 2026-11-17?",
    "Why did our spend increase on November 17th?",
  ),
  ...say({ intent: "trend", by: "user" }, "what changed by user?"),

  ...say(
    { intent: "anomalies" },
    "Were there any unusual days?",
    "any anomalies?",
    "show me spikes",
    "Did anything weird happen with our spend?",
    "detect outliers in my usage",
    "was there a spike in cost?",
    "anything suspicious in the usage?",
    "find abnormal spend",
    "any days that stand out?",
    "unexpected costs?",
  ),
  ...say(
    { intent: "anomalies", period: month(10) },
    "any anomalies in October?",
  ),
  ...say(
    { intent: "anomalies", mentions: ["project:checkout"] },
    "were there spikes in project checkout?",
  ),

  ...say(
    { intent: "breakdown", period: days("2026-10-01", "2026-10-15") },
    "how much did we spend from 2026-10-01 to 2026-10-15?",
    "how much did we spend between Oct 1 and Oct 15?",
    "How much did we spend from 1 October to 15 October?",
  ),
  ...say(
    { intent: "breakdown", period: days("2026-10-01", null) },
    "how much have we spent since October?",
    "how much have we spent since 2026-10-01?",
  ),
  ...say(
    { intent: "breakdown" },
    "average cost per request",
    "what does a request cost?",
    "what is the cost of one call?",
  ),
  ...say(
    { intent: "trend", period: month(10) },
    "compare October and September",
  ),
  ...say(
    { intent: "trend", mentions: ["model:claude"] },
    "why is claude so expensive?",
  ),
  ...say(
    {
      intent: "breakdown",
      mentions: ["provider:anthropic"],
      period: calendar("month", -1),
    },
    "how much did we spend on Anthropic last month",
  ),
];
