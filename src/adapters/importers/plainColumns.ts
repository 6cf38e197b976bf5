/**
 * The columns of a plain CSV: what we call them and what others do. Promises: a file's column is taken by exact meaning only, in
 * the order of preference written here; what `columnMap` says goes before any name.
 */
import type { ImportRefused } from "../../domain/errors.ts";
import { refuse } from "./importer.ts";
import type { Cells, ReadingOptions } from "./importer.ts";

/** Our name → the names it goes by, best first; case, spaces, dots, dashes and underscores do not count. */
const NAMES = {
  timestamp: [
    "timestamp",
    "time",
    "datetime",
    "created_at",
    "request_created_at",
    "start_time",
    "started_at",
    "created",
    "date",
    "day",
  ],
  model: [
    "model",
    "model_name",
    "model_id",
    "model_version",
    "model_permaslug",
  ],
  provider: ["provider", "provider_name", "custom_llm_provider"],
  project: [
    "project",
    "project_name",
    "project_id",
    "team",
    "team_id",
    "workspace",
  ],
  feature: [
    "feature",
    "feature_name",
    "use_case",
    "application",
    "app_name",
    "app",
  ],
  user: ["user", "user_id", "username", "end_user", "customer", "customer_id"],
  api_key: ["api_key_id", "api_key_name", "key_name"],
  tier: ["tier", "service_tier"],
  batch: ["batch"],
  requests: [
    "requests",
    "num_model_requests",
    "num_requests",
    "request_count",
    "api_requests",
  ],
  input_tokens: [
    "input_tokens",
    "prompt_tokens",
    "context_tokens",
    "tokens_prompt",
    "prompt_token_count",
    "tokens_in",
  ],
  cached_tokens: [
    "cached_tokens",
    "cache_read_tokens",
    "cached_input_tokens",
    "input_cached_tokens",
    "tokens_cached",
    "cache_read_input_tokens",
  ],
  cache_write_tokens: [
    "cache_write_tokens",
    "cache_write_5m_tokens",
    "input_cache_write_tokens",
    "cache_creation_input_tokens",
  ],
  cache_write_1h_tokens: ["cache_write_1h_tokens"],
  output_tokens: [
    "output_tokens",
    "completion_tokens",
    "generated_tokens",
    "tokens_completion",
    "candidates_token_count",
    "tokens_out",
  ],
  cost: ["cost", "cost_usd", "total_cost", "cost_total", "spend", "billed_usd"],
  currency: ["currency"],
  request_id: ["request_id", "generation_id", "response_id"],
} as const satisfies Record<string, readonly string[]>;

export type PlainColumn = keyof typeof NAMES;
export const PLAIN_COLUMNS = Object.keys(NAMES).filter(isPlainColumn);
/** The file's own name of each column that it has. */
export type ColumnNames = { readonly [Column in PlainColumn]?: string };

/** Finds the file's column for each of ours; a refusal when `columnMap` names one that does not exist. */
export function findColumns(
  header: Cells,
  columnMap: ReadingOptions["columnMap"] = {},
): ColumnNames | ImportRefused {
  for (const [ours, theirs] of Object.entries(columnMap)) {
    if (!isPlainColumn(ours))
      return refuse(
        "The column mapping names a column that does not exist here",
        PLAIN_COLUMNS.join(", "),
      );
    if (!header.includes(theirs))
      return refuse(
        `The file has no column for ${ours} under the mapped name`,
        header.join(", "),
      );
  }
  const byName = new Map(header.map((name) => [simplify(name), name]));
  const found = PLAIN_COLUMNS.map(
    (ours) => [ours, columnMap[ours] ?? firstOf(NAMES[ours], byName)] as const,
  );
  return Object.fromEntries(found.filter(([, theirs]) => theirs !== undefined));
}

/**
 * True when `input_tokens` leaves cached tokens out. Anthropic's API names its buckets input_tokens, cache_read_input_tokens and
 * cache_creation_input_tokens, and only there does the first not include the others (API reference, Messages, usage).
 */
export function inputLeavesCacheOut(columns: ColumnNames): boolean {
  const cache = [columns.cached_tokens, columns.cache_write_tokens].map(
    (name) => simplify(name ?? ""),
  );
  const anthropic =
    cache.includes("cachereadinputtokens") ||
    cache.includes("cachecreationinputtokens");
  return anthropic && simplify(columns.input_tokens ?? "") === "inputtokens";
}

function firstOf(
  names: readonly string[],
  byName: ReadonlyMap<string, string>,
): string | undefined {
  return names
    .map((name) => byName.get(simplify(name)))
    .find((theirs) => theirs !== undefined);
}

function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[\s._-]/g, "");
}

function isPlainColumn(name: string): name is PlainColumn {
  return Object.hasOwn(NAMES, name);
}
