/**
 * `npm run transitions`: removes each transition and action of each machine in turn and expects a test of that machine to fail. Names of
 * machines as arguments narrow it down. Promises: exit code 1 when anything survives, which is decoration, to be tested or deleted.
 */
import { agentMachine } from "../../machines/agent.ts";
import { clientMachine } from "../../machines/client.ts";
import { connectionMachine } from "../../machines/connection.ts";
import { runMachine } from "../../machines/run.ts";
import { serverMachine } from "../../machines/server.ts";
import { serviceMachine } from "../../machines/service.ts";
import { doorMachine } from "./decorated/door.ts";
import { survey } from "./survey.ts";
import type { Finding, Subject } from "./survey.ts";

const MACHINES: readonly Subject[] = [
  { machine: agentMachine, tests: "test/machines/agent.test.ts" },
  { machine: clientMachine, tests: "test/machines/client.test.ts" },
  { machine: connectionMachine, tests: "test/machines/connection.test.ts" },
  { machine: runMachine, tests: "test/machines/run.test.ts" },
  { machine: serverMachine, tests: "test/machines/server.test.ts" },
  { machine: serviceMachine, tests: "test/machines/service.test.ts" },
];
/** Not one of ours: it has a decoration, and shows that this command finds it. */
const DOOR = {
  machine: doorMachine,
  tests: "test/transitions/decorated/doorTests.ts",
};

function chosen(names: readonly string[]): Subject[] {
  if (names.length === 0) return [...MACHINES];
  return names.map((name) => {
    const found = [...MACHINES, DOOR].find((it) => it.machine.id === name);
    if (found === undefined) throw new Error(`no machine is called ${name}`);
    return found;
  });
}

function lineOf({ machine, removed, missedBy }: Finding): string {
  return `${machine}: ${removed}: ${missedBy ?? "SURVIVED"}\n`;
}

const beganMs = performance.now();
const findings = await survey(chosen(process.argv.slice(2)), (it) =>
  process.stdout.write(lineOf(it)),
);
const survivors = findings.filter((it) => it.missedBy === null);
const seconds = Math.round((performance.now() - beganMs) / 1_000);
process.stdout.write(
  `${findings.length} removed one at a time in ${seconds} s, ${survivors.length} survived\n`,
);
for (const it of survivors) process.stdout.write(lineOf(it));
process.exit(survivors.length > 0 ? 1 : 0);
