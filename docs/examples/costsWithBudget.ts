/** The cost application with one agent more: the budget watch works just before the report, and its finding closes the answer. */
import type { Application } from "../../src/domain/agents/definition.ts";
import { costs } from "../../src/domain/agents/index.ts";
import type { PriceBook, UsageStore } from "../../src/domain/ports.ts";
import { budgetWatch } from "./budgetWatch.ts";
import { monthSpend } from "./monthSpend.ts";

export const costsWithBudget: Application<UsageStore | PriceBook> = {
  ...costs,
  agents: [...costs.agents, budgetWatch],
  tools: [...costs.tools, monthSpend],
  next: (view) => {
    const next = costs.next(view);
    const watched = view.steps.some((it) => it.agent_name === budgetWatch.name);
    return next === "report" && !watched ? budgetWatch.name : next;
  },
  answer: (view, ending) => {
    const answer = costs.answer(view, ending);
    const watch = view.steps.find((it) => it.agent_name === budgetWatch.name);
    if (answer === null || watch?.status !== "completed") return answer;
    return { ...answer, content: `${answer.content}\n\n${watch.summary}` };
  },
};
