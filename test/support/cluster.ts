/**
 * A cluster of node processes on a PostgreSQL and a Redis of its own, behind one address. Owns all of them. Promises: nodes and servers can be
 * lost and brought back one by one, what each node said is kept, and nothing of it is left when the test ends.
 */
import { rmSync } from "node:fs";
import { onTestFailed, onTestFinished } from "vitest";
import { Balancer } from "./balancer.ts";
import { ChildNode } from "./child.ts";
import type { Exit } from "./child.ts";
import { temporaryDirectory } from "./config.ts";
import { OwnPostgres, OwnRedis } from "./ownServers.ts";
import type { Vitals } from "./vitals.ts";

export interface ClusterOptions {
  readonly nodes?: number;
  /** Settings of every node, on top of the cluster's own. */
  readonly env?: Record<string, string>;
}

const SAID_CHARACTERS_SHOWN = 4_000;

export class Cluster {
  readonly postgres: OwnPostgres;
  readonly redis: OwnRedis;
  /** The clients' address: any node that takes connections. */
  readonly url: string;
  readonly #env: Record<string, string>;
  readonly #dataDir: string;
  readonly #nodes: Map<number, ChildNode>;
  /** Every process there was, with its place, for what it said. */
  readonly #history: { readonly place: number; readonly node: ChildNode }[] =
    [];

  private constructor(
    servers: { readonly postgres: OwnPostgres; readonly redis: OwnRedis },
    url: string,
    nodes: Map<number, ChildNode>,
    env: Record<string, string>,
  ) {
    this.postgres = servers.postgres;
    this.redis = servers.redis;
    this.url = url;
    this.#nodes = nodes;
    this.#env = env;
    this.#dataDir = temporaryDirectory();
  }

  /** Servers and address, and that many running nodes. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const postgres = await OwnPostgres.start();
    onTestFinished(() => postgres.remove());
    const redis = await OwnRedis.start();
    onTestFinished(() => redis.remove());
    const nodes = new Map<number, ChildNode>();
    const { url } = await Balancer.start(() =>
      [...nodes.values()].map((it) => it.port),
    );
    const servers = { postgres, redis };
    const cluster = new Cluster(servers, url, nodes, options.env ?? {});
    onTestFinished(() => cluster.#end());
    onTestFailed(() => cluster.#tell());
    await cluster.startNodes(options.nodes ?? 3);
    return cluster;
  }

  /** The running node at a place. */
  node(place: number): ChildNode {
    const node = this.#nodes.get(place);
    if (node === undefined) throw new Error(`no node runs at ${place}`);
    return node;
  }

  /** The places at which a node runs. */
  get running(): readonly number[] {
    return [...this.#nodes.keys()].toSorted((a, b) => a - b);
  }

  async startNode(
    place: number,
    env: Record<string, string> = {},
  ): Promise<ChildNode> {
    const node = await ChildNode.start(this.#dataDir, {
      DATABASE_URL: this.postgres.url,
      REDIS_URL: this.redis.url,
      LOG_LEVEL: "Info",
      ...this.#env,
      ...env,
    });
    this.#nodes.set(place, node);
    this.#history.push({ place, node });
    return node;
  }

  /** Starts that many at once, at the first places. */
  async startNodes(count: number): Promise<void> {
    const places = Array.from({ length: count }, (_, place) => place);
    await Promise.all(places.map((place) => this.startNode(place)));
  }

  /** kill -9. The address stops naming it once it is gone, as a balancer finds out. */
  async kill(place: number): Promise<void> {
    const node = this.node(place);
    await node.kill();
    this.#nodes.delete(place);
  }

  /** SIGTERM; answers how it ended. */
  async terminate(place: number): Promise<Exit> {
    const node = this.node(place);
    const exit = await node.terminate();
    this.#nodes.delete(place);
    return exit;
  }

  /** What every running node holds, by its process. */
  async vitals(): Promise<ReadonlyMap<number, Vitals>> {
    const all = [...this.#nodes.values()].map(
      async (it) => [it.pid, await it.vitals()] as const,
    );
    return new Map(await Promise.all(all));
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((it) => it.kill()));
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  /** What every node said, for whoever reads the failure. */
  #tell(): void {
    for (const { place, node } of this.#history) {
      const said = node.said.slice(-SAID_CHARACTERS_SHOWN);
      if (said !== "")
        process.stderr.write(`node ${place} (${node.pid}) said:\n${said}\n`);
    }
  }
}
