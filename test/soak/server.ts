/** The server under a soak, in a process of its own: the scripted application. Answers what it holds, and drains when its parent says so. */
import { startNode } from "../../src/app/node.ts";
import { configOf } from "../support/config.ts";
import { scripted } from "../support/scripted.ts";
import { takeVitals } from "../support/vitals.ts";

const config = await configOf(process.env as Record<string, string>);
const node = await startNode({ config, application: scripted() });

process.on("message", (message) => {
  if (message === "vitals") process.send!(takeVitals());
  if (message === "stop") void node.stop().then(() => process.exit(0));
});
process.once("disconnect", () => process.exit(1));
process.send!(node.url);
