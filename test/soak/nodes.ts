/**
 * The nodes under a soak: one on its embedded database, or two on the servers that DATABASE_URL and REDIS_URL name. Owns the processes.
 * Promises: `stop` drains them and says how each ended.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { temporaryDirectory, TEST_SECRET } from "../support/config.ts";
import { grown, tolerance } from "../support/vitals.ts";
import type { Vitals } from "../support/vitals.ts";

/** Short enough that some runs, agents and tools run out of time. */
const TIMEOUTS = {
  RUN_TIMEOUT_MS: "4000",
  AGENT_TIMEOUT_MS: "2500",
  TOOL_TIMEOUT_MS: "1000",
};
/** An idle node still closes what it keeps open for a while: pooled connections, kept-alive HTTP. */
const SETTLING_MS_MAX = 30_000;
const LOOK_INTERVAL_MS = 1_000;
/** The embedded database fills its buffers for minutes, and its memory breathes by 160 MiB on its plateau. */
const EMBEDDED_RSS_BYTES = 256 * 1_024 * 1_024;

export class Nodes {
  readonly urls: readonly string[];
  readonly #children: readonly ChildProcess[];
  readonly #dataDirs: readonly string[];

  private constructor(
    urls: readonly string[],
    children: readonly ChildProcess[],
    dataDirs: readonly string[],
  ) {
    this.urls = urls;
    this.#children = children;
    this.#dataDirs = dataDirs;
  }

  static async start(count: number): Promise<Nodes> {
    const dataDirs = Array.from({ length: count }, temporaryDirectory);
    const children = dataDirs.map(launch);
    const urls = await Promise.all(
      children.map(async (it) => String(await answerOf(it))),
    );
    return new Nodes(urls, children, dataDirs);
  }

  async vitals(): Promise<Vitals[]> {
    const answers: Vitals[] = [];
    for (const child of this.#children) {
      child.send("vitals");
      answers.push((await answerOf(child)) as Vitals);
    }
    return answers;
  }

  /** What has grown since (I6), once the nodes have had time to let go of what they keep for a while. */
  async grownSince(before: readonly Vitals[]): Promise<string[]> {
    const deadlineMs = performance.now() + SETTLING_MS_MAX;
    const rssBytesMax = process.env["DATABASE_URL"]
      ? tolerance.rssBytes
      : EMBEDDED_RSS_BYTES;
    for (;;) {
      const after = await this.vitals();
      const problems = after.flatMap((it, index) =>
        grown(before[index]!, it, rssBytesMax),
      );
      if (problems.length === 0 || performance.now() > deadlineMs)
        return problems;
      await setTimeout(LOOK_INTERVAL_MS);
    }
  }

  /** Answers the exit code of each. */
  async stop(): Promise<number[]> {
    const codes = this.#children.map(async (child) => {
      const exited = once(child, "exit");
      child.send("stop");
      const [code] = (await exited) as [number];
      return code;
    });
    const all = await Promise.all(codes);
    for (const it of this.#dataDirs)
      rmSync(it, { recursive: true, force: true });
    return all;
  }
}

function launch(dataDir: string): ChildProcess {
  return fork(join(import.meta.dirname, "server.ts"), {
    execArgv: ["--expose-gc"],
    env: {
      LOG_LEVEL: "None",
      ...process.env,
      PORT: "0",
      DATA_DIR: dataDir,
      JWT_SECRET: TEST_SECRET,
      MESSAGES_PER_MINUTE: "100000",
      ...TIMEOUTS,
    },
  });
}

/** What it says next; it is an error to end instead. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const answered = new AbortController();
  const { signal } = answered;
  const ended = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`a node ended with ${code}`);
  });
  ended.catch(() => undefined);
  try {
    const answer = once(child, "message", { signal });
    answer.catch(() => undefined);
    const [said] = (await Promise.race([answer, ended])) as [unknown];
    return said;
  } finally {
    answered.abort();
  }
}
