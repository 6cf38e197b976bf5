/** What waits to be saved of last sessions while the cache or the database is away, and where it is read. */
import { Effect, Layer, ManagedRuntime } from "effect";
import { expect, onTestFinished, test } from "vitest";
import { memoryCacheLayer } from "../../src/adapters/memory/cache.ts";
import { ServiceUnavailable } from "../../src/domain/errors.ts";
import { limits } from "../../src/domain/limits.ts";
import type { ThreadId, UserId } from "../../src/domain/model.ts";
import { Cache, SessionStore } from "../../src/domain/ports.ts";
import type { RememberedThread, Session } from "../../src/domain/ports.ts";
import {
  LastSessions,
  lastSessionsLayer,
} from "../../src/domain/remembering.ts";

const user = "u" as UserId;
const thread = (seq: number): RememberedThread => ({
  thread_id: `t${seq}` as ThreadId,
  seq,
});
const session = (...seqs: number[]): Session => ({
  user_id: user,
  threads: seqs.map(thread),
});

/** The service over a cache and a record that a test takes away and gives back. */
async function world() {
  const record = new Map<UserId, readonly RememberedThread[]>();
  const batches: number[] = [];
  const up = { cache: true, database: true };
  const gate = <A>(
    service: keyof typeof up,
    effect: Effect.Effect<A, ServiceUnavailable>,
  ) =>
    Effect.suspend(() =>
      up[service]
        ? effect
        : Effect.fail(new ServiceUnavailable({ service, cause: "test" })),
    );
  const store = Layer.succeed(SessionStore, {
    revoke: () => Effect.never,
    revocations: () => Effect.succeed([]),
    saveSessions: (sessions) =>
      gate(
        "database",
        Effect.sync(() => {
          batches.push(sessions.length);
          for (const it of sessions) record.set(it.user_id, it.threads);
        }),
      ),
    lastThreads: (user) =>
      gate(
        "database",
        Effect.sync(() => record.get(user) ?? []),
      ),
  });
  const cache = Layer.effect(
    Cache,
    Effect.map(Cache, (it) => ({
      ...it,
      get: (key: string) => gate("cache", it.get(key)),
      setAll: (...given: Parameters<typeof it.setAll>) =>
        gate("cache", it.setAll(...given)),
    })),
  ).pipe(Layer.provide(memoryCacheLayer));
  const runtime = ManagedRuntime.make(
    lastSessionsLayer.pipe(Layer.provideMerge(Layer.merge(store, cache))),
  );
  onTestFinished(() => runtime.dispose());
  const sessions = await runtime.runPromise(LastSessions.use(Effect.succeed));
  const recall = () => Effect.runPromise(sessions.recall(user));
  const flush = () => Effect.runPromise(sessions.flush);
  return { up, record, batches, sessions, recall, flush };
}

test("what waits is read already; written, it is in both places", async () => {
  const { sessions, recall, flush, record, up } = await world();
  sessions.remember(session(1));
  expect(await recall()).toEqual([thread(1)]);
  await flush();
  expect(record.get(user)).toEqual([thread(1)]);
  up.database = false;
  expect(await recall()).toEqual([thread(1)]);
});

test("what could not be written waits, and the newest of it is written when the service is back", async () => {
  const { sessions, recall, flush, record, up } = await world();
  Object.assign(up, { cache: false, database: false });
  sessions.remember(session(1));
  await flush();
  sessions.remember(session(1, 2));
  await flush();
  expect(await recall()).toEqual([thread(1), thread(2)]);
  up.database = true;
  await flush();
  expect(record.get(user)).toEqual([thread(1), thread(2)]);
  up.cache = true;
  await flush();
  record.clear();
  expect(await recall()).toEqual([thread(1), thread(2)]);
});

test("the record is asked where the cache has none, and nobody is harmed where neither answers", async () => {
  const { recall, record, up } = await world();
  record.set(user, [thread(3)]);
  expect(await recall()).toEqual([thread(3)]);
  up.cache = false;
  expect(await recall()).toEqual([thread(3)]);
  up.database = false;
  expect(await recall()).toEqual([]);
});

test("many users' go in batches, and no more than 20 threads of each", async () => {
  const { sessions, flush, record, batches, recall } = await world();
  const users = limits.sessionBatchMax + 1;
  for (let at = 0; at < users; at += 1)
    sessions.remember({ user_id: `u${at}` as UserId, threads: [thread(at)] });
  sessions.remember(session(...Array.from({ length: 30 }, (_, at) => at)));
  await flush();
  expect(record.size).toBe(users + 1);
  expect(batches).toEqual([limits.sessionBatchMax, 2]);
  const kept = await recall();
  expect(kept.map((it) => it.seq)).toEqual(
    Array.from({ length: 20 }, (_, at) => at + 10),
  );
});
