/**
 * Everything an answer can be made of, found once: the question's reading and the results of the tools. Promises: whatever is missing
 * is null here and named in `missing`, so that an answer from half a run is built like one from a whole.
 */
import type { Dimension } from "../../model.ts";
import type { Comparison } from "../../tools/comparePeriods.ts";
import type { ToolResults } from "../../tools/index.ts";
import type { UsageResult } from "../../tools/queryUsage.ts";
import { understandingOf } from "../context.ts";
import type { AgentView } from "../definition.ts";
import { callsOf, findCall } from "../evidence.ts";
import type { Found } from "../evidence.ts";
import { planOf } from "../plan.ts";
import type { Understanding } from "../understanding.ts";

type MaybeFound<Name extends keyof ToolResults> = Found<
  ToolResults[Name]
> | null;

export interface Material {
  readonly question: string;
  readonly now: number;
  readonly time_zone: string;
  readonly understanding: Understanding;
  readonly inspection: MaybeFound<"inspect_data">;
  readonly help: MaybeFound<"import_help">;
  /** A comparison or, without a period before, the spend by one dimension. */
  readonly compared: (by: Dimension) => Found<Comparison> | null;
  readonly grouped: (by: Dimension) => Found<UsageResult> | null;
  readonly daily: Found<UsageResult> | null;
  readonly anomalies: MaybeFound<"detect_anomalies">;
  readonly forecast: MaybeFound<"forecast_spend">;
  readonly swaps: MaybeFound<"simulate_model_swap">;
  readonly caching: MaybeFound<"cache_savings">;
  readonly batch: MaybeFound<"batch_savings">;
  readonly combined: MaybeFound<"combine_savings">;
  readonly requestCosts: MaybeFound<"request_costs">;
  readonly failures: MaybeFound<"failed_requests">;
  readonly prices: MaybeFound<"price_lookup">;
  /** What was planned and did not come, in words. */
  readonly missing: readonly string[];
}

/** What a missing agent leaves out of the answer. */
const LEAVES_OUT: Readonly<Record<string, string>> = {
  triage: "a look at which data there is",
  data_helper: "what data is missing and how to bring it in",
  data: "where the money goes and what changed",
  optimization: "the projection and the savings",
};

export function materialOf(
  view: AgentView,
  ending: { readonly timedOut: boolean },
): Material {
  const calls = callsOf(view.steps);
  const find = <Name extends keyof ToolResults>(name: Name) =>
    findCall(calls, name);
  return {
    question: view.question,
    now: view.now,
    time_zone: view.preferences.time_zone,
    understanding: understandingOf(view),
    inspection: find("inspect_data"),
    help: find("import_help"),
    compared: (by) =>
      findCall(calls, "compare_periods", (result) => result.group_by === by),
    grouped: (by) =>
      findCall(
        calls,
        "query_usage",
        (result) => result.group_by.length === 1 && result.group_by[0] === by,
      ),
    daily: findCall(calls, "query_usage", (result) =>
      result.group_by.includes("day"),
    ),
    anomalies: find("detect_anomalies"),
    forecast: find("forecast_spend"),
    swaps: find("simulate_model_swap"),
    caching: find("cache_savings"),
    batch: find("batch_savings"),
    combined: find("combine_savings"),
    failures: find("failed_requests"),
    requestCosts: find("request_costs"),
    prices: find("price_lookup"),
    missing: missingOf(view, ending.timedOut),
  };
}

function missingOf(view: AgentView, timedOut: boolean): readonly string[] {
  const finished = new Map(view.steps.map((step) => [step.agent_name, step]));
  const agents = planOf(view).flatMap((name) => {
    const step = finished.get(name);
    const leavesOut = LEAVES_OUT[name];
    if (
      leavesOut === undefined ||
      step?.status === "completed" ||
      step?.status === "partial"
    )
      return [];
    const why =
      step === undefined
        ? timedOut
          ? "the time ran out"
          : "it did not finish"
        : (step.error?.message ?? "it failed");
    return [`${leavesOut} (${why})`];
  });
  const tools = view.steps
    .filter((step) => step.status === "partial")
    .flatMap((step) => step.calls.filter((call) => !call.success))
    .map(
      (call) =>
        `the result of ${call.tool_name} (${call.error?.message ?? "it failed"})`,
    );
  return [...agents, ...tools];
}
