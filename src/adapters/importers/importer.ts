/**
 * What a usage format is: its name, what it expects in words, how it is recognised by content, and how one row becomes a record.
 * Promises: a reader never throws on content; a row that it cannot read becomes a problem in words that never quote the row.
 */
import { ImportRefused } from "../../domain/errors.ts";
import type { Timestamp, UsageRecord } from "../../domain/model.ts";

export type FormatName =
  | "openai_usage_csv"
  | "openai_usage_json"
  | "openai_costs_csv"
  | "openai_costs_json"
  | "anthropic_usage_csv"
  | "anthropic_usage_json"
  | "anthropic_costs_csv"
  | "anthropic_costs_json"
  | "deepseek_costs_csv"
  | "litellm_logs_csv"
  | "litellm_logs_json"
  | "litellm_daily_csv"
  | "litellm_daily_json"
  | "langfuse_csv"
  | "langfuse_json"
  | "helicone_csv"
  | "openrouter_csv"
  | "openrouter_json"
  | "ccusage_json"
  | "block_trace"
  | "otlp_json"
  | "focus_csv"
  | "csv";

/** What the person who imports says about the file. */
export interface ReadingOptions {
  /** The model of rows that name none. */
  readonly model?: string;
  /** The instant from which a trace counts its time stamps. */
  readonly start?: Timestamp;
  /** Our column name → the file's, for plain CSV whose columns have names of their own. */
  readonly columnMap?: Readonly<Record<string, string>>;
}

/** What a source may leave untold, and what a record says then. */
export const UNTOLD = {
  measures: "usage",
  tags: [],
  failed_requests: null,
  reusable: null,
} as const satisfies Partial<UsageRecord>;

/** A record of a source that leaves these untold. */
export type ToldRecord = Omit<UsageRecord, keyof typeof UNTOLD> &
  Partial<UsageRecord>;

/** Why a row is no record. */
export interface Problem {
  readonly problem: string;
}

export type Reading = UsageRecord | Problem;

/** One row of the file with its 1-based line: what it says, or why that cannot be told. */
export type Row<Content> =
  | { readonly line: number; readonly content: Content }
  | ({ readonly line: number } & Problem);

export type Cells = readonly string[];

/** Reads the cells of a row that has as many of them as the header; null when the row says that there is nothing to read. */
export type CellsReader = (cells: Cells) => Reading | null;
/** Reads one JSON document: a page, a bucket, or a list of these. */
export type DocumentReader = (document: unknown) => readonly Reading[];

interface Format {
  readonly name: FormatName;
  /** The end of the sentence "Expected …". */
  readonly expects: string;
}

export interface CsvFormat extends Format {
  /** A reader for a file with this header; null when it is another format; a refusal when it is this one but cannot be read. */
  readonly recognise: (
    header: Cells,
    options: ReadingOptions,
  ) => CellsReader | ImportRefused | null;
}

export interface JsonFormat extends Format {
  /** A reader for a file whose first document is this one; null when it is another format; a refusal as for CSV. */
  readonly recognise: (
    first: unknown,
    options: ReadingOptions,
  ) => DocumentReader | ImportRefused | null;
}

export function isProblem<T extends object>(
  value: T | Problem,
): value is Problem {
  return "problem" in value;
}

/** A refusal with what this format expects. */
export function refuse(problem: string, expected: string): ImportRefused {
  return new ImportRefused({ problem, expected });
}
