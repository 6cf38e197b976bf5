/** The budget watch: compares a month's spend with the user's budget. Promises: both numbers are read, none is made up. */
import { dayOf } from "../../src/domain/costs/days.ts";
import { formatUsd } from "../../src/domain/costs/money.ts";
import type { Agent, AgentView } from "../../src/domain/agents/definition.ts";
import type { MonthSpend } from "./monthSpend.ts";

export const budgetWatch: Agent = {
  name: "budget_watch",
  goal: "Compare a month's spend with the budget",
  tools: ["month_spend"],
  think: (view) =>
    view.calls.at(-1)?.summary ?? `Adding up what ${monthOf(view)} cost.`,
  decide: (view) => {
    const call = view.calls.at(-1);
    if (call === undefined) {
      return {
        kind: "useTool",
        tool: "month_spend",
        parameters: {
          month: monthOf(view),
          time_zone: view.preferences.time_zone,
        },
        purpose: "add up the month's spend",
      };
    }
    if (call.error !== null) return { kind: "fail", error: call.error };
    const { month, cost_usd } = call.result as MonthSpend;
    const budget_usd = budgetOf(view);
    return {
      kind: "finish",
      status: "completed",
      summary: sentence(month, cost_usd, budget_usd),
      result: { month, cost_usd, budget_usd, source: call.tool_call_id },
    };
  },
};

/** The month that the question names, else the one in which it was asked. */
function monthOf({ question, now, preferences }: AgentView): string {
  const named = /\b2\d{3}-(0[1-9]|1[0-2])\b/.exec(question)?.[0];
  return named ?? dayOf(now, preferences.time_zone).slice(0, 7);
}

/** US dollars a month for all spend; null where the user has set none. */
function budgetOf({ preferences }: AgentView): number | null {
  return (
    preferences.budgets.find((it) => it.scope === null)?.monthly_usd ?? null
  );
}

function sentence(month: string, spent: number, budget: number | null): string {
  const said = `${formatUsd(spent)} spent in ${month}`;
  if (budget === null) return `${said}; no budget is set.`;
  const verdict = spent > budget ? "over" : "within";
  return `${said}, ${verdict} the budget of ${formatUsd(budget)}.`;
}
