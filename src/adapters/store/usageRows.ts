/**
 * Records as rows within a statement: which columns they fill, and how these travel. Promises: a row is its record, column for column; a column in
 * which all records of a batch agree travels once, since most columns of most files are such, and each costs both sides as much as any other.
 */
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { IdentifiedRecord } from "../../domain/ports.ts";
import { json } from "./rows.ts";
import { listed } from "./usageSums.ts";

interface Column {
  readonly name: string;
  readonly type: "text" | "timestamptz" | "bigint" | "numeric" | "json";
  readonly of: (record: IdentifiedRecord) => string | number | null;
}

const column = (
  name: string,
  type: Column["type"],
  of: Column["of"],
): Column => ({ name, type, of });

const IDENTITY = column("identity", "text", (it) => it.identity);
const COLUMNS: readonly Column[] = [
  IDENTITY,
  column("at", "timestamptz", (it) => it.at),
  column("model", "text", (it) => it.model),
  column("provider", "text", (it) => it.provider),
  column("project", "text", (it) => it.project),
  column("feature", "text", (it) => it.feature),
  column("end_user", "text", (it) => it.user),
  column("api_key", "text", (it) => it.api_key),
  column("tier", "text", (it) => it.tier),
  column("requests", "bigint", (it) => it.requests),
  column("uncached_input", "bigint", (it) => it.tokens.uncached_input),
  column("cache_read", "bigint", (it) => it.tokens.cache_read),
  column("cache_write_5m", "bigint", (it) => it.tokens.cache_write_5m),
  column("cache_write_1h", "bigint", (it) => it.tokens.cache_write_1h),
  column("output", "bigint", (it) => it.tokens.output),
  column("billed_usd", "numeric", (it) => it.billed_usd),
  column("computed_usd", "numeric", (it) => it.computed_usd),
  column("priced_as", "text", (it) => it.priced_as),
  column("measures", "text", (it) => it.measures),
  column("tags", "text", (it) => (it.tags.length === 0 ? null : json(it.tags))),
  column("failed_requests", "bigint", (it) => it.failed_requests),
  column("reusable", "json", (it) => it.reusable && json(it.reusable)),
];

export const NAMES = COLUMNS.map(({ name }) => name);
export const CONTENT = NAMES.filter((name) => name !== IDENTITY.name);
/** Comparable: json is not, its text is. */
export const content = (of: string): RawBuilder<unknown> =>
  sql.raw(
    `(${CONTENT.map((name) => (name === "reusable" ? `${of}${name}::text` : `${of}${name}`)).join(", ")})`,
  );

/** A query for the records: those columns that vary as one array each, the others as one value. There must be a record. */
export function rowsOf(
  records: readonly IdentifiedRecord[],
): RawBuilder<unknown> {
  const filled = COLUMNS.map((it) => ({ ...it, values: records.map(it.of) }));
  const varied = filled.filter(
    ({ name, values }) => name === IDENTITY.name || !agree(values),
  );
  const selected = filled.map((it) => {
    const value = varied.includes(it)
      ? sql.raw(`r.${it.name}`)
      : sql`${it.values[0]}::${sql.raw(it.type)}`;
    return sql`${it.name === "tags" ? labelsOf(value) : value} as ${sql.raw(it.name)}`;
  });
  const arrays = varied.map(
    ({ type, values }) => sql`${arrayOf(type, values)}::${sql.raw(type)}[]`,
  );
  const names = listed(varied.map(({ name }) => name));
  return sql`(select ${sql.join(selected)} from unnest(${sql.join(arrays)}) as r(${names}))`;
}

/** Most records have no labels: these need no look into JSON. */
const labelsOf = (value: RawBuilder<unknown>) =>
  sql`case when ${value} is null then '{}' else array(select json_array_elements_text(${value}::json)) end`;

function agree(values: readonly unknown[]): boolean {
  const [first] = values;
  return values.every((value) => value === first);
}

/** An array as PostgreSQL reads it. The driver writes each element by itself, which costs as much as all else that is done for a row here. */
function arrayOf(type: Column["type"], values: readonly unknown[]): unknown {
  if (type === "bigint" || type === "numeric")
    return `{${values.map((value) => value ?? "NULL").join(",")}}`;
  const listed = JSON.stringify(values);
  // In braces a list of JSON is the same array, as long as nothing in it is escaped.
  return listed.includes("\\") ? values : `{${listed.slice(1, -1)}}`;
}
