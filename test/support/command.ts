/** A command of the command line as a process of its own. Promises: it ends with the test, and both its outputs and its exit code are had. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { environmentOf } from "./child.ts";

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs `goldenpath ARGS` on a directory, in the environment of the tests' nodes; with SIGINT once its standard error reads like `interruptAt`. */
export async function command(
  args: readonly string[],
  dataDir: string,
  env: Record<string, string> = {},
  interruptAt: RegExp | null = null,
): Promise<Said> {
  const cli = join(import.meta.dirname, "../../src/app/cli.ts");
  const child = spawn(process.execPath, [cli, ...args], {
    env: environmentOf(dataDir, env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  let error = "";
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  child.stderr.on("data", (chunk) => {
    error += String(chunk);
    if (interruptAt?.test(error) !== true) return;
    interruptAt = null;
    child.kill("SIGINT");
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, error };
}
