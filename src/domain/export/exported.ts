/**
 * What an export is made of: the stored report of a run with what it answers and where each of its figures comes from. Promises: pure;
 * every figure, table, chart and saving of the report is cited once, with the tool call that holds its values.
 */
import { toRange } from "../costs/days.ts";
import { rangeWords, spanWords } from "../agents/answer/words.ts";
import type { JsonObject, Report, RunId, Timestamp } from "../model.ts";
import type { AnsweredRun } from "../ports.ts";

export const EXPORT_FORMATS = ["markdown", "json", "csv", "html"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A tool call that the report cites, and what of the report rests on it. */
export interface Source {
  readonly tool_call_id: string;
  readonly tool_name: string;
  readonly summary: string;
  /** Where the full result is, on the server that the report comes from. */
  readonly path: string;
  readonly cited_by: readonly string[];
}

export interface Exported {
  readonly run_id: RunId;
  readonly question: string;
  readonly ended_at: Timestamp | null;
  readonly partial: boolean;
  /** The answer in words, as Markdown. */
  readonly content: string;
  readonly report: Report;
  readonly sources: readonly Source[];
}

/** One part of a report that rests on a tool call. */
export interface Citation {
  readonly kind: "figure" | "table" | "chart" | "saving";
  readonly label: string;
  readonly source: string;
}

/** Null where the run has no report about costs, or none yet. */
export function toExported(found: AnsweredRun): Exported | null {
  const report = asReport(found.answer?.report ?? null);
  if (found.answer === null || report === null) return null;
  const { run } = found;
  return {
    run_id: run.run_id,
    question: found.question,
    ended_at: run.ended_at,
    partial: run.status === "partial",
    content: found.answer.content,
    report,
    sources: sourcesOf(report, found),
  };
}

/** Another application's report is its own business: nothing is known of its figures and sources. */
function asReport(value: JsonObject | null): Report | null {
  return value?.["kind"] === "costs" ? (value as unknown as Report) : null;
}

/** Everything in a report that cites a tool call, in its order. */
export function citationsOf(report: Report): readonly Citation[] {
  const figures = report.figures.map(({ label, source }) => ({
    kind: "figure" as const,
    label,
    source,
  }));
  const parts = report.sections.flatMap(({ tables, chart, savings }) => [
    ...(chart === null ? [] : [cite("chart", chart)]),
    ...tables.map((table) => cite("table", table)),
    ...savings.map((saving) => cite("saving", saving)),
  ]);
  return [...figures, ...parts];
}

function cite(
  kind: Citation["kind"],
  part: { readonly title: string; readonly source: string },
): Citation {
  return { kind, label: part.title, source: part.source };
}

function sourcesOf(
  report: Report,
  { run, calls }: AnsweredRun,
): readonly Source[] {
  const cited = Map.groupBy(citationsOf(report), ({ source }) => source);
  return [...cited].map(([id, citations]) => {
    const call = calls.find((it) => it.tool_call_id === id);
    return {
      tool_call_id: id,
      tool_name: call?.tool_name ?? "",
      summary: call?.summary ?? "",
      path: `/api/runs/${run.run_id}/calls/${encodeURIComponent(id)}`,
      cited_by: citations.map(({ kind, label }) => `${kind}: ${label}`),
    };
  });
}

/** What the figures are about and rest on, as pairs of a name and words for it; only what the report has. */
export function basisOf(
  exported: Exported,
): readonly (readonly [name: string, words: string])[] {
  const { report, ended_at, run_id } = exported;
  const { period, compared_with, time_zone, price_date } = report;
  const pairs: readonly (readonly [string, string | null])[] = [
    ["Period", period && spanWords(toRange(period, time_zone), time_zone)],
    [
      "Compared with",
      compared_with && rangeWords(toRange(compared_with, time_zone)),
    ],
    ["Price list", price_date && `${price_date}, in US dollars`],
    ["Answered", ended_at && `${ended_at.slice(0, 16).replace("T", " ")} UTC`],
    ["Run", run_id],
  ];
  return pairs.flatMap(([name, words]) => (words ? [[name, words]] : []));
}
