/**
 * A soak: users who live one life after another against real nodes, each judged when it is over, and what the nodes hold, before and after.
 * Owns the nodes. Promises: a problem is named with the seed of its life; memory is compared after a warm-up, with nobody connected.
 */
import type { Vitals } from "../support/vitals.ts";
import { brokenBy, testimonyOf } from "./judgement.ts";
import { Nodes } from "./nodes.ts";
import { lifeOf } from "./script.ts";
import { SoakUser } from "./user.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly users: number;
  readonly nodes: number;
  readonly seed: number;
  readonly onProgress: (soFar: SoakReport) => void;
}

export interface SoakReport {
  lives: number;
  runs: number;
  events: number;
  frames: number;
  readonly problems: string[];
  /** Before, after the warm-up, and at the end, of each node. */
  readonly vitals: (readonly Vitals[])[];
}

/** Of the time, up to a limit; what is loaded, compiled and cached once is in place then. */
const WARM_UP_SHARE = 0.25;
const WARM_UP_MS_MAX = 60_000;
/** Enough to see what is wrong. */
const PROBLEMS_MAX = 20;

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const report: SoakReport = {
    lives: 0,
    runs: 0,
    events: 0,
    frames: 0,
    problems: [],
    vitals: [],
  };
  const nodes = await Nodes.start(options.nodes);
  const seeds = countingFrom(options.seed);
  const endMs = performance.now() + options.minutes * 60_000;
  const warmUpMs = Math.min(
    options.minutes * 60_000 * WARM_UP_SHARE,
    WARM_UP_MS_MAX,
  );
  const live = async (untilMs: number) => {
    const users = Array.from({ length: options.users }, async () => {
      while (
        performance.now() < untilMs &&
        report.problems.length < PROBLEMS_MAX
      ) {
        await liveOnce(nodes, seeds.next().value, report);
        options.onProgress(report);
      }
    });
    await Promise.all(users);
  };
  await live(endMs - options.minutes * 60_000 + warmUpMs);
  const before = await nodes.vitals();
  await live(endMs);
  report.problems.push(...(await nodes.grownSince(before)));
  report.vitals.push(before, await nodes.vitals());
  for (const code of await nodes.stop())
    if (code !== 0) report.problems.push(`a node ended with ${code}`);
  return report;
}

function* countingFrom(first: number): Generator<number, never> {
  for (let it = first; ; it++) yield it;
}

async function liveOnce(
  nodes: Nodes,
  seed: number,
  report: SoakReport,
): Promise<void> {
  const user = new SoakUser(nodes.urls);
  const problems: string[] = [];
  try {
    for (const action of lifeOf(seed)) await user.act(action);
    const testimony = await testimonyOf(user);
    problems.push(...brokenBy(testimony));
    report.runs += testimony.runs.size;
    for (const { log } of testimony.threads) report.events += log.length;
    for (const frames of testimony.sockets) report.frames += frames.length;
  } catch (cause) {
    problems.push(String(cause));
  }
  user.leave();
  report.lives += 1;
  for (const it of [...problems, ...user.problems])
    report.problems.push(`life ${seed}: ${it}`);
}
