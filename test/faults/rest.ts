/** What nodes hold when nobody uses them, before a fault and after it (I6). */
import { expect } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import { grown } from "../support/vitals.ts";
import type { Vitals } from "../support/vitals.ts";
import { Load } from "./load.ts";
import { until } from "./until.ts";

export type AtRest = ReadonlyMap<number, Vitals>;

const WARM_UP_RUNS = 12;
/** Pools let idle connections go after 10 s. */
const REST_MS = 45_000;

/** What each node holds once it has worked and rests again. */
export async function atRest(cluster: Cluster): Promise<AtRest> {
  const load = Load.start(cluster);
  await load.goesOn(WARM_UP_RUNS);
  await load.finish();
  return cluster.vitals();
}

/** I6: every node that has lived since `before` holds no more than then. */
export async function expectBackAtRest(
  cluster: Cluster,
  before: AtRest,
): Promise<void> {
  let problems: string[] = [];
  const look = async () => {
    const after = await cluster.vitals();
    problems = [...after].flatMap(([pid, vitals]) => {
      const then = before.get(pid);
      return then === undefined ? [] : grown(then, vitals);
    });
    return problems.length === 0;
  };
  await until("rest", REST_MS, look).catch(() => undefined);
  expect(problems).toEqual([]);
}
