/**
 * The servers under measurement, each in a process of its own: one embedded, or BENCH_NODES of them on DATABASE_URL and REDIS_URL. Owns the
 * processes and their data. Promises: a database on a server is a fresh one of its own, dropped when the nodes stop.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { temporaryDirectory, TEST_SECRET } from "../support/config.ts";
import { freshDatabase } from "../support/freshDatabase.ts";

const { DATABASE_URL = "", REDIS_URL = "" } = process.env;
const COUNT = Number(process.env["BENCH_NODES"] ?? 1);
export const onServers = DATABASE_URL !== "";

export interface Nodes {
  /** The node of the user with this number: users are spread over all. */
  readonly urlFor: (user: number) => string;
  /** Memory of all nodes together, after a collection. */
  readonly rssKiB: () => Promise<number>;
  /** CPU that all nodes together have used so far, user and system. */
  readonly cpuMs: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

interface Node {
  readonly url: string;
  readonly child: ChildProcess;
  readonly dataDir: string;
}

/** Starts BENCH_NODES nodes that run one application. */
export async function startNodes(
  application: "zero" | "costs",
): Promise<Nodes> {
  if (COUNT > 1 && (!onServers || REDIS_URL === ""))
    throw new Error("BENCH_NODES needs DATABASE_URL and REDIS_URL");
  const database = onServers
    ? await freshDatabase(DATABASE_URL, "bench")
    : null;
  const nodes: Node[] = [];
  // One after the other: the first makes the schema.
  for (let index = 0; index < COUNT; index++)
    nodes.push(await startNode(application, database?.url ?? ""));
  return {
    urlFor: (user) => nodes[user % nodes.length]!.url,
    rssKiB: async () => (await totalOf(nodes, "rss")) / 1_024,
    cpuMs: () => totalOf(nodes, "cpuMs"),
    stop: async () => {
      await Promise.all(nodes.map(stopNode));
      await database?.drop();
    },
  };
}

async function startNode(
  application: string,
  databaseUrl: string,
): Promise<Node> {
  const dataDir = temporaryDirectory();
  const child = fork(new URL("./server.ts", import.meta.url), {
    execArgv: ["--expose-gc"],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      PORT: "0",
      DATA_DIR: dataDir,
      JWT_SECRET: TEST_SECRET,
      LOG_LEVEL: "Warn",
      MESSAGES_PER_MINUTE: "1000000",
      HANDSHAKES_PER_ADDRESS: "100000",
      HEARTBEAT_INTERVAL_MS: "600000",
      CONNECTIONS_PER_USER: "20000",
      BENCH_APPLICATION: application,
    },
  });
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return { url, child, dataDir };
}

/** The sum of what each node says of itself. */
async function totalOf(
  nodes: readonly Node[],
  figure: "rss" | "cpuMs",
): Promise<number> {
  const told = await Promise.all(
    nodes.map(async ({ child }) => {
      child.send(figure);
      const [value] = (await once(child, "message")) as [number];
      return value;
    }),
  );
  return told.reduce((sum, it) => sum + it, 0);
}

async function stopNode({ child, dataDir }: Node): Promise<void> {
  const exited = once(child, "exit");
  child.send("stop");
  await exited;
  rmSync(dataDir, { recursive: true, force: true });
}
