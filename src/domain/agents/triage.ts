/**
 * The triage agent: reads the question and looks whether the data can answer it. Promises: looks at data only where the question is
 * about data; its result is what the plan of the run is made from.
 */
import { analyst } from "./analyst.ts";
import { understandingOf } from "./context.ts";
import type { AgentView } from "./definition.ts";
import { findCall } from "./evidence.ts";
import type { Intent } from "./reading/lexicon.ts";
import type { Understanding } from "./understanding.ts";

const READ_AS: Readonly<Record<Intent, string>> = {
  overview: "a full analysis of AI spend",
  breakdown: "where the money goes",
  trend: "what changed in spend",
  anomalies: "a search for unusual days",
  forecast: "what is to be expected",
  savings: "ways to spend less",
  model_swap: "what another model would cost",
  caching: "what prompt caching brings",
  batch: "what could run in the batch tier",
  prices: "list prices",
  quality: "how good the data is",
  import: "how to bring data in",
  help: "what I can do",
  unknown: "something I do not understand",
};

/** Whether the question can only be answered from the user's data. */
export function needsData(understanding: Understanding): boolean {
  if (understanding.intent === "prices")
    return understanding.models.length === 0;
  return !["import", "help", "unknown"].includes(understanding.intent);
}

export const triage = analyst({
  name: "triage",
  goal: "Understand the question and see whether the data can answer it",
  tools: ["inspect_data"],
  opening: (view) => {
    const understanding = understandingOf(view);
    const context = understanding.follow_up
      ? ", in the light of the earlier question"
      : "";
    const next = needsData(understanding)
      ? " First: which data there is for it."
      : "";
    return `I read this as: ${READ_AS[understanding.intent]}${context}.${next}`;
  },
  plan: (view) => {
    const understanding = understandingOf(view);
    if (!needsData(understanding)) return [];
    const { group_by } = understanding;
    return [
      {
        tool: "inspect_data",
        purpose:
          "find the period, the names asked about and whether the data suffices",
        parameters: {
          period: understanding.period,
          time_zone: view.preferences.time_zone,
          week_start: view.preferences.week_start,
          mentions: understanding.mentions,
          dimension:
            group_by === "day" || group_by === "hour" ? null : group_by,
        },
      },
    ];
  },
  conclude: (view) => ({
    summary: summary(view),
    result: {
      understanding: understandingOf(view),
      sufficiency: sufficiency(view),
    },
  }),
});

function sufficiency(view: AgentView): string | null {
  return findCall(view.calls, "inspect_data")?.result.sufficiency ?? null;
}

function summary(view: AgentView): string {
  const read = `Asked for: ${READ_AS[understandingOf(view).intent]}.`;
  const found = sufficiency(view);
  if (found === null) return read;
  const words = {
    none: "There is no data for it.",
    partial: "The data answers it in part.",
    sufficient: "The data suffices.",
  };
  return `${read} ${words[found as keyof typeof words]}`;
}
