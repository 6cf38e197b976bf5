/**
 * Isolation by hand-written SQL, past every WHERE of ours: without a user no row is seen or written, with one none of another's; the log's
 * writer adds events and nothing else; a database that could leak is refused.
 */
import { Kysely, PostgresDialect } from "kysely";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkIsolation } from "../../src/adapters/database.ts";
import { tables } from "../../src/adapters/schema.ts";
import type { Tables } from "../../src/adapters/schema.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { appendOf, fillEveryTable } from "../support/filled.ts";

/** The tables that have a user. */
const NAMES = (Object.keys(tables) as (keyof typeof tables)[]).filter(
  (it) => "user_id" in tables[it],
);
/** Permission denied, or a row that row-level security refuses. */
const REFUSED = { code: "42501" };
const A = "isolated-a";
const B = "isolated-b";

describe.each(backends)("$name", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
    await fillEveryTable(backend, A);
    await fillEveryTable(backend, B);
  });
  afterAll(() => backend.close());

  /** SQL in a transaction that is rolled back, under a role and perhaps a user. */
  async function as<T>(
    role: string,
    user: string | null,
    work: (client: pg.PoolClient) => Promise<T>,
  ): Promise<T> {
    const client = await backend.pool.connect();
    try {
      await client.query("begin");
      await client.query(`set local role ${role}`);
      if (user !== null)
        await client.query("select set_config('app.user_id', $1, true)", [
          user,
        ]);
      return await work(client);
    } finally {
      await client.query("rollback");
      client.release();
    }
  }

  const rowOf = async (table: string, user: string) => {
    const { rows } = await backend.pool.query<{ row: object }>(
      `select to_json(t) as row from ${table} t where user_id = $1 limit 1`,
      [user],
    );
    return rows[0]?.row;
  };
  const insert = (table: keyof typeof tables) => {
    const names = Object.keys(tables[table]).filter(
      (it) => !(table === "runs" && it === "position"),
    );
    return `insert into ${table} (${names.join()}) select ${names.join()} from json_populate_record(null::${table}, $1)`;
  };
  const changed = async (work: Promise<pg.QueryResult>) => {
    try {
      return (await work).rowCount ?? 0;
    } catch (error) {
      expect(error).toMatchObject(REFUSED);
      return 0;
    }
  };

  const refuse = async (role: string, statements: readonly string[]) => {
    for (const statement of statements) {
      const refused = as(role, A, (client) => client.query(statement));
      await expect(refused, statement).rejects.toMatchObject(REFUSED);
    }
  };

  test.each(NAMES)("%s: both users have rows", async (table) => {
    expect(await rowOf(table, A)).toBeDefined();
    expect(await rowOf(table, B)).toBeDefined();
  });

  test.each(NAMES)("%s: without a user no row is seen", async (table) => {
    const { rows } = await as("gp_app", null, (client) =>
      client.query(`select * from ${table}`),
    );
    expect(rows).toEqual([]);
  });

  test.each(NAMES)("%s: without a user no row is written", async (table) => {
    const row = await rowOf(table, A);
    const none = (work: (client: pg.PoolClient) => Promise<pg.QueryResult>) =>
      as("gp_app", null, (client) => changed(work(client)));
    expect(
      await none((it) => it.query(`update ${table} set user_id = user_id`)),
    ).toBe(0);
    expect(await none((it) => it.query(`delete from ${table}`))).toBe(0);
    await expect(
      as("gp_app", null, (it) => it.query(insert(table), [row])),
    ).rejects.toMatchObject(REFUSED);
  });

  test.each(NAMES)(
    "%s: user A sees A's rows and none of B's",
    async (table) => {
      const { rows } = await as("gp_app", A, (client) =>
        client.query<{ user_id: string }>(`select * from ${table}`),
      );
      expect(rows.length).toBeGreaterThan(0);
      expect([...new Set(rows.map((it) => it.user_id))]).toEqual([A]);
    },
  );

  test.each(NAMES)("%s: user A writes none of B's rows", async (table) => {
    const row = await rowOf(table, B);
    for (const statement of [
      `update ${table} set user_id = user_id where user_id = '${B}'`,
      `delete from ${table} where user_id = '${B}'`,
    ]) {
      expect(
        await as("gp_app", A, (client) => changed(client.query(statement))),
      ).toBe(0);
    }
    await expect(
      as("gp_app", A, (client) => client.query(insert(table), [row])),
    ).rejects.toMatchObject(REFUSED);
    expect(
      await as("gp_app", A, (client) =>
        changed(client.query(`update ${table} set user_id = '${B}'`)),
      ),
    ).toBe(0);
  });

  test("no user writes the log but through append_events", async () => {
    for (const table of ["events", "run_steps", "tool_calls"] as const) {
      const row = await rowOf(table, A);
      await expect(
        as("gp_app", A, (client) => client.query(insert(table), [row])),
      ).rejects.toMatchObject(REFUSED);
    }
  });

  test("no user asks about the threads and runs of all: read_heads is the node's own", async () => {
    await expect(
      as("gp_app", A, (client) =>
        client.query("select * from read_heads('{}', '{}')"),
      ),
    ).rejects.toMatchObject(REFUSED);
  });

  test("append_events in A's role appends to A's runs and to none of B's", async () => {
    const own = await appendOf(backend, A);
    const others = await appendOf(backend, B);
    const append = (client: pg.PoolClient, item: { thread_id: string }) =>
      client.query("select * from append_events(array[$1]::uuid[], $2)", [
        item.thread_id,
        JSON.stringify([item]),
      ]);
    const rows = (user: string | null, item: { thread_id: string }) =>
      as("gp_app", user, async (it) => (await append(it, item)).rows);
    expect(await rows(A, own)).toHaveLength(1);
    expect(await rows(A, others)).toEqual([]);
    expect(await rows(null, own)).toEqual([]);
  });

  test("gp_writer reads no content and changes nothing but a thread's last_seq", async () => {
    const refused = [
      ...["events", "messages", "usage_records", "imports", "users"].map(
        (it) => `select * from ${it}`,
      ),
      "select step from run_steps",
      "select call from tool_calls",
      "select title from threads",
      "update threads set title = ''",
      "update runs set attempt = attempt",
      ...NAMES.map((it) => `delete from ${it}`),
      ...["events", "run_steps", "tool_calls"].map(
        (it) => `update ${it} set user_id = user_id`,
      ),
    ];
    await refuse("gp_writer", refused);
  });

  test("no user sees or writes a revocation, and only the functions of gp_sessions do", async () => {
    await refuse("gp_app", [
      "select * from revocations",
      "delete from revocations",
      "insert into revocations (kind, name, expires_at) values ('user', 'b', now())",
      `select * from add_revocation('user', '${B}', 60)`,
      "select * from read_revocations(null, 60, 10)",
      `select save_sessions('[{"user_id": "${B}", "threads": []}]')`,
    ]);
  });

  test("gp_sessions reads and writes nothing but sessions and revocations", async () => {
    const others = NAMES.filter((it) => it !== "sessions");
    await refuse("gp_sessions", [
      ...others.map((it) => `select * from ${it}`),
      ...others.map((it) => `update ${it} set user_id = user_id`),
      ...NAMES.map((it) => `delete from ${it}`),
    ]);
  });

  test("checkIsolation refuses a table without forced policies, an owner's role, and a role that bypasses them", async () => {
    const kysely = new Kysely<Tables>({
      dialect: new PostgresDialect({ pool: backend.pool }),
    });
    await checkIsolation(kysely);
    const holes = [
      [
        "create table leaky (user_id text)",
        "drop table leaky",
        "table leaky does not force",
      ],
      [
        "alter table messages no force row level security",
        "alter table messages force row level security",
        "table messages does not force",
      ],
      [
        "alter role gp_app bypassrls",
        "alter role gp_app nobypassrls",
        "gp_app may bypass",
      ],
      [
        "alter role gp_sessions bypassrls",
        "alter role gp_sessions nobypassrls",
        "gp_sessions may bypass",
      ],
      [
        "alter table imports owner to gp_writer",
        "alter table imports owner to current_user",
        "imports is owned by gp_writer",
      ],
    ] as const;
    for (const [hole, repair, problem] of holes) {
      await backend.pool.query(hole);
      await expect(checkIsolation(kysely)).rejects.toThrow(problem);
      await backend.pool.query(repair);
    }
    await checkIsolation(kysely);
  });
});
