/**
 * The lock on DATA_DIR: one process at a time may hold the embedded database, since a second one's writes would be lost. Owns the file
 * `server.lock`. Promises: a lock whose process is dead is no lock; who holds a living one, and where it serves, can be read.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Where the holder serves HTTP; null while it starts, or when it is a command. */
  readonly url: string | null;
}

export class DataDirLocked extends Error {
  constructor(dataDir: string, holder: LockHolder) {
    super(
      `${dataDir} is in use by process ${holder.pid} on ${holder.host}. Stop it first, or choose another DATA_DIR.`,
    );
  }
}

export interface Lock {
  /** Says where the holder serves. */
  readonly announce: (url: string) => void;
  readonly release: () => void;
}

/**
 * Takes the lock.
 * @throws DataDirLocked when a living process has it.
 */
export function takeLock(dataDir: string): Lock {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, "server.lock");
  const mine: LockHolder = { pid: process.pid, host: hostname(), url: null };
  const write = (holder: LockHolder, flag: "wx" | "w") =>
    writeFileSync(file, JSON.stringify(holder), { flag });
  try {
    write(mine, "wx");
  } catch {
    const holder = readLock(dataDir);
    if (holder !== null) throw new DataDirLocked(dataDir, holder);
    rmSync(file, { force: true });
    write(mine, "wx");
  }
  return {
    announce: (url) => write({ ...mine, url }, "w"),
    release: () => rmSync(file, { force: true }),
  };
}

/** The living holder of the lock; null when nobody has it. */
export function readLock(dataDir: string): LockHolder | null {
  try {
    const holder = JSON.parse(
      readFileSync(join(dataDir, "server.lock"), "utf8"),
    ) as LockHolder;
    return isAlive(holder) ? holder : null;
  } catch {
    return null;
  }
}

/** Of another machine nothing can be known, so its lock holds. A lock with our own number is a dead process's, whose number we got. */
function isAlive(holder: LockHolder): boolean {
  if (holder.host !== hostname()) return true;
  if (holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
