/**
 * The price table as a file of this machine's, made by a refresh. Promises: it is replaced whole or not at all; one that cannot be used is
 * refused with what is wrong about it; an older one than the packaged table is passed over.
 */
import { Effect, Schema } from "effect";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { packagedTable } from "./priceTable.ts";
import type { PriceTable } from "./priceTable.ts";
import { parseProviders, TableRefused } from "./priceTableFormat.ts";

const Kept = Schema.Struct({
  /** YYYY-MM-DD. */
  date: Schema.String.check(
    Schema.makeFilter((it: string) => /^\d{4}-\d{2}-\d{2}$/.test(it)),
  ),
  providers: Schema.Unknown,
});

/** The newer one of the packaged table and the file's, which need not be there. */
export function tableInUse(
  path: string,
): Effect.Effect<PriceTable, TableRefused> {
  return Effect.map(readTable(path), (kept) =>
    kept !== null && kept.date > packagedTable.date ? kept : packagedTable,
  );
}

/** Null where there is no such file. */
function readTable(
  path: string,
): Effect.Effect<PriceTable | null, TableRefused> {
  const bad = (problem: string) => new TableRefused({ problem });
  return Effect.gen(function* () {
    const text = yield* Effect.tryPromise({
      try: () => readFile(path, "utf8").catch(nullIfMissing),
      catch: () => bad(`${path} cannot be read`),
    });
    if (text === null) return null;
    const document = yield* Effect.try({
      try: () => JSON.parse(text) as unknown,
      catch: () => bad(`${path} is not JSON`),
    });
    const kept = yield* Effect.mapError(
      Schema.decodeUnknownEffect(Kept)(document),
      () => bad(`${path} is no table that a refresh has written`),
    );
    const providers = yield* Effect.mapError(
      parseProviders(kept.providers),
      ({ problem }) => bad(`${path}: ${problem}`),
    );
    return { date: kept.date, providers };
  });
}

function nullIfMissing(cause: unknown): null {
  if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
  throw cause;
}

/** Takes the place of what is there in one step. */
export function writeTable(
  path: string,
  table: PriceTable,
): Effect.Effect<void, TableRefused> {
  const unfinished = `${path}.${process.pid}`;
  return Effect.tryPromise({
    try: async () => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(unfinished, JSON.stringify(table));
      await rename(unfinished, path);
    },
    catch: (cause) =>
      new TableRefused({
        problem: `${path} cannot be written (${(cause as NodeJS.ErrnoException).code})`,
      }),
  }).pipe(
    Effect.onError(() =>
      Effect.promise(() => rm(unfinished, { force: true }).catch(() => {})),
    ),
  );
}
