/**
 * `npm run faults`: the fault tests at full length, FAULT_ROUNDS times, each round with a seed of its own (the first with FAULT_SEED where it is
 * set). Names of files narrow it down. Promises: each seed is printed before its round, and what came of it after; the first round that fails
 * or skips a test ends it with exit code 1.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryDirectory } from "../support/config.ts";

const vitest = join(
  dirname(createRequire(import.meta.url).resolve("vitest/package.json")),
  "vitest.mjs",
);
const files = process.argv.slice(2);
const rounds = Number(process.env["FAULT_ROUNDS"] ?? 1);
const firstSeed = Number(
  process.env["FAULT_SEED"] ?? Math.floor(Math.random() * 2 ** 31),
);

interface Round {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Skipped, by whatever name. */
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

/** A round's counts; null when it came to no report. */
async function playRound(seed: number): Promise<Round | null> {
  const directory = temporaryDirectory();
  const report = join(directory, "round.json");
  const reporters = ["default", "json"].map((it) => `--reporter=${it}`);
  const child = spawn(
    process.execPath,
    [
      vitest,
      "run",
      ...(files.length === 0 ? ["test/faults"] : files),
      ...reporters,
      `--outputFile.json=${report}`,
    ],
    {
      stdio: "inherit",
      env: { ...process.env, FAULT_LONG: "1", FAULT_SEED: String(seed) },
    },
  );
  const [code] = (await once(child, "exit")) as [number | null];
  try {
    const round = JSON.parse(readFileSync(report, "utf8")) as Round;
    return code === 0 || round.numFailedTests > 0 ? round : null;
  } catch {
    return null;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Plays a round and tells of it; true when every test of it was run and passed. */
async function passes(place: number, seed: number): Promise<boolean> {
  const title = `round ${place} of ${rounds}, FAULT_SEED=${seed}`;
  process.stdout.write(`${title}\n`);
  const startedMs = performance.now();
  const round = await playRound(seed);
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  if (round === null) {
    process.stdout.write(`${title}: broken off after ${seconds} s\n`);
    return false;
  }
  const { numPassedTests: passed, numFailedTests: failed } = round;
  const skipped = round.numPendingTests + round.numTodoTests;
  process.stdout.write(
    `${title}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s\n`,
  );
  return passed > 0 && failed === 0 && skipped === 0;
}

for (let round = 0; round < rounds; round++) {
  const seed = (firstSeed + round * 7_919) % 2 ** 31;
  if (!(await passes(round + 1, seed))) process.exit(1);
}
