/**
 * A real server for a test: its own directory, its own port, real sockets, real database. Promises: it is stopped and its directory
 * removed when the test file ends.
 */
import type { Layer } from "effect";
import { rmSync } from "node:fs";
import { onTestFinished } from "vitest";
import type { ToolServices } from "../../src/app/compose.ts";
import type { AppConfig } from "../../src/app/config.ts";
import { startNode } from "../../src/app/node.ts";
import type { Node } from "../../src/app/node.ts";
import { issueToken } from "../../src/app/secret.ts";
import type { Application } from "../../src/domain/agents/definition.ts";
import type { UserId } from "../../src/domain/model.ts";
import type { Bus, TokenVerifier } from "../../src/domain/ports.ts";
import { TestSocket } from "./socket.ts";
import type { ConnectOptions } from "./socket.ts";
import { configOf, temporaryDirectory, TEST_SECRET } from "./config.ts";
import { Gates, scripted } from "./scripted.ts";

export { configOf, temporaryDirectory, TEST_SECRET };

export interface TestServerOptions {
  readonly env?: Record<string, string>;
  readonly dataDir?: string;
  readonly application?: Application<ToolServices>;
  readonly verifier?: Layer.Layer<TokenVerifier>;
  readonly throughBus?: (bus: Bus["Service"]) => Bus["Service"];
}

export class TestServer {
  readonly node: Node;
  readonly config: AppConfig;
  readonly gates: Gates;
  readonly dataDir: string;
  readonly #sockets = new Set<TestSocket>();
  #drained: Promise<void> | null = null;

  private constructor(node: Node, config: AppConfig, gates: Gates) {
    this.node = node;
    this.config = config;
    this.gates = gates;
    this.dataDir = config.dataDir;
  }

  /** Starts a server; the caller stops it. */
  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const gates = new Gates();
    const { env, dataDir, application, ...standIns } = options;
    const config = await configOf({
      PORT: "0",
      DATA_DIR: dataDir ?? temporaryDirectory(),
      JWT_SECRET: TEST_SECRET,
      LOG_LEVEL: "None",
      MESSAGES_PER_MINUTE: "100000",
      ...env,
    });
    const node = await startNode({
      config,
      application: application ?? scripted(gates),
      ...standIns,
    });
    return new TestServer(node, config, gates);
  }

  get url(): string {
    return this.node.url;
  }

  get wsUrl(): string {
    return `${this.url.replace("http", "ws")}/ws`;
  }

  /** A token for `user`, signed as this server expects. */
  async token(user: string, lifetimeSeconds = 3_600): Promise<string> {
    const secret = new TextEncoder().encode(TEST_SECRET);
    return (
      await issueToken(secret, this.config, user as UserId, lifetimeSeconds)
    ).token;
  }

  /** An open, greeted connection of `user`; closed when the test ends. */
  async connect(
    user: string,
    options: ConnectOptions = {},
  ): Promise<TestSocket> {
    const socket = await this.open({
      token: await this.token(user),
      ...options,
    });
    await socket.next("connection_ready");
    return socket;
  }

  /** A connection as it comes, greeted or refused. */
  async open(options: ConnectOptions): Promise<TestSocket> {
    const socket = TestSocket.open(this.wsUrl, options);
    this.#sockets.add(socket);
    return socket;
  }

  async fetch(
    path: string,
    user: string | null,
    init: RequestInit = {},
  ): Promise<Response> {
    const headers = new Headers(init.headers);
    if (user !== null)
      headers.set("Authorization", `Bearer ${await this.token(user)}`);
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  /** GET as JSON. */
  async get<T>(path: string, user: string): Promise<T> {
    return (await (await this.fetch(path, user)).json()) as T;
  }

  /** Stops the node under its open sockets: what clients see of a stop. */
  drain(): Promise<void> {
    this.#drained ??= this.node.stop();
    return this.#drained;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    await this.drain();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** A server for one test, stopped when it ends. */
export async function serverForTest(
  options: TestServerOptions = {},
): Promise<TestServer> {
  const server = await TestServer.start(options);
  onTestFinished(() => server.stop());
  return server;
}
