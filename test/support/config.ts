/** Configurations and tokens for tests and measurements, without a test runner. */
import { ConfigProvider, Effect } from "effect";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/app/config.ts";
import type { AppConfig } from "../../src/app/config.ts";

export const TEST_SECRET = "a-secret-of-the-tests-that-is-long-enough";

/** A directory that goes with the process's temporary files. */
export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), "goldenpath-"));
}

/** The configuration that an environment names. */
export function configOf(env: Record<string, string>): Promise<AppConfig> {
  return Effect.runPromise(
    Effect.provide(
      readConfig,
      ConfigProvider.layer(ConfigProvider.fromEnv({ env })),
    ),
  );
}
