/**
 * The server under measurement, in a process of its own: the zero-work application or the real one. Promises: the real one computes every
 * answer, however often it is asked the same: no result is kept.
 */
import { startNode } from "../../src/app/node.ts";
import type { Tool } from "../../src/domain/agents/definition.ts";
import { costs } from "../../src/domain/agents/index.ts";
import { keepRecommendations } from "../../src/domain/costs/recommendations.ts";
import { scripted } from "../support/scripted.ts";
import { configOf } from "../support/config.ts";

const config = await configOf(process.env as Record<string, string>);
const application =
  process.env["BENCH_APPLICATION"] === "costs"
    ? {
        ...costs,
        tools: costs.tools.map(computing),
        concluded: keepRecommendations,
      }
    : scripted();

/** A tool that names no version is run each time. */
function computing<R>(tool: Tool<R>): Tool<R> {
  const { version: _, ...unversioned } = tool;
  return unversioned;
}

const node = await startNode({ config, application });

process.on("message", (message) => {
  if (message === "rss") {
    globalThis.gc?.();
    process.send!(process.memoryUsage.rss());
  }
  if (message === "cpuMs") {
    const { user, system } = process.cpuUsage();
    process.send!((user + system) / 1_000);
  }
  if (message === "stop") void node.stop().then(() => process.exit(0));
});
process.send!({ url: node.url });
