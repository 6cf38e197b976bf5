/**
 * The embedded database as a connection pool: PGlite in a worker thread behind node-postgres, so that everything above speaks to
 * it as to a server. Owns the worker and its one connection. Promises: one session, taken by one user at a time; closed cleanly.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Duplex } from "node:stream";
import { Worker } from "node:worker_threads";
import pg from "pg";

/** Where `npm ci` leaves a migrated, empty database, so that a first start need not make one. */
export const TEMPLATE = join(import.meta.dirname, "../../dist/template");

/** What node-postgres asks of a socket, over a worker's message port. */
class WorkerSocket extends Duplex {
  readonly #worker: Worker;
  readonly #receive = (message: unknown) => {
    if (message instanceof Uint8Array) this.push(message);
  };

  constructor(worker: Worker) {
    super();
    this.#worker = worker;
    worker.on("message", this.#receive);
  }

  connect(): this {
    queueMicrotask(() => this.emit("connect"));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {}

  override _write(
    chunk: Uint8Array,
    _encoding: string,
    done: () => void,
  ): void {
    this.#post(new Uint8Array(chunk));
    done();
  }

  /** A query is several messages written together; sent together they cost one trip to the worker and one back. */
  override _writev(
    writes: readonly { readonly chunk: Uint8Array }[],
    done: () => void,
  ): void {
    this.#post(new Uint8Array(Buffer.concat(writes.map((it) => it.chunk))));
    done();
  }

  #post(bytes: Uint8Array<ArrayBuffer>): void {
    this.#worker.postMessage(bytes, [bytes.buffer]);
  }

  override _final(done: () => void): void {
    this.#worker.off("message", this.#receive);
    this.push(null);
    done();
  }
}

export interface Embedded {
  readonly pool: pg.Pool;
  /** To be called after the pool has ended. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the database in `directory`, made from `template` if there is none yet, or anew without a template. The caller holds the directory's lock.
 * @throws when the directory cannot be read or is not a database of this version.
 */
export async function openEmbedded(
  directory: string,
  settings: pg.PoolConfig,
  template: string | null = TEMPLATE,
): Promise<Embedded> {
  if (!existsSync(directory)) await prepare(directory, template);
  const worker = new Worker(new URL("./pgliteWorker.ts", import.meta.url), {
    workerData: { directory },
  });
  await once(worker, "open");
  const pool = new pg.Pool({
    ...settings,
    user: "postgres",
    database: "postgres",
    max: 1,
    idleTimeoutMillis: 0,
    stream: () => new WorkerSocket(worker),
  } as pg.PoolConfig);
  const close = async () => {
    worker.postMessage("close");
    await once(worker, "closed");
    await worker.terminate();
  };
  return { pool, close };
}

/** Copies beside and renames, so that a copy that was cut short is never taken for a database. */
async function prepare(
  directory: string,
  template: string | null,
): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  if (template === null || !existsSync(template)) return;
  const copy = `${directory}.copy`;
  await rm(copy, { recursive: true, force: true });
  await cp(template, copy, { recursive: true });
  await rename(copy, directory);
}

function once(worker: Worker, message: string): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.on("message", (received) => {
      if (received === message) resolve();
    });
  });
}
