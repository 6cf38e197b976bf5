/**
 * Nodes as processes of their own, with a PostgreSQL and a Redis of their own, as clients of a cluster meet them. Owns the processes.
 * Promises: all are gone after `stop`; what a node logged as an error can be read; nothing is shared with another test file.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { issueToken } from "../../src/app/secret.ts";
import type { UserId } from "../../src/domain/model.ts";
import { configOf, temporaryDirectory, TEST_SECRET } from "./config.ts";
import { OwnPostgres, OwnRedis } from "./ownServers.ts";
import { RawClient } from "./raw.ts";
import { TestSocket } from "./socket.ts";
import type { ConnectOptions } from "./socket.ts";

const HEALTH_MS_MAX = 5_000;

/** A token for `user`, signed as the nodes expect. */
export async function tokenOf(
  user: string,
  lifetimeSeconds = 3_600,
): Promise<string> {
  const config = await configOf({ JWT_SECRET: TEST_SECRET });
  const secret = new TextEncoder().encode(TEST_SECRET);
  return (await issueToken(secret, config, user as UserId, lifetimeSeconds))
    .token;
}

export class NodeProcess {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #sockets = new Set<TestSocket>();
  /** Lines of its log; at LOG_LEVEL Error each is a defect. */
  readonly logged: string[] = [];

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
    createInterface(process.stderr!).on("line", (it) => this.logged.push(it));
  }

  static async start(env: Record<string, string>): Promise<NodeProcess> {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "node.ts")],
      { env, stdio: ["ignore", "pipe", "pipe"] },
    );
    const exited = once(child, "exit").then(([code]) => {
      throw new Error(`a node ended with ${String(code)} before it served`);
    });
    const line = once(createInterface(child.stdout), "line");
    const [url] = (await Promise.race([line, exited])) as [string];
    exited.catch(() => undefined);
    return new NodeProcess(url, child);
  }

  get wsUrl(): string {
    return `${this.url.replace("http", "ws")}/ws`;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  token(user: string, lifetimeSeconds?: number): Promise<string> {
    return tokenOf(user, lifetimeSeconds);
  }

  /** An open, greeted connection of `user`. */
  async connect(
    user: string,
    options: ConnectOptions = {},
  ): Promise<TestSocket> {
    const socket = this.open({ token: await tokenOf(user), ...options });
    await socket.next("connection_ready");
    return socket;
  }

  /** A connection as it comes, greeted or refused. */
  open(options: ConnectOptions): TestSocket {
    const socket = TestSocket.open(this.wsUrl, options);
    this.#sockets.add(socket);
    void socket.closed.then(() => this.#sockets.delete(socket));
    return socket;
  }

  async fetch(
    path: string,
    user: string | null,
    init: RequestInit = {},
  ): Promise<Response> {
    const headers = new Headers(init.headers);
    if (user !== null)
      headers.set("Authorization", `Bearer ${await tokenOf(user)}`);
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  async get<T>(path: string, user: string): Promise<T> {
    return (await (await this.fetch(path, user)).json()) as T;
  }

  /** How many connections this node has closed with a code. */
  closedWith(code: number): Promise<number> {
    return this.metric("goldenpath_connections_closed_total", `code="${code}"`);
  }

  /** The sum of a metric's values over those of its labels that contain `label`. */
  async metric(name: string, label = ""): Promise<number> {
    const text = await (await this.fetch("/metrics", null)).text();
    return text
      .split("\n")
      .filter((it) => new RegExp(`^${name}[{ ]`).test(it) && it.includes(label))
      .reduce((sum, it) => sum + Number(it.split(" ").at(-1)), 0);
  }

  /** What of the node is not as it should be, whatever its clients did to it. */
  async troubles(): Promise<string[]> {
    if (!this.isAlive) return ["the process is gone", ...this.logged];
    const signal = AbortSignal.timeout(HEALTH_MS_MAX);
    const health = await this.fetch("/health/ready", null, { signal }).then(
      (it) => it.status,
      String,
    );
    const defects = await this.closedWith(1011);
    return [
      ...(health === 200 ? [] : [`not ready: ${health}`]),
      ...(defects === 0 ? [] : [`closed ${defects} with 1011`]),
      ...this.logged,
    ];
  }

  /** What it holds of the machine; null where the system does not tell. */
  held(): { readonly memoryBytes: number; readonly handles: number } | null {
    if (process.platform !== "linux") return null;
    const folder = `/proc/${this.#process.pid}`;
    const status = readFileSync(`${folder}/status`, "utf8");
    return {
      memoryBytes: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1_024,
      handles: readdirSync(`${folder}/fd`).length,
    };
  }

  /** Ends all connections that were opened through this. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  async kill(): Promise<void> {
    this.hangUp();
    if (!this.isAlive) return;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }
}

export class Nodes {
  readonly postgres: OwnPostgres;
  readonly redis: OwnRedis;
  readonly all: readonly NodeProcess[];

  private constructor(
    postgres: OwnPostgres,
    redis: OwnRedis,
    all: readonly NodeProcess[],
  ) {
    this.postgres = postgres;
    this.redis = redis;
    this.all = all;
  }

  static async start(
    count: number,
    env: Record<string, string> = {},
  ): Promise<Nodes> {
    const [postgres, redis] = await Promise.all([
      OwnPostgres.start(),
      OwnRedis.start(),
    ]);
    const given = {
      ...(process.env as Record<string, string>),
      PORT: "0",
      DATA_DIR: temporaryDirectory(),
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      JWT_SECRET: TEST_SECRET,
      LOG_LEVEL: "Error",
      MESSAGES_PER_MINUTE: "100000",
      CONNECTIONS_PER_USER: "1000",
      // Everybody comes from one address here.
      HANDSHAKES_PER_ADDRESS: "1000",
      ...env,
    };
    const all: NodeProcess[] = [];
    for (let at = 0; at < count; at += 1)
      all.push(await NodeProcess.start(given));
    return new Nodes(postgres, redis, all);
  }

  /** The node at a place, counted around. */
  at(place: number): NodeProcess {
    return this.all[place % this.all.length]!;
  }

  async troubles(): Promise<string[]> {
    return (await Promise.all(this.all.map((it) => it.troubles()))).flat();
  }

  /** Rows as the database's owner sees them, every user's. */
  async query<Row extends pg.QueryResultRow>(
    statement: string,
    parameters: readonly unknown[] = [],
  ): Promise<Row[]> {
    const client = new pg.Client(this.postgres.url);
    await client.connect();
    try {
      return (await client.query<Row>(statement, [...parameters])).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends every client there is, however its test ended: none is left to the next one. */
  hangUp(): void {
    for (const node of this.all) node.hangUp();
    RawClient.destroyAll();
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((it) => it.kill()));
    await Promise.all([this.postgres.remove(), this.redis.remove()]);
  }
}
