/**
 * `npm run report -- run RUN_ID`: what an operator may know of one run. While a server holds the embedded database, it is asked of that server;
 * otherwise it is read here. Promises: says which; ends with one line when there is no such run.
 */
import { Console, Data, Effect, Layer } from "effect";
import { Database, makeDatabase } from "../adapters/database.ts";
import { reportStoreLayer } from "../adapters/store/reports.ts";
import { limits } from "../domain/limits.ts";
import type { RunId } from "../domain/model.ts";
import { ReportStore } from "../domain/ports.ts";
import { reportOf } from "../domain/runReport.ts";
import type { RunReport } from "../domain/runReport.ts";
import { openPool } from "./storage.ts";
import { readConfig } from "./config.ts";
import type { AppConfig } from "./config.ts";
import { readLock } from "./lock.ts";
import { reportText } from "./reportText.ts";
import { issueToken, LOCAL_USER, signingSecret } from "./secret.ts";

export class ReportFailed extends Data.TaggedError("ReportFailed")<{
  readonly problem: string;
}> {
  override get message(): string {
    return this.problem;
  }
}

export const reportCommand = Effect.fn("reportCommand")(function* (given: {
  readonly run: string;
  readonly json: boolean;
}) {
  const config = yield* readConfig;
  const holder = config.databaseUrl === null ? readLock(config.dataDir) : null;
  const run = given.run as RunId;
  const report =
    holder?.url == null
      ? yield* readHere(run, config)
      : yield* readThere(run, config, holder.url);
  yield* Console.log(
    given.json ? JSON.stringify(report, null, 2) : reportText(report),
  );
});

const noSuchRun = (run: RunId) =>
  new ReportFailed({ problem: `there is no run ${run}` });

function readHere(run: RunId, config: AppConfig) {
  return Effect.scoped(
    Effect.gen(function* () {
      const { pool } = yield* openPool(config);
      const store = reportStoreLayer.pipe(
        Layer.provide(Layer.succeed(Database, makeDatabase(pool))),
      );
      const file = yield* Effect.flatMap(ReportStore, (it) =>
        it.read(run),
      ).pipe(
        Effect.catchTag("RunNotFound", () => Effect.fail(noSuchRun(run))),
        Effect.provide(store),
      );
      return reportOf(file);
    }),
  );
}

function readThere(run: RunId, config: AppConfig, url: string) {
  return Effect.gen(function* () {
    yield* Console.error(`A server is running on ${url}: asking it.`);
    const secret = signingSecret(config);
    if (secret === null)
      return yield* new ReportFailed({
        problem: `only a public key is known here: read ${url}/api/admin/runs/${run}/report with a token of the role admin`,
      });
    return yield* Effect.tryPromise({
      try: () => ask(run, config, url, secret),
      catch: (cause) =>
        cause instanceof ReportFailed
          ? cause
          : new ReportFailed({
              problem: `the server on ${url} did not answer`,
            }),
    });
  });
}

async function ask(
  run: RunId,
  config: AppConfig,
  url: string,
  secret: Uint8Array,
): Promise<RunReport> {
  const lifetime = limits.reportTokenSeconds;
  const { token } = await issueToken(secret, config, LOCAL_USER, lifetime, {
    role: "admin",
  });
  const response = await fetch(
    `${url}/api/admin/runs/${encodeURIComponent(run)}/report`,
    { headers: { Authorization: `Bearer ${token}` } },
  );
  if (response.status === 404) throw noSuchRun(run);
  if (!response.ok)
    throw new ReportFailed({
      problem: `the server answered ${response.status}`,
    });
  return (await response.json()) as RunReport;
}
