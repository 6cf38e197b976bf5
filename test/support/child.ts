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

export class ChildNode {
  readonly url: string;
  readonly pid: number;
  readonly #process: ChildProcess;

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.pid = process.pid!;
    this.#process = process;
  }

  /**
   * Starts a node on a directory.
   * @throws what it said on standard error when it ends before it serves.
   */
  static async start(
    dataDir: string,
    env: Record<string, string> = {},
  ): Promise<ChildNode> {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "node.ts")],
      { env: environmentOf(dataDir, env), stdio: ["ignore", "pipe", "pipe"] },
    );
    onTestFinished(() => void child.kill("SIGKILL"));
    let said = "";
    child.stderr.on("data", (chunk) => (said += String(chunk)));
    const exited = once(child, "exit").then(() => {
      throw new Error(said);
    });
    const line = once(createInterface(child.stdout), "line");
    const [url] = (await Promise.race([line, exited])) as [string];
    exited.catch(() => undefined);
    return new ChildNode(url, child);
  }

  /** Ends it at once, as a lost machine ends. */
  async kill(): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }

  async connect(user: string): Promise<TestSocket> {
    const token = await tokenOf(user);
    const socket = TestSocket.open(`${this.url.replace("http", "ws")}/ws`, {
      token,
    });
    await socket.next("connection_ready");
    return socket;
  }

  async get<T>(path: string, user: string): Promise<T> {
    const headers = { Authorization: `Bearer ${await tokenOf(user)}` };
    return (await (await fetch(`${this.url}${path}`, { headers })).json()) as T;
  }
}

function environmentOf(
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

async function tokenOf(user: string): Promise<string> {
  const config = await configOf({ JWT_SECRET: TEST_SECRET });
  const secret = new TextEncoder().encode(TEST_SECRET);
  return (await issueToken(secret, config, user as UserId, 3_600)).token;
}
