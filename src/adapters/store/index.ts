/**
 * The Store and UsageStore ports on SQL: each call is one transaction in the role of its user. What the SQL is stands in the files
 * beside this one.
 */
import { Effect, Layer } from "effect";
import { RunFenced } from "../../domain/errors.ts";
import { newId } from "../../domain/ids.ts";
import { limits } from "../../domain/limits.ts";
import type { ImportId, RunId, ThreadId } from "../../domain/model.ts";
import { Store, UsageStore } from "../../domain/ports.ts";
import { Database } from "../database.ts";
import { watchQueue } from "../queueWatch.ts";
import { dataVersion } from "./dataVersion.ts";
import { appendAgain, endAgain } from "./again.ts";
import { KeptSums } from "./keptSums.ts";
import * as log from "./log.ts";
import * as runs from "./runs.ts";
import { submitStatement, toSubmitted } from "./submit.ts";
import type { RunPolicy, SubmitRow } from "./submit.ts";
import * as threads from "./threads.ts";
import * as imports from "./imports.ts";
import * as streams from "./streams.ts";
import * as usage from "./usage.ts";
import { readFailures, readReuse, readSpread } from "./usageDetails.ts";

export function storeLayer(
  policy: Omit<RunPolicy, "queue">,
): Layer.Layer<Store, never, Database> {
  return Layer.effect(
    Store,
    Effect.gen(function* () {
      const database = yield* Database;
      const queue = yield* watchQueue(database);
      return Store.of(makeStore(database, { ...policy, queue }));
    }),
  );
}

function makeStore(
  database: Database["Service"],
  policy: RunPolicy,
): Store["Service"] {
  const { asUser, asUserAlone, call } = database;
  return {
    submit: (user, submission) =>
      call<SubmitRow>(submitStatement(user, submission, newIds(), policy)).pipe(
        Effect.flatMap(([row]) => toSubmitted(submission, row!)),
        Effect.tap(({ dispatched }) =>
          Effect.sync(() => dispatched && policy.queue.added()),
        ),
      ),
    claim: (user, run) =>
      call<runs.ClaimRow>({
        text: runs.CLAIM,
        values: [user, run, limits.historyMessagesMax],
      }).pipe(Effect.map(([row]) => runs.toClaim(user, run, row))),
    ...makeWriter(database, policy),
    handBack: (user, run, attempt) =>
      asUser(user, (trx) => runs.handBack(trx, run, attempt)),
    requestStop: (user, run, lastWords) =>
      asUserAlone(user, (trx) =>
        runs.requestStop(trx, user, run, lastWords, policy),
      ),
    queueDepth: database.asWriter(runs.queueDepth),
    readEvents: (user, thread, after, limit) =>
      call<threads.EventRow>({
        text: threads.READ_EVENTS,
        values: [user, thread, after, limit, limits.replayPageBytes],
      }).pipe(Effect.map(log.toEventPage)),
    readHeads: (threadIds, runIds) =>
      call<log.HeadRow>({
        text: log.READ_HEADS,
        values: [threadIds, runIds],
      }).pipe(Effect.map(log.toHeads)),
    findThread: (user, thread) =>
      asUser(user, (trx) => threads.findThread(trx, thread)),
    findRun: (user, run) => asUser(user, (trx) => threads.findRun(trx, run)),
    listThreads: (user, page) =>
      asUser(user, (trx) => threads.listThreads(trx, page)),
    activeThreads: (user) => asUser(user, (trx) => threads.activeThreads(trx)),
    createThread: (user, title) =>
      asUser(user, (trx) =>
        threads.createThread(trx, user, newId() as ThreadId, title),
      ),
    renameThread: (user, thread, title) =>
      asUser(user, (trx) => threads.renameThread(trx, thread, title)),
    deleteThread: (user, thread) =>
      asUserAlone(user, (trx) =>
        threads.deleteThread(trx, user, thread, policy),
      ),
    listMessages: (user, thread) =>
      asUser(user, (trx) => threads.listMessages(trx, thread)),
    findAnswer: (user, run) =>
      asUser(user, (trx) => threads.findAnswer(trx, run)),
    findToolCall: (user, run, call) =>
      asUser(user, (trx) => threads.findToolCall(trx, run, call)),
    preferences: (user) => asUser(user, (trx) => threads.preferences(trx)),
    savePreferences: (user, chosen) =>
      asUser(user, (trx) => threads.savePreferences(trx, user, chosen)),
  };
}

