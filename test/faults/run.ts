/**
 * `npm run faults`: the fault tests at full length, FAULT_ROUNDS times, each round with a seed of its own (the first with FAULT_SEED where it is
 * set). Names of files narrow it down. Promises: each seed is printed before its round; the first round that fails ends it with exit code 1.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const vitest = join(
  dirname(createRequire(import.meta.url).resolve("vitest/package.json")),
  "vitest.mjs",
);
const files = process.argv.slice(2);
const rounds = Number(process.env["FAULT_ROUNDS"] ?? 1);
const firstSeed = Number(
  process.env["FAULT_SEED"] ?? Math.floor(Math.random() * 2 ** 31),
);

async function passes(seed: number): Promise<boolean> {
  const child = spawn(
    process.execPath,
    [vitest, "run", ...(files.length === 0 ? ["test/faults"] : files)],
    {
      stdio: "inherit",
      env: { ...process.env, FAULT_LONG: "1", FAULT_SEED: String(seed) },
    },
  );
  const [code] = (await once(child, "exit")) as [number | null];
  return code === 0;
}

for (let round = 0; round < rounds; round++) {
  const seed = (firstSeed + round * 7_919) % 2 ** 31;
  process.stdout.write(`round ${round + 1} of ${rounds}, FAULT_SEED=${seed}\n`);
  if (await passes(seed)) continue;
  process.stdout.write(`failed with FAULT_SEED=${seed}\n`);
  process.exit(1);
}
