/**
 * The cost application: its agents, its tools and its plan. What the runtime runs; nothing in the runtime knows of costs. Promises: the
 * plan always ends with a report.
 */
import type { PriceBook, UsageStore } from "../ports.ts";
import { costTools } from "../tools/index.ts";
import { data } from "./data.ts";
import { dataHelper } from "./dataHelper.ts";
import type { Application } from "./definition.ts";
import { optimization } from "./optimization.ts";
import { nextAgent } from "./plan.ts";
import { answer, report } from "./report.ts";
import { triage } from "./triage.ts";

export const costs: Application<UsageStore | PriceBook> = {
  name: "costs",
  goal: "Answer a question about AI spend from the user's own usage data",
  agents: [triage, dataHelper, data, optimization, report],
  tools: costTools,
  opening: (view) =>
    view.earlier.length === 0
      ? "Triage first: what is asked, and is there data for it? Then the plan that the data allows."
      : "A follow-up: triage reads it together with the earlier questions of this thread, then the plan that the data allows.",
  next: nextAgent,
  answer,
};
