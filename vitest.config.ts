/**
 * How the tests run: every file under test/, seeds printed by fast-check on failure, no retries. Two files at once, since most start a
 * server of their own with its database.
 */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: ["test/support/sharedServers.ts"],
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
