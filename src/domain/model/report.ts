/**
 * The structured answer about AI spend, as the page draws it. Promises: every number names the tool call it came from.
 */
import type { Period } from "./usage.ts";

/**
 * `usd_unit`: US dollars for one unit of work (a request, a million tokens), in which fractions of a cent count. `usd_rough`: US dollars of which
 * only the order of magnitude is known.
 */
export type Unit =
  | "usd"
  | "usd_unit"
  | "usd_rough"
  | "percent"
  | "tokens"
  | "requests"
  | "count"
  | "text"
  | "date";

/** One headline number. `source` is the tool_call_id whose result holds the value. */
export type Figure = {
  readonly id: string;
  readonly label: string;
  readonly value: number | string;
  readonly unit: Unit;
  readonly source: string;
  /** What the value rests on, in a few words, e.g. "30 days, list prices". */
  readonly note: string | null;
};

export type ReportTable = {
  readonly title: string;
  readonly columns: readonly {
    readonly key: string;
    readonly label: string;
    readonly unit: Unit;
  }[];
  readonly rows: readonly { readonly [key: string]: string | number | null }[];
  readonly source: string;
};

/** Stacked spend per day: one point a day, one number per series name, in US dollars. */
export type ReportChart = {
  readonly kind: "daily_spend";
  readonly title: string;
  readonly series: readonly string[];
  readonly points: readonly {
    readonly day: string;
    readonly values: { readonly [series: string]: number };
    readonly anomaly: boolean;
  }[];
  readonly source: string;
};

/** One way to save. Dollars are per month of 30 days; low and high are the ends of an honest range. */
export type Saving = {
  readonly id: string;
  readonly title: string;
  readonly kind: "model_swap" | "prompt_caching" | "batch";
  readonly affected_usd: number;
  readonly low_usd: number;
  readonly high_usd: number;
  /** How well the dollars are known; without it, to the cent. */
  readonly unit?: "usd_rough";
  readonly assumption: string;
  readonly effort: "low" | "medium" | "high";
  /** What may get worse, in a sentence. */
  readonly risk: string;
  readonly verify: string;
  readonly source: string;
};

export type SectionId =
  | "headline"
  | "quality"
  | "where"
  | "changed"
  | "efficiency"
  | "savings"
  | "outlook"
  | "next";

export type ReportSection = {
  readonly id: SectionId;
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly tables: readonly ReportTable[];
  readonly chart: ReportChart | null;
  readonly savings: readonly Saving[];
};

/** The structured answer to a question about AI spend; the Markdown says the same in words. */
export type Report = {
  readonly kind: "costs";
  readonly question: string;
  /** Which of the analyst's questions this was read as, e.g. "overview"; "unknown" when it was not understood. */
  readonly intent: string;
  readonly period: Period | null;
  readonly compared_with: Period | null;
  readonly time_zone: string;
  readonly currency: "USD";
  readonly price_date: string | null;
  readonly sample: boolean;
  readonly figures: readonly Figure[];
  readonly sections: readonly ReportSection[];
  /** Prompts that the person may want to ask next. */
  readonly suggestions: readonly string[];
};
