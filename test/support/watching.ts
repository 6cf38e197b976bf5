/** What a test of an ending looks at from outside: log lines and metrics, waited for. Promises: waiting ends, with what was waited for. */
import { rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { ChildNode } from "./child.ts";
import type { LogLine } from "./child.ts";
import { temporaryDirectory } from "./config.ts";
import { Metrics } from "./prometheus.ts";

const WAIT_MS = 20_000;

export function directory(): string {
  const dataDir = temporaryDirectory();
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

export const startNode = (
  dataDir = directory(),
  env: Record<string, string> = {},
) => ChildNode.start(dataDir, { LOG_LEVEL: "Debug", ...env });

async function until<T>(
  look: () => T | Promise<T>,
  what: string,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const found = await look();
    if (found) return found as NonNullable<T>;
    if (performance.now() > deadline) throw new Error(`waited for ${what}`);
    await setTimeout(50);
  }
}

export const line = (
  node: ChildNode,
  message: string,
  labels: object,
): Promise<LogLine> =>
  until(
    () =>
      node
        .log()
        .find(
          (it) =>
            [it.message].flat()[0] === message &&
            Object.entries(labels).every(
              ([key, value]) => it.annotations[key] === value,
            ),
        ),
    `a line "${message}"`,
  );

export const counted = async (
  node: ChildNode,
  series: string,
  value: number,
) => {
  await until(
    async () => (await Metrics.of(node.url)).value(series) === value,
    `${series} ${value}`,
  );
};

export const idle = (node: ChildNode) =>
  counted(node, "goldenpath_runs_active", 0);
