/**
 * The lock on DATA_DIR: one process at a time may hold the embedded database, since a second one's writes would be lost. Owns the file
 * `server.lock`. Promises: a lock whose process is dead is no lock; who holds a living one, and where it serves, can be read.
 */
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { limits } from "../domain/limits.ts";

export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Where the holder serves HTTP; null while it starts, or when it is a command. */
  readonly url: string | null;
}

export class DataDirLocked extends Error {
  /** `holder` null: another process is taking the lock at this very moment. */
  constructor(dataDir: string, holder: LockHolder | null) {
    super(
      holder === null
        ? `${dataDir} is being taken by another process. Choose another DATA_DIR.`
        : `${dataDir} is in use by process ${holder.pid} on ${holder.host}. Stop it first, or choose another DATA_DIR. If it is gone for certain, remove ${join(dataDir, LOCK_FILE)}.`,
    );
  }
}

const LOCK_FILE = "server.lock";

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
  const file = join(dataDir, LOCK_FILE);
  const mine: LockHolder = { pid: process.pid, host: hostname(), url: null };
  const write = (holder: LockHolder, flag: "wx" | "w") =>
    writeFileSync(file, JSON.stringify(holder), { flag });
  if (!tryTo(() => write(mine, "wx"))) {
    removeDead(dataDir, file);
    if (!tryTo(() => write(mine, "wx"))) {
      throw new DataDirLocked(dataDir, readHolder(file));
    }
  }
  return {
    announce: (url) => write({ ...mine, url }, "w"),
    release: () => rmSync(file, { force: true }),
  };
}

/**
 * Takes a dead process's lock away. Of several that try at once one moves the file, and whoever finds that it moved a living one's,
 * made meanwhile, puts it back.
 */
function removeDead(dataDir: string, file: string): void {
  const holder = readLock(dataDir);
  if (holder !== null || isBeingWritten(file)) {
    throw new DataDirLocked(dataDir, holder);
  }
  const aside = `${file}.${process.pid}`;
  if (!tryTo(() => renameSync(file, aside))) return;
  const moved = readHolder(aside);
  if (moved !== null && isAlive(moved)) {
    tryTo(() => writeFileSync(file, JSON.stringify(moved), { flag: "wx" }));
  }
  rmSync(aside, { force: true });
}

/** True for a file that is new and cannot be read yet. */
function isBeingWritten(file: string): boolean {
  if (readHolder(file) !== null) return false;
  const { mtimeMs = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return Date.now() - mtimeMs < limits.lockWriteMs;
}

function tryTo(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** The living holder of the lock; null when nobody has it. */
export function readLock(dataDir: string): LockHolder | null {
  const holder = readHolder(join(dataDir, LOCK_FILE));
  return holder !== null && isAlive(holder) ? holder : null;
}

/** Whose lock a file is; null when there is none, or none that can be read. */
function readHolder(file: string): LockHolder | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as LockHolder;
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
