/**
 * The nouns of the domain: threads, messages, runs, steps, usage records and the report. Types only; the page imports them too.
 * Ids are branded so that one kind can never be passed for another. Promises: every value here is plain JSON.
 */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type UserId = Branded<"UserId">;
export type ThreadId = Branded<"ThreadId">;
export type RunId = Branded<"RunId">;
export type MessageId = Branded<"MessageId">;
export type ConnectionId = Branded<"ConnectionId">;
export type ImportId = Branded<"ImportId">;

/** A value that survives JSON.stringify and JSON.parse unchanged. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** ISO 8601 in UTC with milliseconds, e.g. 2026-11-22T09:11:22.000Z. */
export type Timestamp = string;

// --- runs ------------------------------------------------------------------------------------------------------------------

export type ActiveStatus = "queued" | "running" | "awaiting_approval";
export type FinalStatus =
  "completed" | "partial" | "failed" | "cancelled" | "timed_out";
export type RunStatus = ActiveStatus | FinalStatus;
/** How an agent ended; `interrupted` is an agent whose node died under it. */
export type AgentStatus = FinalStatus | "interrupted";

/** What went wrong, in words for a person; `code` is stable and for programs. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface Run {
  readonly run_id: RunId;
  readonly thread_id: ThreadId;
  readonly message_id: MessageId;
  readonly status: RunStatus;
  readonly attempt: number;
  readonly queue_position: number | null;
  readonly created_at: Timestamp;
  readonly started_at: Timestamp | null;
  readonly ended_at: Timestamp | null;
  readonly error: Failure | null;
}

export interface ActiveRun {
  readonly run_id: RunId;
  readonly status: RunStatus;
  readonly started_at: Timestamp | null;
}

export interface Thread {
  readonly thread_id: ThreadId;
  readonly title: string;
  readonly created_at: Timestamp;
  readonly updated_at: Timestamp;
  readonly last_seq: number;
  readonly active_run: ActiveRun | null;
}

export interface Message {
  readonly message_id: MessageId;
  readonly thread_id: ThreadId;
  readonly run_id: RunId;
  readonly role: "user" | "assistant";
  readonly content: string;
  readonly report: JsonObject | null;
  readonly created_at: Timestamp;
}

/** One use of a tool, with its full result: what a figure of the report points back to. */
export interface ToolCall {
  readonly tool_call_id: string;
  readonly tool_name: string;
  readonly parameters: JsonObject;
  readonly success: boolean;
  readonly summary: string;
  readonly result: JsonObject | null;
  readonly error: Failure | null;
}

/** A finished agent: the unit of durability. A stored step is never run again. */
export interface Step {
  readonly agent_name: string;
  readonly status: AgentStatus;
  readonly summary: string;
  readonly result: JsonObject | null;
  readonly error: Failure | null;
  readonly calls: readonly ToolCall[];
}

/** What a run answers with. `report` is the application's own structure; the runtime only carries it. */
export interface Answer {
  readonly content: string;
  readonly report: JsonObject;
  readonly partial: boolean;
}

// --- usage -----------------------------------------------------------------------------------------------------------------

/** Token counts in disjoint buckets: no token is in two of them, and their sum is all tokens. */
export type Tokens = {
  readonly uncached_input: number;
  readonly cache_read: number;
  readonly cache_write_5m: number;
  readonly cache_write_1h: number;
  readonly output: number;
};

export type ServiceTier = "standard" | "batch" | "flex" | "priority";

/** One request, or one bucket of requests, as a provider or gateway reported it. Never holds a prompt or a completion. */
export interface UsageRecord {
  /** Start of the request or bucket. */
  readonly at: Timestamp;
  /** The model's name as the source wrote it. */
  readonly model: string;
  readonly provider: string | null;
  readonly project: string | null;
  readonly feature: string | null;
  /** The end user the request was made for, not the owner of the data. */
  readonly user: string | null;
  readonly api_key: string | null;
  readonly tier: ServiceTier;
  readonly requests: number;
  readonly tokens: Tokens;
  /** US dollars as the source billed them; null where it names none. */
  readonly billed_usd: number | null;
  /** The source's own id of this request; null where it has none. */
  readonly request_id: string | null;
}

/** A usage record with its computed price. `computed_usd` null means unpriced, never free. */
export interface PricedRecord extends UsageRecord {
  readonly computed_usd: number | null;
  readonly priced_as: string | null;
}

export type Period = {
  /** First instant, inclusive. */
  readonly from: Timestamp;
  /** Last instant, exclusive. */
  readonly to: Timestamp;
};

export interface ImportResult {
  readonly import_id: ImportId;
  readonly format: string;
  readonly sample: boolean;
  readonly rows: {
    readonly read: number;
    readonly kept: number;
    readonly skipped: number;
    readonly duplicate: number;
  };
  readonly skipped: readonly {
    readonly line: number;
    readonly reason: string;
  }[];
  readonly period: Period | null;
  readonly models: readonly string[];
  readonly unpriced_models: readonly string[];
}

export interface Cost {
  /** US dollars by our arithmetic from list prices; unpriced tokens are not in it. */
  readonly computed: number;
  /** US dollars as the sources billed them; null where no source named any. */
  readonly billed: number | null;
}

export type Dimension =
  "model" | "provider" | "project" | "feature" | "user" | "day";

export interface UsageGroup {
  /** The group's value; null where records name none. For `day`: YYYY-MM-DD in the user's time zone. */
  readonly key: string | null;
  readonly requests: number;
  readonly tokens: Tokens;
  readonly cost: Cost;
}

export interface UsageSummary {
  readonly period: Period;
  readonly currency: "USD";
  readonly price_date: string;
  readonly requests: number;
  readonly tokens: Tokens;
  readonly cost: Cost;
  readonly groups: readonly UsageGroup[];
  readonly unpriced: readonly {
    readonly model: string;
    readonly tokens: number;
  }[];
  readonly sample: boolean;
}

export interface Preferences {
  /** IANA name; days of every report are days of this zone. */
  readonly time_zone: string;
  readonly week_start: "monday" | "sunday";
  readonly budgets: readonly Budget[];
}

export interface Budget {
  /** US dollars per calendar month. */
  readonly monthly_usd: number;
  /** null: all spend. */
  readonly scope: {
    readonly dimension: "project" | "user" | "model";
    readonly key: string;
  } | null;
}

// --- the report of the cost application -------------------------------------------------------------------------------------

export type Unit =
  "usd" | "percent" | "tokens" | "requests" | "count" | "text" | "date";

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
  readonly assumption: string;
  readonly effort: "low" | "medium" | "high";
  readonly verify: string;
  readonly source: string;
};

export type SectionId =
  "headline" | "where" | "changed" | "savings" | "quality" | "next";

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
