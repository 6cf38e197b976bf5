/** The budget application: one agent, one tool, one plan. */
import type { Application } from "../../src/domain/agents/definition.ts";
import type { UsageStore } from "../../src/domain/ports.ts";
import { budgetWatch } from "./budgetWatch.ts";
import { monthSpend } from "./monthSpend.ts";

export const budget: Application<UsageStore> = {
  name: "budget",
  goal: "Say whether a month stayed within its budget",
  agents: [budgetWatch],
  tools: [monthSpend],
  opening: () => "One agent will do: it adds up the month and compares.",
  next: ({ steps }) => (steps.length === 0 ? budgetWatch.name : null),
  answer: ({ steps }) => {
    const { summary, result } = steps.at(-1) ?? { summary: "", result: null };
    if (result === null) return null;
    return {
      content: summary,
      report: { kind: "budget", ...result },
      partial: false,
    };
  },
};