/** What writes the log; each is recognised when it is asked for again. */
function makeWriter(
  { asUser, asUserAlone, call }: Database["Service"],
  policy: RunPolicy,
): Pick<Store["Service"], "append" | "end"> {
  return {
    append: (batch, which) => {
      if (which === "again") {
        return Effect.forEach(batch, (it) =>
          asUser(it.user_id, (trx) => appendAgain(trx, it)),
        );
      }
      const complete = log.complete(batch);
      return call<log.AppendedRow>({
        text: log.APPEND,
        values: [batch.map((it) => it.thread_id), JSON.stringify(complete)],
      }).pipe(Effect.map((rows) => log.readAppended(complete, rows)));
    },
    end: (last, ending, which) => {
      if (which === "again") {
        return asUserAlone(last.user_id, (trx) =>
          endAgain(trx, last, ending, policy),
        );
      }
      return call<runs.EndedRow>(runs.endStatement(last, ending, policy)).pipe(
        Effect.map((rows) => runs.toEnded(last, rows)),
        Effect.flatMap((ended) =>
          ended === null ? Effect.fail(new RunFenced()) : Effect.succeed(ended),
        ),
      );
    },
  };
}

const newIds = () => ({
  thread_id: newId() as ThreadId,
  run_id: newId() as RunId,
});

export const usageStoreLayer: Layer.Layer<UsageStore, never, Database> =
  Layer.effect(
    UsageStore,
    Effect.map(Database, ({ asUser, asUserAlone, call }) => {
      const sums = new KeptSums();
      return UsageStore.of({
        coverage: (user) => asUser(user, (trx) => usage.coverage(trx)),
        dataVersion: (user) => asUser(user, (trx) => dataVersion(trx)),
        aggregate: (user, query) =>
          asUser(user, (trx) => sums.aggregate(trx, user, query)),
        reuse: (user, query) => asUser(user, (trx) => readReuse(trx, query)),
        failures: (user, query) =>
          asUser(user, (trx) => readFailures(trx, query)),
        pricedParts: (user, query) =>
          asUser(user, (trx) => usage.pricedParts(trx, query)),
        spread: (user, query) => asUser(user, (trx) => readSpread(trx, query)),
        beginImport: (user, source) => {
          const id = newId() as ImportId;
          return asUser(user, async (trx) => {
            await imports.beginImport(trx, user, id, source);
            return id;
          });
        },
        saveRecords: (user, id, records) => {
          const batch = imports.toBatch(records);
          return asUserAlone(user, (trx) =>
            imports.saveBatch(trx, user, id, batch),
          );
        },
        finishImport: (user, result) =>
          asUser(user, (trx) => imports.finishImport(trx, user, result)).pipe(
            Effect.andThen(
              result.rows.kept < limits.analyzedRowsMin
                ? Effect.void
                : Effect.ignore(call({ text: imports.ANALYZE, values: [] })),
            ),
          ),
        openStream: (user, source) =>
          asUser(user, (trx) => streams.openStream(trx, user, source)),
        addToImport: (user, part) =>
          asUser(user, (trx) => streams.addToImport(trx, user, part)),
        listImports: (user) => asUser(user, (trx) => imports.listImports(trx)),
        removeImport: (user, id) =>
          asUserAlone(user, (trx) => imports.removeImport(trx, user, id)),
      });
    }),
  );
