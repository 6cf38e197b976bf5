/**
 * What every agent of the cost application needs to know of a run: how the question was read and what triage found. Promises: the
 * question is read once and the reading travels in triage's result; without it, it is read again, to the same end.
 */
import { addDays, dayOf, toPeriod } from "../costs/days.ts";
import type { DayRange } from "../costs/days.ts";
import { assumptions } from "../costs/assumptions.ts";
import { limits } from "../limits.ts";
import type { JsonObject, Period } from "../model.ts";
import type { Inspection } from "../tools/inspection.ts";
import type { AgentView } from "./definition.ts";
import { callsOf, findCall } from "./evidence.ts";
import { understand } from "./understanding.ts";
import type { Understanding } from "./understanding.ts";

/** How the question was read. */
export function understandingOf(view: AgentView): Understanding {
  const triage = view.steps.find((step) => step.agent_name === "triage");
  const stored = triage?.result?.["understanding"];
  if (stored !== undefined) return stored as unknown as Understanding;
  return understand(
    view.question,
    view.earlier,
    dayOf(view.now, view.preferences.time_zone),
  );
}

/** What triage found in the data; null where it did not look or failed. */
export function inspectionOf(view: AgentView): Inspection | null {
  return findCall(callsOf(view.steps), "inspect_data")?.result ?? null;
}

/** The parameters that all queries of a run share; null where there is nothing to query. */
export function scopeOf(
  inspection: Inspection | null,
): (JsonObject & { readonly period: Period }) | null {
  if (inspection === null || inspection.period === null) return null;
  return {
    period: inspection.period,
    time_zone: inspection.time_zone,
    filter: inspection.filter,
    basis: inspection.basis,
  };
}

/** The days to learn from what is usual: the asked ones and enough before them, as far as the data goes back. */
export function anomalyHistory(
  days: DayRange,
  data: DayRange,
  zone: string,
): Period {
  const before = addDays(days.first, -limits.defaultPeriodDays);
  const enough = addDays(days.last, 1 - 2 * limits.defaultPeriodDays);
  const wanted = before < enough ? before : enough;
  return toPeriod(
    { first: wanted > data.first ? wanted : data.first, last: days.last },
    zone,
  );
}

/** The days to forecast from: the latest there are, whatever period was asked about. Today too, which the tool leaves out. */
export function forecastHistory(data: DayRange, zone: string): Period {
  const wanted = addDays(data.last, -assumptions.forecastHistoryDaysMax);
  return toPeriod(
    { first: wanted > data.first ? wanted : data.first, last: data.last },
    zone,
  );
}
