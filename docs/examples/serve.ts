/** Serves the budget application on the environment's settings, until it is told to stop. */
import { Effect } from "effect";
import { readConfig } from "../../src/app/config.ts";
import { startNode } from "../../src/app/node.ts";
import { budget } from "./budget.ts";

const config = await Effect.runPromise(readConfig);
const node = await startNode({ config, application: budget });
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void node.stop());
}
process.stdout.write(`${node.url}\n`);
