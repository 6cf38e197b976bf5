/**
 * How the tests run: every file under test/, seeds printed by fast-check on failure, no retries. Two files at once, since most start a
 * server of their own with its database. What starts several processes and times them comes last and goes alone: beside others it would
 * measure the machine, not the product.
 */
import { configDefaults, defineConfig } from "vitest/config";

/** Clusters of processes under load, outages with a clock on them, and the survey of transitions. */
const ALONE = [
  "test/faults/**/*.test.ts",
  "test/soak/**/*.test.ts",
  "test/transitions/**/*.test.ts",
  "test/contracts/busOutages.test.ts",
  "test/e2e/{deadNode,lostAnswers,npmStart,outages,recovery,report}.test.ts",
];

const shared = { testTimeout: 30_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    globalSetup: ["test/support/sharedServers.ts"],
    projects: [
      {
        test: {
          ...shared,
          name: "together",
          include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
          exclude: [...configDefaults.exclude, ...ALONE],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: "alone",
          include: ALONE,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
