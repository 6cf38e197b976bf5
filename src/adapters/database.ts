/**
 * The one door to SQL: transactions that carry a user or the log writer's role, on a pool that is either a PostgreSQL server's or
 * the embedded database's. Promises: no statement of the domain runs outside a role under row-level security; what fails for want
 * of a database is ServiceUnavailable, what fails for a defect of ours is a defect.
 */
import { Context, Effect } from "effect";
import { Kysely, PostgresDialect, sql } from "kysely";
import type { PostgresPool } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import type { ServiceUnavailable } from "../domain/errors.ts";
import type { UserId } from "../domain/model.ts";
import { migrations } from "./migrations/index.ts";
import { attempt, through, UNBROKEN } from "./outage.ts";
import type { Breaker } from "./outage.ts";
import { preparingPool } from "./preparing.ts";
import type { Tables } from "./schema.ts";

/** A connection inside a transaction: only `inTransaction` makes one. */
export type Trx = Kysely<Tables>;

/** Thrown inside a transaction to roll it back and fail with `failure`. */
export class Abort<E> extends Error {
  readonly failure: E;
  constructor(failure: E) {
    super("transaction aborted");
    this.failure = failure;
  }
}

type InTransaction = <A, E = never>(
  user: UserId,
  work: (trx: Trx) => Promise<A>,
) => Effect.Effect<A, E | ServiceUnavailable>;

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export class Database extends Context.Service<
  Database,
  {
    readonly pool: pg.Pool;
    /** A transaction that sees and writes the rows of one user only. */
    readonly asUser: InTransaction;
    /** The same, alone: of the transactions that hold a user's lock, one goes on at a time. */
    readonly asUserAlone: InTransaction;
    /** One statement of its own, committed by itself; for functions that carry their own rights. */
    readonly call: <Row>(
      statement: Statement,
    ) => Effect.Effect<readonly Row[], ServiceUnavailable>;
    /** A transaction that sees which runs are due, of all users, and nothing of what they hold. */
    readonly asWriter: <A>(
      work: (trx: Trx) => Promise<A>,
    ) => Effect.Effect<A, ServiceUnavailable>;
  }
>()("goldenpath/Database") {}

/** What the pool gives back: int8 and numeric as numbers (both far below 2^53 here), instants as ISO 8601. */
const PARSERS = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, Number],
  [pg.types.builtins.NUMERIC, Number],
  [pg.types.builtins.TIMESTAMPTZ, (text) => new Date(text).toISOString()],
]);

export const poolTypes: pg.CustomTypesConfig = {
  getTypeParser: (id, format) =>
    PARSERS.get(id) ?? pg.types.getTypeParser(id, format as "text"),
};

/** The service over an open, migrated pool, behind a breaker. */
export function makeDatabase(
  pool: pg.Pool,
  breaker: Breaker = UNBROKEN,
): Database["Service"] {
  const transact = <A, E = never>(run: () => Promise<A>) =>
    attemptOrAbort<A, E>(() => through(breaker, run));
  const preparing = preparingPool(pool);
  const kysely = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: preparing }),
  });
  return Database.of({
    pool,
    asUser: (user, work) =>
      transact(() => inTransaction(kysely, `select ${actAs(user)}`, work)),
    asUserAlone: (user, work) =>
      transact(() =>
        inTransaction(kysely, `select ${actAs(user)}, ${lockOf(user)}`, work),
      ),
    call: <Row>(statement: Statement) =>
      transact(() => callOnce<Row>(preparing, statement)),
    asWriter: (work) =>
      transact(() =>
        inTransaction(
          kysely,
          "select set_config('role', 'gp_writer', true)",
          work,
        ),
      ),
  });
}

/** A statement that fails leaves its connection as good as before, so the pool keeps it. */
async function callOnce<Row>(
  pool: PostgresPool,
  { text, values }: Statement,
): Promise<readonly Row[]> {
  const client = await pool.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    client.release();
  }
}

const actAs = (user: UserId) =>
  `set_config('role', 'gp_app', true), set_config('app.user_id', ${pg.escapeLiteral(user)}, true)`;

const lockOf = (user: UserId) =>
  `pg_advisory_xact_lock(hashtextextended(${pg.escapeLiteral(`user:${user}`)}, 0))`;

/** A transaction that begins and takes its role in one round trip. */
function inTransaction<A>(
  kysely: Kysely<Tables>,
  opening: string,
  work: (trx: Trx) => Promise<A>,
): Promise<A> {
  return kysely.connection().execute(async (trx) => {
    await sql.raw(`begin; ${opening}`).execute(trx);
    try {
      const result = await work(trx);
      await sql.raw("commit").execute(trx);
      return result;
    } catch (error) {
      await sql
        .raw("rollback")
        .execute(trx)
        .catch(() => undefined);
      throw error;
    }
  });
}

/**
 * Brings the schema to the newest migration and checks what isolation rests on.
 * @throws when a migration fails, or a role could see past row-level security.
 */
export async function migrate(pool: pg.Pool): Promise<void> {
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const migrator = new Migrator({
    db: kysely,
    provider: { getMigrations: async () => migrations },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  await checkIsolation(kysely);
}

/** Refuses to start where a forgotten WHERE could leak: a role that owns or bypasses, or a table without forced policies. */
export async function checkIsolation(kysely: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ problem: string }>`
    select 'role ' || rolname || ' may bypass row-level security' as problem from pg_roles
      where rolname in ('gp_app', 'gp_writer', 'gp_sessions') and (rolsuper or rolbypassrls or rolcanlogin)
    union all
    select 'table ' || c.relname || ' does not force row-level security' from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id'
      where n.nspname = current_schema() and c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity)
    union all
    select 'table ' || c.relname || ' is owned by ' || r.rolname from pg_class c
      join pg_roles r on r.oid = c.relowner where r.rolname in ('gp_app', 'gp_writer', 'gp_sessions')`.execute(
    kysely,
  );
  if (rows.length > 0) throw new Error(rows.map((it) => it.problem).join("; "));
}

/** A transaction that was rolled back on purpose fails with its reason. */
function attemptOrAbort<A, E = never>(
  run: () => Promise<A>,
): Effect.Effect<A, E | ServiceUnavailable> {
  return attempt(run).pipe(
    Effect.catchDefect((cause) =>
      cause instanceof Abort
        ? Effect.fail(cause.failure as E)
        : Effect.die(cause),
    ),
  );
}
