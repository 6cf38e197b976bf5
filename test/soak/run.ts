/**
 * `npm run soak`: SOAK_MINUTES (30) of SOAK_USERS (12) under a mixed load, from SOAK_SEED on; embedded, or two nodes where DATABASE_URL and
 * REDIS_URL are set. Promises: prints the seed and, each minute, how far it is; exit code 1 when an invariant, I1 to I6, was broken.
 */
import { soak } from "./soak.ts";
import type { SoakReport } from "./soak.ts";

const { env } = process;
const minutes = Number(env["SOAK_MINUTES"] ?? 30);
const users = Number(env["SOAK_USERS"] ?? 12);
const seed = Number(env["SOAK_SEED"] ?? Date.now() % 1_000_000_000);
const nodes = env["DATABASE_URL"] && env["REDIS_URL"] ? 2 : 1;
const PROGRESS_INTERVAL_MS = 60_000;
const MiB = 1_024 * 1_024;

function figures(it: SoakReport): string {
  return `${it.lives} lives, ${it.runs} runs, ${it.events} events, ${it.frames} frames, ${it.problems.length} problems`;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

tell(`${minutes} minutes, ${users} users, ${nodes} nodes, seed ${seed}`);
const beganMs = performance.now();
let toldMs = beganMs;
let toldProblems = 0;
const report = await soak({
  minutes,
  users,
  nodes,
  seed,
  onProgress: (soFar) => {
    for (; toldProblems < soFar.problems.length; toldProblems++)
      tell(soFar.problems[toldProblems]!);
    if (performance.now() - toldMs < PROGRESS_INTERVAL_MS) return;
    toldMs = performance.now();
    tell(`${Math.round((toldMs - beganMs) / 60_000)} min: ${figures(soFar)}`);
  },
});
tell(figures(report));
for (const [index, at] of ["warm", "end"].entries())
  for (const { heapBytes, rssBytes, handles } of report.vitals[index] ?? [])
    tell(
      `${at}: heap ${Math.round(heapBytes / MiB)} MiB, memory ${Math.round(rssBytes / MiB)} MiB, ${JSON.stringify(handles)}`,
    );
for (const it of report.problems.slice(toldProblems)) tell(it);
process.exit(report.problems.length > 0 ? 1 : 0);
