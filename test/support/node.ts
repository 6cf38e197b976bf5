/**
 * A node as a process of its own, to be killed: the scripted application on the environment's settings. Prints its URL as one line; SIGTERM
 * drains it. Where its parent listens, it answers what it holds and lets its clock be set.
 */
import { shiftClock } from "./clock.ts";
import { startNode } from "../../src/app/node.ts";
import { configOf } from "./config.ts";
import { scripted } from "./scripted.ts";
import { takeVitals } from "./vitals.ts";

/** What a parent may ask over IPC. */
export type NodeRequest =
  | { readonly ask: "vitals" }
  | { readonly ask: "clock"; readonly shiftMs: number };

try {
  const config = await configOf(process.env as Record<string, string>);
  const node = await startNode({ config, application: scripted() });
  process.once("SIGTERM", () => void node.stop().then(() => process.exit(0)));
  process.on("message", (request: NodeRequest) => {
    if (request.ask === "clock") shiftClock(request.shiftMs);
    process.send?.(takeVitals());
  });
  process.once("disconnect", () => process.exit(0));
  process.stdout.write(`${node.url}\n`);
} catch (cause) {
  process.stderr.write(`${String(cause)}\n`);
  process.exit(1);
}
