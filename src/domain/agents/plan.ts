/**
 * The supervisor's plan: triage first, then what its findings allow, then the report, always. Promises: a function of the finished steps
 * alone, so a run that is taken up again goes on where it was; never the same agent twice.
 */
import { inspectionOf, understandingOf } from "./context.ts";
import type { AgentView } from "./definition.ts";
import type { Intent } from "./reading/lexicon.ts";
import { needsData } from "./triage.ts";

/** Which of the agents that look at data have something to say to a question. */
const CONCERNED: Readonly<Record<Intent, readonly string[]>> = {
  overview: ["data", "optimization"],
  breakdown: ["data"],
  trend: ["data"],
  anomalies: ["data"],
  forecast: ["data", "optimization"],
  savings: ["data", "optimization"],
  model_swap: ["optimization"],
  caching: ["optimization"],
  batch: ["optimization"],
  prices: ["data"],
  quality: [],
  import: [],
  help: [],
  unknown: [],
};

/** The agents of this run in order, as far as they can be told by now. */
export function planOf(view: AgentView): readonly string[] {
  const triage = view.steps.find((step) => step.agent_name === "triage");
  if (triage === undefined) return ["triage"];
  if (triage.status !== "completed" && triage.status !== "partial")
    return ["triage", "data_helper", "report"];
  const understanding = understandingOf(view);
  const agents = CONCERNED[understanding.intent];
  if (understanding.intent === "import")
    return ["triage", "data_helper", "report"];
  if (!needsData(understanding)) return ["triage", ...agents, "report"];
  switch (inspectionOf(view)?.sufficiency ?? "none") {
    case "sufficient":
      return ["triage", ...agents, "report"];
    case "partial":
      return ["triage", "data_helper", ...agents, "report"];
    case "none":
      return ["triage", "data_helper", "report"];
  }
}

/** The next agent that has not finished; null when all have. */
export function nextAgent(view: AgentView): string | null {
  const finished = new Set(
    view.steps
      .filter((step) => step.status !== "interrupted")
      .map((step) => step.agent_name),
  );
  return planOf(view).find((name) => !finished.has(name)) ?? null;
}
