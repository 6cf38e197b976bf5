/**
 * `npm run transitions` as a test: nothing in a machine is decoration, and a decoration would be found. Each run is a process of its own,
 * since a test runner does not run inside another.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { removablesOf, without } from "./removal.ts";

const SURVEY_MS_MAX = 600_000;

async function survey(
  ...machines: string[]
): Promise<{ readonly code: number; readonly last: string }> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "run.ts"), ...machines],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, "exit")) as [number];
  const [lines, errors] = await said;
  return { code, last: errors + lines.slice(lines.lastIndexOf(" removed")) };
}

test(
  "a test misses every transition and every action that is removed from a machine",
  async () => {
    const { code, last } = await survey();
    expect(last).toMatch(/^ removed one at a time in \d+ s, 0 survived\n$/);
    expect(code).toBe(0);
  },
  SURVEY_MS_MAX,
);

test(
  "a transition that no test misses is named, and fails the command",
  async () => {
    const { code, last } = await survey("service", "door");
    expect(last).toMatch(
      /, 1 survived\ndoor: open on knock → closed: SURVIVED\n$/,
    );
    expect(code).toBe(1);
  },
  SURVEY_MS_MAX,
);

test("every branch of every transition and every action has a name, and goes alone", () => {
  const config = {
    initial: "on",
    entry: "hum",
    after: { late: { target: ".off", actions: ["warn", { type: "note" }] } },
    states: {
      on: {
        on: { flip: "off", tap: { actions: "count" } },
        always: [{ guard: "isBroken", target: "off" }, { target: "off" }],
        exit: ["dim"],
      },
      off: { invoke: { src: "wait", onDone: "on", onError: "on" } },
    },
  };
  expect(removablesOf(config)).toEqual([
    "root entry hum",
    "root after late → .off",
    "root after late does warn",
    "root after late does note",
    "on exit dim",
    "on on flip → off",
    "on on tap",
    "on always[0] → off",
    "on always[1] → off",
    "off onDone → on",
    "off onError → on",
  ]);
  const { states } = without(config, "on always[0] → off");
  expect(states.on.always).toEqual([{ target: "off" }]);
  expect(states.off.invoke).toEqual({
    src: "wait",
    onDone: [{ target: "on" }],
    onError: [{ target: "on" }],
  });
  for (const name of removablesOf(config))
    expect(removablesOf(without(config, name))).not.toContain(name);
});
