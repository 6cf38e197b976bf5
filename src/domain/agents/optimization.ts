/**
 * The optimization agent: what is to come and what could be saved. Promises: every saving is computed by a tool on the user's own
 * tokens; what a question fixes (a model, a share) is passed on, the rest is the tools' stated scenario.
 */
import { analyst } from "./analyst.ts";
import type { PlannedCall } from "./analyst.ts";
import {
  forecastHistory,
  inspectionOf,
  scopeOf,
  understandingOf,
} from "./context.ts";
import type { AgentView } from "./definition.ts";

export const optimization = analyst({
  name: "optimization",
  goal: "Project the spend to come and compute what could be saved",
  tools: [
    "forecast_spend",
    "simulate_model_swap",
    "cache_savings",
    "batch_savings",
    "combine_savings",
  ],
  opening: (view) =>
    `Working out ${
      plan(view)
        .map((call) => call.purpose)
        .join(", ") || "nothing"
    }.`,
  plan,
  conclude: (view) => ({
    summary: `${view.calls.filter((call) => call.success).length} of ${view.calls.length} calculations done.`,
    result: {
      calculations: view.calls.length,
      failed: view.calls
        .filter((call) => !call.success)
        .map((call) => call.tool_name),
    },
  }),
});

function plan(view: AgentView): readonly PlannedCall[] {
  const calls = callsFor(view);
  if (calls === null) return [];
  const { forecast, swap, caching, batch, combined } = calls;
  switch (understandingOf(view).intent) {
    case "overview":
      return [forecast, swap, caching, batch, combined];
    case "savings":
      return [swap, caching, batch, combined];
    case "forecast":
      return [forecast];
    case "model_swap":
      return [swap];
    case "caching":
      return [caching];
    case "batch":
      return [batch];
    default:
      return [];
  }
}

/** The calls that may be made within the inspected scope; null where there is none. */
function callsFor(view: AgentView) {
  const understanding = understandingOf(view);
  const inspection = inspectionOf(view);
  const scope = scopeOf(inspection);
  if (inspection === null || inspection.data === null || scope === null)
    return null;
  const { period } = scope;
  const { time_zone: zone, filter, basis } = inspection;
  return {
    combined: {
      tool: "combine_savings",
      purpose: "what they come to one after another",
      parameters: { period, time_zone: zone, filter },
    },
    forecast: {
      tool: "forecast_spend",
      purpose: "the month's projection",
      parameters: {
        history: forecastHistory(inspection.data, zone),
        data_first: inspection.data.first,
        time_zone: zone,
        filter,
        basis,
        budgets: view.preferences.budgets.map(
          ({ monthly_usd, scope: of, warn_percent }) => ({
            monthly_usd,
            scope:
              of === null ? null : { dimension: of.dimension, key: of.key },
            ...(warn_percent === undefined ? {} : { warn_percent }),
          }),
        ),
      },
    },
    swap: {
      tool: "simulate_model_swap",
      purpose: "the same tokens at cheaper models",
      parameters: {
        period,
        time_zone: zone,
        filter,
        to_model: understanding.swap?.to ?? null,
        moved_percent:
          understanding.swap === null ? null : understanding.percent,
      },
    },
    caching: {
      tool: "cache_savings",
      purpose: "what prompt caching brings",
      parameters: {
        period,
        time_zone: zone,
        filter,
        hit_percent:
          understanding.intent === "caching" ? understanding.percent : null,
      },
    },
    batch: {
      tool: "batch_savings",
      purpose: "what the batch tier would save",
      parameters: {
        period,
        time_zone: zone,
        filter,
        waiting_percent:
          understanding.intent === "batch" ? understanding.percent : null,
      },
    },
  } satisfies Readonly<Record<string, PlannedCall>>;
}
