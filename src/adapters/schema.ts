/**
 * The shape of the database as TypeScript sees it: one description of every table's columns, from which the row types are derived.
 * Promises: a test compares this description with the migrated database, column by column, so the types cannot drift from the SQL.
 */
import type { ColumnType } from "kysely";
import type { JsonObject } from "../domain/model.ts";

/** Column kinds by their name in PostgreSQL's catalogue; a trailing ? means the column may be null, = that it has a default. */
export const tables = {
  users: { user_id: "text", preferences: "json?", data_version: "int8=" },
  threads: {
    thread_id: "uuid",
    user_id: "text",
    title: "text",
    last_seq: "int8=",
    created_at: "timestamptz=",
    updated_at: "timestamptz=",
  },
  messages: {
    user_id: "text",
    message_id: "text",
    thread_id: "uuid",
    run_id: "uuid",
    role: "text",
    content: "text",
    report: "json?",
    created_at: "timestamptz=",
  },
  runs: {
    run_id: "uuid",
    user_id: "text",
    thread_id: "uuid",
    message_id: "text",
    position: "int8=",
    status: "text=",
    attempt: "int4=",
    held: "bool=",
    crashes: "int4=",
    error: "json?",
    created_at: "timestamptz=",
    dispatched_at: "timestamptz?",
    stop_requested_at: "timestamptz?",
    started_at: "timestamptz?",
    ended_at: "timestamptz?",
    traceparent: "text?",
  },
  run_steps: {
    run_id: "uuid",
    position: "int4",
    user_id: "text",
    step: "json",
  },
  run_reports: {
    run_id: "uuid",
    report_id: "uuid=",
    user_id: "text",
    at: "timestamptz=",
    attempt: "int4",
    node: "text=",
    version: "text=",
    kind: "text",
    detail: "json",
  },
  tool_calls: {
    run_id: "uuid",
    tool_call_id: "text",
    user_id: "text",
    call: "json",
  },
  events: {
    thread_id: "uuid",
    seq: "int8",
    user_id: "text",
    run_id: "uuid",
    event: "json",
  },
  imports: {
    import_id: "uuid",
    user_id: "text",
    format: "text",
    sample: "bool",
    file_name: "text?",
    result: "json?",
    created_at: "timestamptz=",
  },
  usage_records: {
    user_id: "text",
    identity: "text",
    at: "timestamptz",
    model: "text",
    provider: "text?",
    project: "text?",
    feature: "text?",
    end_user: "text?",
    api_key: "text?",
    tier: "text",
    requests: "int8",
    uncached_input: "int8",
    cache_read: "int8",
    cache_write_5m: "int8",
    cache_write_1h: "int8",
    output: "int8",
    billed_usd: "numeric?",
    computed_usd: "numeric?",
    priced_as: "text?",
    sample: "bool",
    import_ids: "_uuid",
    measures: "text=",
    tags: "_text=",
    failed_requests: "int8?",
    reusable: "json?",
  },
  usage_replaced: {
    user_id: "text",
    identity: "text",
    place: "int8=",
    import_ids: "_uuid",
    record: "json",
  },
  usage_sums: {
    user_id: "text",
    sample: "bool",
    at: "timestamptz",
    model: "text",
    provider: "text?",
    project: "text?",
    feature: "text?",
    tier: "text",
    measures: "text",
    priced: "bool",
    billed: "bool",
    priced_as: "text?",
    bucketed: "bool",
    records: "int8",
    requests: "int8",
    uncached_input: "int8",
    cache_read: "int8",
    cache_write_5m: "int8",
    cache_write_1h: "int8",
    output: "int8",
    billed_usd: "numeric?",
    computed_usd: "numeric?",
  },
  revocations: {
    kind: "text",
    name: "text",
    revoked_at: "timestamptz=",
    expires_at: "timestamptz",
  },
  sessions: { user_id: "text", threads: "json", saved_at: "timestamptz=" },
} as const;

interface Kinds {
  text: string;
  uuid: string;
  _uuid: string[];
  _text: string[];
  int4: number;
  int8: number;
  bool: boolean;
  numeric: number;
  timestamptz: string;
  json: ColumnType<JsonObject, string, string>;
}

type Column<Kind extends string> =
  Kind extends `${infer Name extends keyof Kinds}?`
    ? Nullable<Kinds[Name]>
    : Kind extends `${infer Name extends keyof Kinds}=`
      ? ColumnType<Kinds[Name], Kinds[Name] | undefined, Kinds[Name]>
      : Kind extends keyof Kinds
        ? Kinds[Kind]
        : never;

type Nullable<T> =
  T extends ColumnType<infer S, infer I, infer U>
    ? ColumnType<S | null, I | null | undefined, U | null>
    : ColumnType<T | null, T | null | undefined, T | null>;

/** The database as kysely's type parameter. */
export type Tables = {
  [Table in keyof typeof tables]: {
    [Name in keyof (typeof tables)[Table]]: Column<
      (typeof tables)[Table][Name] & string
    >;
  };
};
