/** The lock on DATA_DIR: one living holder, dead ones forgotten, and of many that try at once at most one. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { DataDirLocked, readLock, takeLock } from "../../src/app/lock.ts";
import { temporaryDirectory } from "../support/config.ts";

function directory(): { dataDir: string; file: string } {
  const dataDir = temporaryDirectory();
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  return { dataDir, file: join(dataDir, "server.lock") };
}

const holderOf = (pid: number, host = hostname()) =>
  JSON.stringify({ pid, host, url: null });

/** The number of a process that has ended. */
const deadPid = () => spawnSync(process.execPath, ["-e", ""]).pid;

test("a taken lock names its holder and where it serves, and goes with its release", () => {
  const { dataDir, file } = directory();
  const lock = takeLock(join(dataDir));
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    pid: process.pid,
    host: hostname(),
    url: null,
  });
  lock.announce("http://127.0.0.1:1");
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    url: "http://127.0.0.1:1",
  });
  lock.release();
  expect(existsSync(file)).toBe(false);
});

test("a living process's lock refuses in words that say whose it is", () => {
  const { dataDir, file } = directory();
  const other = spawn(process.execPath, ["-e", "process.stdin.resume()"]);
  onTestFinished(() => void other.kill());
  writeFileSync(file, holderOf(other.pid!));
  expect(readLock(dataDir)).toMatchObject({ pid: other.pid });
  expect(() => takeLock(dataDir)).toThrow(DataDirLocked);
  expect(() => takeLock(dataDir)).toThrow(`in use by process ${other.pid}`);
  expect(readFileSync(file, "utf8")).toBe(holderOf(other.pid!));
});

test("a dead process's lock is no lock", () => {
  const { dataDir, file } = directory();
  writeFileSync(file, holderOf(deadPid()));
  expect(readLock(dataDir)).toBeNull();
  takeLock(dataDir);
  expect(readFileSync(file, "utf8")).toContain(String(process.pid));
});

test("of another machine's process nothing is known, so its lock holds", () => {
  const { dataDir, file } = directory();
  writeFileSync(file, holderOf(1, "another-host"));
  expect(() => takeLock(dataDir)).toThrow("on another-host");
});

test("while another process is taking it, it is refused; a file that nobody can read is nobody's", () => {
  const { dataDir, file } = directory();
  writeFileSync(file, "");
  const other = new DatabaseSync(`${file}.door`);
  other.exec("begin exclusive");
  expect(() => takeLock(dataDir)).toThrow("being taken");
  other.close();
  takeLock(dataDir);
  expect(readFileSync(file, "utf8")).toContain(String(process.pid));
});

const TAKE = `
  const { takeLock } = await import(${JSON.stringify(
    new URL("../../src/app/lock.ts", import.meta.url).href,
  )});
  process.stdin.once("data", () => {
    try { takeLock(process.argv[1]); console.log("mine"); } catch { console.log("refused"); }
    process.stdin.once("end", () => process.exit());
  });
  console.log("ready");`;

test("of many that find a dead lock at once, one gets it", async () => {
  const { dataDir, file } = directory();
  writeFileSync(file, holderOf(deadPid()));
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", TAKE, dataDir]),
  );
  const said = children.map(() => "");
  const until = (word: RegExp) =>
    Promise.all(
      children.map(
        (child, index) =>
          new Promise<void>((resolve) => {
            const look = () => word.test(said[index]!) && resolve();
            child.stdout.on("data", look);
            look();
          }),
      ),
    );
  children.forEach((child, index) => {
    onTestFinished(() => void child.kill());
    child.stdout.on("data", (chunk) => (said[index] += String(chunk)));
  });
  await until(/ready/);
  for (const child of children) child.stdin.write("go\n");
  await until(/mine|refused/);
  expect(said.filter((it) => it.includes("mine"))).toHaveLength(1);
  for (const child of children) child.stdin.end();
});
