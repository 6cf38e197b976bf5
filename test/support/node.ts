/** A node as a process of its own, to be killed: the scripted application on the environment's settings. Prints its URL as one line. */
import { startNode } from "../../src/app/node.ts";
import { configOf } from "./config.ts";
import { scripted } from "./scripted.ts";

try {
  const config = await configOf(process.env as Record<string, string>);
  const node = await startNode({ config, application: scripted() });
  process.once("SIGTERM", () => void node.stop().then(() => process.exit(0)));
  process.stdout.write(`${node.url}\n`);
} catch (cause) {
  process.stderr.write(`${String(cause)}\n`);
  process.exit(1);
}
