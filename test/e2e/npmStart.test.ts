/** A SIGTERM to `npm start` reaches the server, though the shell between them passes no signal on. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../support/config.ts";

const WAIT_MS_MAX = 30_000;
const LOOK_INTERVAL_MS = 100;

test.skipIf(process.platform === "win32")(
  "a server that npm started is drained when npm is asked to stop",
  async () => {
    const dataDir = temporaryDirectory();
    const lock = join(dataDir, "server.lock");
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const {
      DATABASE_URL: _database,
      REDIS_URL: _redis,
      ...inherited
    } = process.env;
    const npm = spawn("npm", ["start"], {
      cwd: join(import.meta.dirname, "../.."),
      env: { ...inherited, PORT: "0", DATA_DIR: dataDir },
      stdio: ["ignore", "pipe", "ignore"],
    });
    for await (const line of createInterface(npm.stdout)) {
      if (line.startsWith("Golden Path")) break;
    }
    const { pid } = JSON.parse(readFileSync(lock, "utf8")) as { pid: number };
    onTestFinished(() => endForCertain(pid));
    const ended = once(npm, "exit");
    npm.kill("SIGTERM");
    await ended;
    const deadlineMs = performance.now() + WAIT_MS_MAX;
    while (existsSync(lock) && performance.now() < deadlineMs)
      await setTimeout(LOOK_INTERVAL_MS);
    expect(existsSync(lock)).toBe(false);
  },
  120_000,
);

function endForCertain(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended, as it should.
  }
}
