/**
 * The registry of the cost application's tools. Promises: a tool exists if and only if it is listed here; each one's result type is
 * known by its name.
 */
import type { Tool } from "../agents/definition.ts";
import type { PriceBook, UsageStore } from "../ports.ts";
import { batchSavings } from "./batchSavings.ts";
import type { BatchSavings } from "./batchSavings.ts";
import { cacheSavings } from "./cacheSavings.ts";
import type { CacheSavings } from "./cacheSavings.ts";
import { combineSavings } from "./combineSavings.ts";
import type { CombinedSavings } from "./combineSavings.ts";
import { comparePeriods } from "./comparePeriods.ts";
import type { Comparison } from "./comparePeriods.ts";
import { failedRequests } from "./failedRequests.ts";
import type { FailedRequests } from "./failedRequests.ts";
import { detectAnomalies } from "./detectAnomalies.ts";
import type { Anomalies } from "./detectAnomalies.ts";
import { forecastSpend } from "./forecastSpend.ts";
import type { SpendForecast } from "./forecastSpend.ts";
import { importHelp } from "./importHelp.ts";
import type { ImportHelp } from "./importHelp.ts";
import { inspectData } from "./inspectData.ts";
import type { Inspection } from "./inspection.ts";
import { priceLookup } from "./priceLookup.ts";
import type { Prices } from "./priceLookup.ts";
import { queryUsage } from "./queryUsage.ts";
import type { UsageResult } from "./queryUsage.ts";
import { requestCosts } from "./requestCosts.ts";
import type { RequestCosts } from "./requestCosts.ts";
import { simulateModelSwap } from "./simulateModelSwap.ts";
import type { Swaps } from "./simulateModelSwap.ts";

export const costTools: readonly Tool<UsageStore | PriceBook>[] = [
  inspectData,
  importHelp,
  queryUsage,
  comparePeriods,
  detectAnomalies,
  priceLookup,
  forecastSpend,
  simulateModelSwap,
  cacheSavings,
  batchSavings,
  combineSavings,
  failedRequests,
  requestCosts,
];

/** What each tool answers with. */
export interface ToolResults {
  readonly inspect_data: Inspection;
  readonly import_help: ImportHelp;
  readonly query_usage: UsageResult;
  readonly compare_periods: Comparison;
  readonly detect_anomalies: Anomalies;
  readonly price_lookup: Prices;
  readonly forecast_spend: SpendForecast;
  readonly simulate_model_swap: Swaps;
  readonly cache_savings: CacheSavings;
  readonly batch_savings: BatchSavings;
  readonly combine_savings: CombinedSavings;
  readonly failed_requests: FailedRequests;
  readonly request_costs: RequestCosts;
}
export type ToolName = keyof ToolResults;
