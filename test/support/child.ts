/**
 * A server in a process of its own, which a test may kill, stop and pause as a machine would lose it. Owns the process. Promises: it is dead
 * when the test ends, and what it said on standard error can be read.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { issueToken } from "../../src/app/secret.ts";
import type { UserId } from "../../src/domain/model.ts";
import { configOf, TEST_SECRET } from "./config.ts";
import type { NodeRequest } from "./node.ts";
import { TestSocket } from "./socket.ts";
import type { Vitals } from "./vitals.ts";

/** Long enough for a clock that is an hour off. */
const TOKEN_LIFETIME_SECONDS = 4 * 3_600;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LogLine {
  readonly level: string;
  readonly message: unknown;
  readonly annotations: Readonly<Record<string, unknown>>;
}

export class ChildNode {
  readonly url: string;
  readonly pid: number;
  /** How it ends, whenever it does. */
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #said: () => string;

  private constructor(
    url: string,
    child: ChildProcess,
    exited: Promise<Exit>,
    said: () => string,
  ) {
    this.url = url;
    this.pid = child.pid!;
    this.exited = exited;
    this.#process = child;
    this.#said = said;
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
    const child = fork(join(import.meta.dirname, "node.ts"), {
      env: environmentOf(dataDir, env),
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    atEnd(() => void child.kill("SIGKILL"));
    let said = "";
    child.stderr!.on("data", (chunk) => (said += String(chunk)));
    const exited = once(child, "exit").then(([code, signal]): Exit => ({
      code,
      signal,
    }));
    const line = once(createInterface(child.stdout!), "line");
    const gone = exited.then(() => {
      throw new Error(said);
    });
    gone.catch(() => undefined);
    const [url] = (await Promise.race([line, gone])) as [string];
    return new ChildNode(url, child, exited, () => said);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** All it has said on standard error. */
  get said(): string {
    return this.#said();
  }

  /** Its log so far: all lines of standard error that are JSON. */
  log(): readonly LogLine[] {
    return this.said
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Ends it at once, as a lost machine ends. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.exited;
  }

  /** Asks it to drain and end; answers how it did. */
  terminate(): Promise<Exit> {
    this.#process.kill("SIGTERM");
    return this.exited;
  }

  /** Stops its clock, as a frozen machine's stands still; `resume` lets it go on. */
  pause(): void {
    this.#process.kill("SIGSTOP");
  }

  resume(): void {
    this.#process.kill("SIGCONT");
  }

  /** What it holds now, after a collection. */
  vitals(): Promise<Vitals> {
    return this.#ask({ ask: "vitals" });
  }

  /** Sets its calendar off; it must have been started with CLOCK_SHIFT_MS. */
  async shiftClock(shiftMs: number): Promise<void> {
    await this.#ask({ ask: "clock", shiftMs });
  }

  async #ask(request: NodeRequest): Promise<Vitals> {
    const answer = once(this.#process, "message");
    this.#process.send(request);
    const [vitals] = (await answer) as [Vitals];
    return vitals;
  }

  async connect(
    user: string,
    lifetimeSeconds = TOKEN_LIFETIME_SECONDS,
  ): Promise<TestSocket> {
    const token = await tokenOf(user, lifetimeSeconds);
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
    // Everybody comes from one address here.
    HANDSHAKES_PER_ADDRESS: "1000",
    ...env,
  };
}

/** A token that every node of the tests takes. */
export async function tokenOf(
  user: string,
  lifetimeSeconds = TOKEN_LIFETIME_SECONDS,
): Promise<string> {
  const config = await configOf({ JWT_SECRET: TEST_SECRET });
  const secret = new TextEncoder().encode(TEST_SECRET);
  return (await issueToken(secret, config, user as UserId, lifetimeSeconds))
    .token;
}
