/**
 * Statements that are asked more than once are prepared, so that the server parses and plans them once. Promises: a name stands for a
 * text, never for a value, and is the same on every connection; beyond the bound statements simply stay unprepared.
 */
import type {
  PostgresCursor,
  PostgresPool,
  PostgresPoolClient,
  PostgresQueryResult,
} from "kysely";
import { hash } from "node:crypto";
import type pg from "pg";
import { limits } from "../domain/limits.ts";

/** The name of each text that is prepared. */
const names = new Map<string, string>();

/** The query as node-postgres takes it, named after its text where it can be prepared. */
export function prepared(
  text: string,
  values: readonly unknown[] = [],
): pg.QueryConfig {
  const query = { text, values: [...values] };
  const name = names.get(text) ?? newName(text);
  return name === null ? query : { name, ...query };
}

/** Null where several statements are in one text, which cannot be prepared, and for transaction control, which gains nothing by it. */
function newName(text: string): string | null {
  const full = names.size >= limits.preparedStatementsMax;
  if (full || text.includes(";") || CONTROL.test(text)) return null;
  const name = hash("sha1", text);
  names.set(text, name);
  return name;
}

const CONTROL = /^(begin|commit|rollback|start|savepoint|release)/i;

/** A pool as kysely takes it, whose clients prepare their statements. */
export function preparingPool(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => preparingClient(await pool.connect()),
  };
}

function preparingClient(client: pg.PoolClient): PostgresPoolClient {
  function query<R>(
    text: string,
    values: readonly unknown[],
  ): Promise<PostgresQueryResult<R>>;
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  function query(text: unknown, values?: readonly unknown[]): unknown {
    if (typeof text !== "string") throw new Error("cursors are not used here");
    return broken === null ? ask(text, values) : Promise.reject(broken);
  }
  let broken: Error | null = null;
  const ask = async (text: string, values?: readonly unknown[]) => {
    try {
      return await client.query(prepared(text, values));
    } catch (error) {
      if (error instanceof Error && HUNG.test(error.message)) broken = error;
      throw error;
    }
  };
  return { query, release: () => client.release(broken ?? undefined) };
}

/** The driver has stopped waiting, the connection has not: whatever is asked next would wait behind it. */
const HUNG = /Query read timeout/;
