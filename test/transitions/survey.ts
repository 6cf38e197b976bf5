/**
 * Removes one thing after another from a machine and runs its tests each time. Owns the test runners, two of them side by side. Promises:
 * nothing is said about a machine whose tests fail with nothing removed, its config walked all the same; what no test missed is reported as survived.
 */
import { join, resolve } from "node:path";
import type { AnyStateMachine } from "xstate";
import { createVitest } from "vitest/node";
import type { TestModule, Vitest } from "vitest/node";
import { removablesOf } from "./removal.ts";

export interface Subject {
  readonly machine: AnyStateMachine;
  /** Its tests, from the project's root. */
  readonly tests: string;
}

export interface Finding {
  readonly machine: string;
  readonly removed: string;
  /** The first test that missed it; null when none did. */
  readonly missedBy: string | null;
}

type Mutation = Pick<Finding, "machine" | "removed">;
type Task = Mutation & { readonly tests: string };

const RUNNERS = 2;
const SEEDS_MAX = 3;
/** So long that a slow machine is not taken for a test that missed something. */
const TEST_MS_MAX = 120_000;
const root = resolve(import.meta.dirname, "../..");

/** Every finding, in the order of the machines' configs; `onFinding` hears of each as it comes. */
export async function survey(
  subjects: readonly Subject[],
  onFinding: (finding: Finding) => void,
): Promise<Finding[]> {
  const runners = await Promise.all(
    Array.from({ length: RUNNERS }, startRunner),
  );
  try {
    for (const it of subjects) await mustPass(runners[0]!, it);
    const tasks = subjects.flatMap(tasksOf);
    const findings: Finding[] = [];
    const queue = [...tasks.entries()];
    const work = async (runner: Vitest) => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [index, { machine, removed, tests }] = next;
        const missedBy = await missed(runner, tests, { machine, removed });
        findings[index] = { machine, removed, missedBy };
        onFinding(findings[index]);
      }
    };
    await Promise.all(runners.map(work));
    return findings;
  } finally {
    for (const runner of runners) await runner.close();
  }
}

function tasksOf({ machine, tests }: Subject): Task[] {
  return removablesOf(machine.config).map((removed) => ({
    machine: machine.id,
    removed,
    tests,
  }));
}

function startRunner(): Promise<Vitest> {
  return createVitest("test", {
    root,
    config: false,
    watch: false,
    reporters: [{}],
    pool: "threads",
    maxWorkers: 1,
    testTimeout: TEST_MS_MAX,
    setupFiles: [join(import.meta.dirname, "mutation.ts")],
  });
}

async function mustPass(
  runner: Vitest,
  { machine, tests }: Subject,
): Promise<void> {
  const nothing = { machine: machine.id, removed: "nothing" };
  const failure = await failureOf(runner, tests, nothing);
  if (failure !== null)
    throw new Error(`${tests} fails with nothing removed: ${failure}`);
}

/** Tests with random steps get further seeds before something is said to survive. */
async function missed(
  runner: Vitest,
  tests: string,
  mutation: Mutation,
): Promise<string | null> {
  for (let seeds = 0; seeds < SEEDS_MAX; seeds++) {
    const failure = await failureOf(runner, tests, mutation);
    if (failure !== null) return failure;
  }
  return null;
}

/** The first test that fails under a mutation. */
async function failureOf(
  runner: Vitest,
  tests: string,
  mutation: Mutation,
): Promise<string | null> {
  const project = runner.getRootProject();
  project.provide("mutation", mutation);
  const specification = project.createSpecification(join(root, tests));
  const { testModules, unhandledErrors } = await runner.runTestSpecifications([
    specification,
  ]);
  // A runner remembers the modules of earlier runs as well.
  const own = testModules.find((it) => it.moduleId === specification.moduleId);
  if (own === undefined) throw new Error(`${tests} was not run`);
  return failureIn(own) ?? textOf(unhandledErrors[0]);
}

function failureIn(module: TestModule): string | null {
  for (const test of module.children.allTests("failed")) return test.fullName;
  return module.ok() ? null : textOf(module.errors()[0]);
}

function textOf(error: unknown): string | null {
  if (error === undefined) return null;
  const { message } = error as { readonly message?: unknown };
  return `an error outside of a test: ${String(message)}`;
}
