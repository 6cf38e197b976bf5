/**
 * The lock on DATA_DIR: one process at a time may hold the embedded database, since a second one's writes would be lost. Owns the files
 * `server.lock` and `server.lock.door`. Promises: a lock whose process is dead is no lock; of many that find one, one takes it; who holds a
 * living one, and where it serves, can be read.
 */
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
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
  behindDoor(dataDir, () => {
    const holder = readLock(dataDir);
    if (holder !== null) throw new DataDirLocked(dataDir, holder);
    write(file, mine);
  });
  return {
    announce: (url) => write(file, { ...mine, url }),
    release: () => rmSync(file, { force: true }),
  };
}

/** Written beside and moved, so that nobody reads half of it. */
function write(file: string, holder: LockHolder): void {
  const whole = `${file}.${process.pid}`;
  writeFileSync(whole, JSON.stringify(holder));
  renameSync(whole, file);
}

/**
 * Looks and takes alone. Files cannot do that: between finding a dead lock and replacing it another process may have made a living one.
 * SQLite's exclusive transaction is a lock of the operating system on every system, and gone with its process.
 */
function behindDoor(dataDir: string, work: () => void): void {
  const door = new DatabaseSync(join(dataDir, `${LOCK_FILE}.door`), {
    timeout: limits.lockWaitMs,
  });
  try {
    enter(door, dataDir);
    work();
  } finally {
    door.close();
  }
}

function enter(door: DatabaseSync, dataDir: string): void {
  try {
    door.exec("begin exclusive");
  } catch (cause) {
    throw isBusy(cause) ? new DataDirLocked(dataDir, null) : cause;
  }
}

const SQLITE_BUSY = 5;
const isBusy = (cause: unknown) =>
  cause instanceof Error && "errcode" in cause && cause.errcode === SQLITE_BUSY;

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
