/**
 * A server in a process of its own, which a test may kill as a machine would lose it. Owns the process. Promises: it is dead when the test
 * ends, and what it said on standard error can be read.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { issueToken } from "../../src/app/secret.ts";
import type { UserId } from "../../src/domain/model.ts";
import { configOf, TEST_SECRET } from "./config.ts";
import { TestSocket } from "./socket.ts";

export interface LogLine {
  readonly level: string;
  readonly message: unknown;
  readonly annotations: Readonly<Record<string, unknown>>;
}

export class ChildNode {
  readonly url: string;
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #said: () => string;

  private constructor(url: string, process: ChildProcess, said: () => string) {
    this.#said = said;
    this.url = url;
    this.pid = process.pid!;
    this.#process = process;
  }

  /**
   * Starts a node on a directory; `atEnd` takes what ends it, in a hook where a test is not at hand.
   * @throws what it said on standard error when it ends before it serves.
   */
  static async start(
    dataDir: string,
    env: Record<string, string> = {},
    atEnd: (end: () => void) => void = onTestFinished,
  ): Promise<ChildNode> {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "node.ts")],
      { env: environmentOf(dataDir, env), stdio: ["ignore", "pipe", "pipe"] },
    );
    atEnd(() => void child.kill("SIGKILL"));
    let said = "";
    child.stderr.on("data", (chunk) => (said += String(chunk)));
    const exited = once(child, "exit").then(() => {
      throw new Error(said);
    });
    const line = once(createInterface(child.stdout), "line");
    const [url] = (await Promise.race([line, exited])) as [string];
    exited.catch(() => undefined);
    return new ChildNode(url, child, () => said);
  }

  /** Ends it at once, as a lost machine ends. */
  async kill(): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }

  /** Standard error so far. */
  said(): string {
    return this.#said();
  }

  /** Its log so far: all lines of standard error that are JSON. */
  log(): readonly LogLine[] {
    return this.#said()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Asks it to stop; answers its exit code. */
  async stop(): Promise<number | null> {
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    const [code] = (await exited) as [number | null];
    return code;
  }

  async connect(user: string): Promise<TestSocket> {
    const token = await tokenOf(user);
    const socket = TestSocket.open(`${this.url.replace("http", "ws")}/ws`, {
      token,
    });
    await socket.next("connection_ready");
    return socket;
  }

  /** A request without a body; answers its status. */
  async send(method: string, path: string, user: string): Promise<number> {
    const headers = { Authorization: `Bearer ${await tokenOf(user)}` };
    return (await fetch(`${this.url}${path}`, { method, headers })).status;
  }

  async get<T>(path: string, user: string): Promise<T> {
    const headers = { Authorization: `Bearer ${await tokenOf(user)}` };
    return (await (await fetch(`${this.url}${path}`, { headers })).json()) as T;
  }
}

export function environmentOf(
  dataDir: string,
  env: Record<string, string>,
): Record<string, string> {
  const {
    DATABASE_URL: _database,
    REDIS_URL: _redis,
    ...inherited
  } = process.env as Record<string, string>;
  return {
    ...inherited,
    PORT: "0",
    DATA_DIR: dataDir,
    JWT_SECRET: TEST_SECRET,
    LOG_LEVEL: "None",
    MESSAGES_PER_MINUTE: "100000",
    ...env,
  };
}

/** A token that the node takes. */
export async function tokenOf(user: string): Promise<string> {
  const config = await configOf({ JWT_SECRET: TEST_SECRET });
  const secret = new TextEncoder().encode(TEST_SECRET);
  return (await issueToken(secret, config, user as UserId, 3_600)).token;
}
