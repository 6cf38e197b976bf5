/** A database of a test's own on the run's PostgreSQL server. Promises: empty at first, and gone when the test is over. */
import pg from "pg";
import { onTestFinished } from "vitest";

/** Its address. */
export async function ownDatabase(server: string): Promise<string> {
  const name = `goldenpath_test_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = async (statement: string) => {
    const client = new pg.Client(server);
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await admin(`create database ${name}`);
  onTestFinished(() => admin(`drop database ${name} with (force)`));
  const url = new URL(server);
  url.pathname = name;
  return url.href;
}
