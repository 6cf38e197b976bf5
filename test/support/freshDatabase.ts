/** An empty database on a PostgreSQL server, for one suite or one measurement. Promises: its name is its own, and `drop` leaves nothing of it. */
import pg from "pg";

export interface FreshDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** Makes one on the server that `serverUrl` names. */
export async function freshDatabase(
  serverUrl: string,
  purpose = "test",
): Promise<FreshDatabase> {
  const name = `goldenpath_${purpose}_${crypto.randomUUID().replaceAll("-", "")}`;
  await administer(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return {
    url: url.href,
    drop: () => administer(serverUrl, `drop database ${name} with (force)`),
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(statement);
  await client.end();
}
