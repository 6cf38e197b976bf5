/**
 * PostgreSQL and Redis servers of a test's own, from the installed binaries, on free ports and in directories of their own: to be stopped,
 * started and killed without harm to anybody else. Owns the processes. Promises: what was started is ended by `remove`.
 */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { chownSync, existsSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { temporaryDirectory } from "./config.ts";

const START_MS_MAX = 20_000;
const LOOK_INTERVAL_MS = 50;

/** Where a program is; null when it is not installed. Debian keeps PostgreSQL's servers off the PATH. */
function find(program: string): string | null {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter),
    ...versions.map((it) => join(debian, it, "bin")),
  ];
  const found = folders.find((it) => existsSync(join(it, program)));
  return found === undefined ? null : join(found, program);
}

export const hasPostgres = (): boolean =>
  find("initdb") !== null && find("postgres") !== null;
export const hasRedis = (): boolean => find("redis-server") !== null;

/** Below those that systems give out by themselves: a server that is away would find its port taken by somebody's connection. */
const PORT_MIN = 10_240;
const PORT_MAX = 32_767;
const PORTS_TRIED_MAX = 100;

export async function freePort(): Promise<number> {
  for (let tried = 0; tried < PORTS_TRIED_MAX; tried += 1) {
    const port = randomInt(PORT_MIN, PORT_MAX + 1);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${PORTS_TRIED_MAX} ports is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}

/** PostgreSQL refuses to run as root; then it runs as the user that its package made. */
function unprivileged(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string) =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** A server process with a way to tell that it answers. */
abstract class OwnServer {
  readonly port: number;
  readonly directory: string;
  #process: ChildProcess | null = null;

  protected constructor(port: number, directory: string) {
    this.port = port;
    this.directory = directory;
  }

  protected abstract launch(): ChildProcess;
  protected abstract answers(): Promise<boolean>;

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Starts it, again if it was stopped; done when it answers. */
  async start(): Promise<void> {
    this.#process = this.launch();
    const deadlineMs = performance.now() + START_MS_MAX;
    while (!(await this.answers().catch(() => false))) {
      if (performance.now() > deadlineMs || this.#process.exitCode !== null)
        throw new Error(`${this.constructor.name} does not start`);
      await setTimeout(LOOK_INTERVAL_MS);
    }
  }

  /** Ends it by a signal; done when it is gone. What it had stored stays. */
  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (running === null || running.exitCode !== null) return;
    const exited = once(running, "exit");
    running.kill(signal);
    await exited;
  }

  async remove(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class OwnPostgres extends OwnServer {
  readonly url: string;

  private constructor(port: number, directory: string) {
    super(port, directory);
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  static async start(): Promise<OwnPostgres> {
    const directory = temporaryDirectory();
    const owner = unprivileged();
    if (owner !== null) chownSync(directory, owner.uid, owner.gid);
    execFileSync(
      find("initdb")!,
      ["-D", directory, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"],
      { stdio: "ignore", cwd: directory, ...owner },
    );
    const server = new OwnPostgres(await freePort(), directory);
    await server.start();
    return server;
  }

  protected launch(): ChildProcess {
    const settings = {
      listen_addresses: "127.0.0.1",
      port: this.port,
      unix_socket_directories: "",
      max_connections: 200,
      // Processes are killed here, not machines: what the system holds is not lost.
      fsync: "off",
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => [
      "-c",
      `${name}=${value}`,
    ]);
    return spawn(find("postgres")!, ["-D", this.directory, ...flags], {
      stdio: "ignore",
      cwd: this.directory,
      ...unprivileged(),
    });
  }

  protected async answers(): Promise<boolean> {
    const client = new pg.Client(this.url);
    client.on("error", () => undefined);
    await client.connect();
    await client.query("select 1");
    await client.end();
    return true;
  }
}

export class OwnRedis extends OwnServer {
  readonly url: string;
  readonly #settings: readonly string[];

  private constructor(
    port: number,
    directory: string,
    settings: readonly string[],
  ) {
    super(port, directory);
    this.url = `redis://127.0.0.1:${port}`;
    this.#settings = settings;
  }

  /** `settings` are further arguments of redis-server. */
  static async start(settings: readonly string[] = []): Promise<OwnRedis> {
    const server = new OwnRedis(
      await freePort(),
      temporaryDirectory(),
      settings,
    );
    await server.start();
    return server;
  }

  protected launch(): ChildProcess {
    const flags = [
      ["--port", String(this.port)],
      ["--bind", "127.0.0.1"],
      ["--save", ""],
      ["--appendonly", "no"],
      ["--dir", this.directory],
      this.#settings,
    ].flat();
    return spawn(find("redis-server")!, flags, { stdio: "ignore" });
  }

  protected async answers(): Promise<boolean> {
    const redis = new Redis(this.url, {
      lazyConnect: true,
      retryStrategy: () => null,
    });
    redis.on("error", () => undefined);
    try {
      await redis.connect();
      return (await redis.ping()) === "PONG";
    } finally {
      redis.disconnect();
    }
  }
}
