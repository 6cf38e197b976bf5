/**
 * The data agent: queries the usage that the question is about. Promises: few queries, each for something the answer shows; all of one
 * run look at the same period, filter and dollars.
 */
import { dimensionWords } from "../costs/dimensions.ts";
import type { Dimension, JsonObject, NamedDimension } from "../model.ts";
import type { Inspection } from "../tools/inspection.ts";
import { limits } from "../limits.ts";
import { analyst } from "./analyst.ts";
import type { PlannedCall } from "./analyst.ts";
import {
  anomalyHistory,
  inspectionOf,
  scopeOf,
  understandingOf,
} from "./context.ts";
import type { AgentView } from "./definition.ts";
import { asksOfRequests } from "./reading/lexicon.ts";
import type { Understanding } from "./understanding.ts";

export const data = analyst({
  name: "data",
  goal: "Query the usage that the question is about",
  tools: [
    "query_usage",
    "compare_periods",
    "detect_anomalies",
    "failed_requests",
    "request_costs",
    "price_lookup",
  ],
  opening: (view) => {
    const [first] = plan(view);
    const inspection = inspectionOf(view);
    const days = inspection?.days
      ? ` for ${inspection.days.first} to ${inspection.days.last}`
      : "";
    return `Querying${days}. First: ${first?.purpose ?? "nothing to look up"}.`;
  },
  plan,
  conclude: (view) => ({
    summary: `${view.calls.filter((call) => call.success).length} of ${view.calls.length} queries answered.`,
    result: {
      queries: view.calls.length,
      failed: view.calls
        .filter((call) => !call.success)
        .map((call) => call.tool_name),
    },
  }),
});

function plan(view: AgentView): readonly PlannedCall[] {
  const understanding = understandingOf(view);
  const inspection = inspectionOf(view);
  if (understanding.intent === "prices")
    return [lookUp(understanding, inspection)];
  const calls = inspection === null ? null : callsFor(inspection);
  if (calls === null) return [];
  const { byDay, compared, grouped, unusual, ofRequests } = calls;
  switch (understanding.intent) {
    case "overview":
      return [
        compared("model"),
        grouped("project"),
        grouped("feature"),
        grouped("user"),
        byDay("model"),
        unusual,
        ...ofRequests,
      ];
    case "breakdown":
      return [
        ...breakdown(understanding.group_by ?? "model", calls),
        ...(asksOfRequests(view.question.toLowerCase()) ? ofRequests : []),
      ];
    case "trend":
      return [
        compared("model"),
        compared(trendDimension(understanding)),
        byDay("model"),
        unusual,
      ];
    case "anomalies":
      return [unusual, byDay("model")];
    case "forecast":
      return [byDay("model")];
    case "savings":
      return [grouped("model")];
    default:
      return [];
  }
}

type Calls = NonNullable<ReturnType<typeof callsFor>>;

function breakdown(
  dimension: Dimension,
  { byDay, compared, grouped }: Calls,
): readonly PlannedCall[] {
  if (dimension === "hour") return [grouped("hour"), byDay("model")];
  return dimension === "day"
    ? [byDay("model"), compared("model")]
    : [compared(dimension), byDay(dimension)];
}

/** What a question about change is broken down by, besides the model. */
export function trendDimension({ group_by }: Understanding): NamedDimension {
  return group_by === null ||
    group_by === "day" ||
    group_by === "hour" ||
    group_by === "model"
    ? "project"
    : group_by;
}

/** The calls that may be made within the inspected scope; null where there is none. */
function callsFor(inspection: Inspection) {
  const scope = scopeOf(inspection);
  const { days, data: all } = inspection;
  if (scope === null || days === null || all === null) return null;
  const grouped = (dimension: Exclude<Dimension, "day">): PlannedCall => ({
    tool: "query_usage",
    purpose: `spend by ${dimensionWords(dimension)}`,
    parameters: { ...scope, group_by: [dimension] },
  });
  return {
    grouped,
    /** Against the period before where the data has one, else the period alone. */
    compared: (dimension: NamedDimension): PlannedCall =>
      inspection.compared_with === null
        ? grouped(dimension)
        : {
            tool: "compare_periods",
            purpose: `spend by ${dimensionWords(dimension)}, against the period before`,
            parameters: {
              ...scope,
              compared_with: inspection.compared_with,
              group_by: dimension,
            },
          },
    byDay: (dimension: NamedDimension): PlannedCall => ({
      tool: "query_usage",
      purpose: `spend by day and ${dimensionWords(dimension)}`,
      parameters: { ...scope, group_by: ["day", dimension] },
    }),
    ofRequests: requestCalls(inspection, {
      period: scope.period,
      time_zone: inspection.time_zone,
      filter: inspection.filter,
    }),
    unusual: {
      tool: "detect_anomalies",
      purpose: "days that stand out",
      parameters: {
        ...scope,
        history: anomalyHistory(days, all, inspection.time_zone),
      },
    } satisfies PlannedCall,
  };
}

/** What single requests tell: those that failed and, of data that is not too much to look at one by one, what they cost. */
function requestCalls(
  inspection: Inspection,
  parameters: JsonObject,
): readonly PlannedCall[] {
  const failed: PlannedCall = {
    tool: "failed_requests",
    purpose: "requests that failed",
    parameters,
  };
  const costs: PlannedCall = {
    tool: "request_costs",
    purpose: "what a single request costs",
    parameters,
  };
  return inspection.records > limits.spreadRecordsMax
    ? [failed]
    : [failed, costs];
}

function lookUp(
  understanding: Understanding,
  inspection: Inspection | null,
): PlannedCall {
  const models =
    understanding.models.length > 0
      ? understanding.models
      : (inspection?.models ?? []);
  return {
    tool: "price_lookup",
    purpose: "list prices of the models asked about",
    parameters: { models: models.slice(0, limits.mentionsPerQuestionMax) },
  };
}
