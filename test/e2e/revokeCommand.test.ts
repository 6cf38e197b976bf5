/** `npm run revoke` as a process: on PostgreSQL, on the embedded database beside its server, and on one that nobody holds. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { issueToken } from "../../src/app/secret.ts";
import type { UserId } from "../../src/domain/model.ts";
import {
  configOf,
  temporaryDirectory,
  TEST_SECRET,
} from "../support/config.ts";
import { hasServers, pairForTest, someone } from "../support/pair.ts";
import { serverForTest } from "../support/server.ts";
import { claimsOf } from "../support/tokens.ts";

const CLI = join(import.meta.dirname, "../../src/app/cli.ts");
const REVOKED = { code: 4401, reason: "token_revoked" };
/** The contract's 5 s count from the command's end; its own start on a busy machine is not in it. */
const WITHIN_MS = 5_000;

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function revoke(
  env: Record<string, string>,
  ...flags: string[]
): Promise<Outcome> {
  const {
    DATABASE_URL: _database,
    REDIS_URL: _redis,
    ...inherited
  } = process.env;
  const child = spawn(process.execPath, [CLI, "revoke", ...flags], {
    env: { ...inherited, JWT_SECRET: TEST_SECRET, LOG_LEVEL: "None", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number]>,
  ]);
  return { code, out, error };
}

describe.skipIf(!hasServers)("on PostgreSQL and Redis", () => {
  test("§1 closes the connections of both nodes, and says what it did", async () => {
    const { a, b, databaseUrl, redisUrl } = await pairForTest();
    const env = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl };
    const [one, all] = [someone(), someone()];
    const token = await a.token(one);
    const ofToken = [await a.open({ token }), await b.open({ token })];
    const ofUser = [await a.connect(all), await b.connect(all)];
    const witness = await b.connect(one);
    for (const socket of ofToken) await socket.next("connection_ready");
    const { jti } = claimsOf(token);

    const byToken = await revoke(env, "--jti", jti);
    let endedMs = performance.now();
    expect(byToken).toMatchObject({ code: 0, error: "" });
    expect(byToken.out).toBe(
      `Token ${jti} is revoked, for 400 days; open connections close within 5 s.\n`,
    );
    for (const socket of ofToken) expect(await socket.closed).toEqual(REVOKED);
    expect(performance.now() - endedMs).toBeLessThan(WITHIN_MS);

    const byUser = await revoke(env, "--user", all);
    endedMs = performance.now();
    expect(byUser).toMatchObject({ code: 0, error: "" });
    expect(byUser.out).toMatch(
      new RegExp(`^All tokens of ${all} issued until 2.*Z are revoked`),
    );
    for (const socket of ofUser) expect(await socket.closed).toEqual(REVOKED);
    expect(performance.now() - endedMs).toBeLessThan(WITHIN_MS);
    await witness.settle();
  });

  test("§8 with Redis away it is on record all the same", async () => {
    const { a, databaseUrl } = await pairForTest();
    const user = someone();
    const socket = await a.connect(user);
    const env = { DATABASE_URL: databaseUrl, REDIS_URL: "redis://127.0.0.1:1" };
    expect(await revoke(env, "--user", user)).toMatchObject({ code: 0 });
    expect(await socket.closed).toEqual(REVOKED);
  });

  test("without a database nothing is revoked, and one line says so", async () => {
    const DATABASE_URL = "postgres://nobody@127.0.0.1:1/none";
    const outcome = await revoke({ DATABASE_URL }, "--user", "somebody");
    expect(outcome).toMatchObject({ code: 1, out: "" });
    expect(outcome.error).toMatch(/^goldenpath: [^\n]+\n$/);
  });
});

describe("on the embedded database", () => {
  test("§7 goes through the server that holds it, and says so", async () => {
    const server = await serverForTest();
    const socket = await server.connect("embedded");
    const env = { DATA_DIR: server.dataDir };
    const outcome = await revoke(env, "--user", "embedded");
    expect(outcome.code).toBe(0);
    expect(outcome.error).toBe(
      `A server is running on ${server.url}: revoking through it.\n`,
    );
    expect(await socket.closed).toEqual(REVOKED);
  });

  test("writes the record itself where no server runs, and the next server keeps to it", async () => {
    const dataDir = temporaryDirectory();
    const config = await configOf({ JWT_SECRET: TEST_SECRET });
    const secret = new TextEncoder().encode(TEST_SECRET);
    const user = "early" as UserId;
    const { token } = await issueToken(secret, config, user, 3_600);
    const outcome = await revoke({ DATA_DIR: dataDir }, "--user", user);
    expect(outcome).toMatchObject({ code: 0, error: "" });
    const server = await serverForTest({ dataDir });
    const refused = await server.open({ token });
    expect(await refused.closed).toEqual(REVOKED);
    await server.connect(user);
  });

  test.each([
    [[], "name one token by --jti, or one user by --user"],
    [
      ["--jti", "a", "--user", "b"],
      "name one token by --jti, or one user by --user",
    ],
    [["--user", ""], "--user takes 1 to 128 characters"],
  ])("%j is refused in one line", async (flags, problem) => {
    const env = { DATA_DIR: temporaryDirectory() };
    const outcome = await revoke(env, ...flags);
    expect(outcome).toEqual({
      code: 1,
      out: "",
      error: `goldenpath: ${problem}\n`,
    });
  });
});
