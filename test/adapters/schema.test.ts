/** The description of the tables in schema.ts against the migrated database, column by column. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { tables } from "../../src/adapters/schema.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";

interface Column {
  readonly table_name: string;
  readonly column_name: string;
  readonly kind: string;
}

const COLUMNS = `
  select table_name, column_name,
    udt_name || case when is_nullable = 'YES' then '?'
      when column_default is not null or is_identity = 'YES' then '=' else '' end as kind
  from information_schema.columns
  where table_schema = current_schema() and table_name not like 'kysely_%'
  order by table_name, ordinal_position`;

for (const { name, open } of backends) {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  test(`${name}: every table and column is described as it is`, async () => {
    const { rows } = await backend.pool.query<Column>(COLUMNS);
    const found: Record<string, Record<string, string>> = {};
    for (const { table_name, column_name, kind } of rows) {
      found[table_name] = { ...found[table_name], [column_name]: kind };
    }
    expect(found).toEqual(tables);
  });
}
