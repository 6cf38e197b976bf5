/** Databases of a test's own on the run's PostgreSQL server. Promises: each is empty, and gone when the test ends. */
import pg from "pg";
import { onTestFinished } from "vitest";

/** A new database on the server that `url` names; answers its address. */
export async function newDatabase(url: string): Promise<string> {
  const name = `goldenpath_test_${crypto.randomUUID().replaceAll("-", "")}`;
  await askServer(url, `create database ${name}`);
  onTestFinished(() => askServer(url, `drop database ${name} with (force)`));
  const own = new URL(url);
  own.pathname = name;
  return own.href;
}

async function askServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(statement);
  await client.end();
}
