/**
 * Reads the report of a test run: counts, what did not pass by name, and whether every backend was there. Promises: exits with 1 when
 * anything failed, was skipped, or when a suite that belongs to CI did not run.
 */
import { readFileSync } from "node:fs";

/** Parts of titles that must have passed: each backend behind its ports, and the page in a browser. */
const REQUIRED = [
  "UsageStore on embedded",
  "UsageStore on postgres",
  "Store on postgres: submit",
  "Store on postgres: runs",
  "Jobs on postgres",
  "Bus on redis",
  "Cache on redis",
  "the page in Chromium",
];

const text = readFileSync(process.argv[2], "utf8");
const { testResults = [] } = text === "" ? {} : JSON.parse(text);
const tests = testResults.flatMap((file) => file.assertionResults);
const passed = tests.filter((test) => test.status === "passed");
const failed = tests.filter((test) => test.status === "failed");
const notRun = tests.filter(
  (test) => test.status !== "passed" && test.status !== "failed",
);
const missing = REQUIRED.filter(
  (part) => !passed.some((test) => test.fullName.includes(part)),
);
const broken = testResults.filter(
  (file) => file.status === "failed" && file.assertionResults.length === 0,
);

const say = (line) => void process.stdout.write(`${line}\n`);
say(
  `CI: ${passed.length} of ${tests.length} tests passed in ${testResults.length} files`,
);
for (const test of [...failed, ...notRun])
  say(`CI: ${test.status}: ${test.fullName}`);
for (const file of broken) say(`CI: failed to load: ${file.name}`);
for (const part of missing) say(`CI: did not run: ${part}`);
say(`${passed.length} passed, ${failed.length + broken.length} failed`);

const bad = [failed, notRun, missing, broken].some((it) => it.length > 0);
process.exitCode = bad || passed.length === 0 ? 1 : 0;
