/**
 * `npm run import`: a file or the sample into a user's data. While a server holds the embedded database, the file goes through that
 * server; otherwise it is imported here. Promises: says what was read, kept, skipped and why, and which models have no price.
 */
import { Console, Data, Effect, Layer } from "effect";
import { createReadStream, openAsBlob, statSync } from "node:fs";
import { basename } from "node:path";
import { Database, makeDatabase } from "../adapters/database.ts";
import { importFile, importSample } from "../adapters/importers/index.ts";
import type { FormatName } from "../adapters/importers/index.ts";
import { usageStoreLayer } from "../adapters/store/index.ts";
import { preferences } from "../adapters/store/threads.ts";
import { reachedBudgets } from "../domain/costs/budgets.ts";
import type { Imported, UserId } from "../domain/model.ts";
import { refusalText } from "./answers.ts";
import { openPool } from "./storage.ts";
import { readConfig } from "./config.ts";
import type { AppConfig } from "./config.ts";
import { readLock } from "./lock.ts";
import { readMap, readStart } from "./importOptions.ts";
import { summaryOf } from "./importSummary.ts";
import { priceBookLayer } from "./priceBook.ts";
import { inMebibytes, inRows, showProgress } from "./progress.ts";
import { SAMPLE_SEED, sampleEnd } from "./routes/usage.ts";
import { issueToken, signingSecret } from "./secret.ts";

export interface ImportFlags {
  readonly file: string | null;
  readonly sample: boolean;
  readonly format: string;
  readonly model: string | null;
  readonly map: string | null;
  readonly start: string | null;
  readonly user: string;
}

export class ImportFailed extends Data.TaggedError("ImportFailed")<{
  readonly problem: string;
}> {
  override get message(): string {
    return this.problem;
  }
}

const TOKEN_SECONDS = 3_600;
/** What shells give a command that Ctrl-C ended: 128 and the signal's number. */
const INTERRUPTED_CODE = 130;

export const importCommand = Effect.fn("importCommand")(function* (
  flags: ImportFlags,
) {
  if ((flags.file === null) === !flags.sample) {
    return yield* new ImportFailed({
      problem: "name one file to import, or --sample",
    });
  }
  if (flags.file !== null) yield* checkFile(flags.file);
  const config = yield* readConfig;
  const holder = config.databaseUrl === null ? readLock(config.dataDir) : null;
  const result =
    holder?.url == null
      ? yield* importHere(flags, config)
      : yield* importThere(flags, config, holder.url);
  yield* Console.log(summaryOf(result));
});

function checkFile(file: string): Effect.Effect<void, ImportFailed> {
  return Effect.try({
    try: () => statSync(file).isFile(),
    catch: () => new ImportFailed({ problem: `${file} cannot be read` }),
  }).pipe(
    Effect.flatMap((isFile) =>
      isFile
        ? Effect.void
        : Effect.fail(new ImportFailed({ problem: `${file} is not a file` })),
    ),
  );
}

// --- here --------------------------------------------------------------------------------------------------------------------

function importHere(flags: ImportFlags, config: AppConfig) {
  return Effect.scoped(
    Effect.gen(function* () {
      const { pool } = yield* openPool(config);
      const database = makeDatabase(pool);
      const stores = usageStoreLayer.pipe(
        Layer.provide(Layer.succeed(Database, database)),
      );
      const user = flags.user as UserId;
      const importing = Effect.gen(function* () {
        const result = yield* importInto(flags);
        const chosen = yield* database.asUser(user, preferences);
        const budgets = yield* reachedBudgets(user, result.period, chosen);
        return { ...result, budgets };
      });
      return yield* importing.pipe(
        Effect.provide(Layer.mergeAll(stores, priceBookLayer(config))),
        Effect.onInterrupt(() => interrupted),
      );
    }),
  );
}

/** What was saved has been removed by then, unless the database is away; then the next import of the file finds it and counts it once. */
const interrupted = Effect.suspend(() => {
  process.exitCode = INTERRUPTED_CODE;
  return Console.error(
    "goldenpath: interrupted: what was saved of the file is removed; importing it again is safe in any case",
  );
});

function importInto(flags: ImportFlags) {
  return Effect.gen(function* () {
    const user = flags.user as UserId;
    if (flags.file === null)
      return yield* importSample(user, {
        seed: SAMPLE_SEED,
        end: sampleEnd(Date.now()),
      });
    const columnMap = yield* readMap(flags.map ?? undefined).pipe(
      Effect.mapError((it) => new ImportFailed({ problem: it.problem })),
    );
    const start = yield* readStart(flags.start ?? undefined).pipe(
      Effect.mapError((it) => new ImportFailed({ problem: it.problem })),
    );
    const show = yield* showProgress(statSync(flags.file).size, inRows);
    return yield* importFile(user, createReadStream(flags.file), {
      format: flags.format as FormatName | "auto",
      fileName: basename(flags.file),
      onProgress: ({ bytes, rows }) => show(bytes, rows),
      ...(flags.model === null ? {} : { model: flags.model }),
      ...(columnMap === null ? {} : { columnMap }),
      ...(start === null ? {} : { start }),
    }).pipe(
      Effect.catchTag("ImportRefused", (it) =>
        Effect.fail(new ImportFailed({ problem: refusalText(it) })),
      ),
    );
  }).pipe(Effect.scoped);
}

// --- through the running server ----------------------------------------------------------------------------------------------

function importThere(flags: ImportFlags, config: AppConfig, url: string) {
  return Effect.gen(function* () {
    yield* Console.error(
      `A server is running on ${url}: importing through it.`,
    );
    const secret = signingSecret(config);
    if (secret === null)
      return yield* new ImportFailed({
        problem:
          "only a public key is known here: import over HTTP with a token",
      });
    const show =
      flags.file === null
        ? () => undefined
        : yield* showProgress(statSync(flags.file).size, inMebibytes);
    return yield* Effect.tryPromise({
      try: async () =>
        send(
          flags,
          url,
          (bytes) => show(bytes, bytes),
          (
            await issueToken(
              secret,
              config,
              flags.user as UserId,
              TOKEN_SECONDS,
            )
          ).token,
        ),
      catch: (cause) =>
        cause instanceof ImportFailed
          ? cause
          : new ImportFailed({
              problem: `the server on ${url} did not answer`,
            }),
    });
  }).pipe(Effect.scoped);
}

async function send(
  flags: ImportFlags,
  url: string,
  onSent: (bytes: number) => void,
  token: string,
): Promise<Imported> {
  const query = new URLSearchParams({ format: flags.format });
  if (flags.sample) query.set("sample", "true");
  if (flags.model !== null) query.set("model", flags.model);
  if (flags.map !== null) query.set("map", flags.map);
  if (flags.start !== null) query.set("start", flags.start);
  if (flags.file !== null) query.set("file_name", basename(flags.file));
  const response = await fetch(`${url}/api/usage/imports?${query}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    ...(flags.file === null
      ? {}
      : {
          body: (await openAsBlob(flags.file))
            .stream()
            .pipeThrough(counting(onSent)),
          duplex: "half",
        }),
  });
  const answer = (await response.json()) as Imported & {
    readonly detail?: string;
  };
  if (!response.ok)
    throw new ImportFailed({
      problem: answer.detail ?? `the server answered ${response.status}`,
    });
  return answer;
}

/** Tells how many bytes have passed. The server takes them no faster than it stores what they hold. */
function counting(onPassed: (bytes: number) => void) {
  let bytes = 0;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, passed) => {
      passed.enqueue(chunk);
      bytes += chunk.length;
      onPassed(bytes);
    },
  });
}
