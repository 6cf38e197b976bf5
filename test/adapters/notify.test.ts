/** Notifications of PostgreSQL: what fits into one, and what becomes of them while nobody is there. */
import { Deferred, Effect, Exit, Scope } from "effect";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { notifyLink, payloadOf } from "../../src/adapters/notify.ts";
import { UNBROKEN } from "../../src/adapters/outage.ts";
import type { Breaker } from "../../src/adapters/outage.ts";
import { busLayer } from "../../src/app/compose.ts";
import { Health, healthLayer } from "../../src/domain/health.ts";
import { limits } from "../../src/domain/limits.ts";
import type {
  RunId,
  Thread,
  ThreadId,
  UserId,
} from "../../src/domain/model.ts";
import { Bus, topics } from "../../src/domain/ports.ts";
import { configOf } from "../support/config.ts";
import { freePort } from "../support/ownServers.ts";

test("the longest of all other messages fits into a notification", () => {
  const thread = {
    thread_id: crypto.randomUUID() as ThreadId,
    title: "\u0001".repeat(limits.titleCharactersMax),
    created_at: new Date().toISOString(),
    updated_at: new Date().toISOString(),
    last_seq: Number.MAX_SAFE_INTEGER,
    active_run: {
      run_id: crypto.randomUUID() as RunId,
      status: "awaiting_approval",
      started_at: new Date().toISOString(),
    },
  } as Thread;
  const user = "\u0001".repeat(limits.subjectCharactersMax) as UserId;
  const payload = payloadOf({
    from: crypto.randomUUID(),
    topic: topics.user(user),
    message: { kind: "thread", thread },
  });
  expect(Buffer.byteLength(payload)).toBeLessThan(
    limits.notifyPayloadBytesMax / 2,
  );
});

/** The URL of a server that accepts and says nothing. */
async function silentServer(): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return `postgres://nobody@127.0.0.1:${port}/none`;
}

function poolOf(connectionString: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    connectionTimeoutMillis: limits.databaseConnectTimeoutMs,
  });
  onTestFinished(() => pool.end());
  return pool;
}

/** An open link whose peers say nothing. */
function openLink(connectionString: string, pool: pg.Pool, breaker: Breaker) {
  const scope = Scope.makeUnsafe();
  onTestFinished(() => Effect.runPromise(Scope.close(scope, Exit.void)));
  const open = notifyLink({ connectionString, pool, breaker });
  const ears = {
    received: () => undefined,
    restored: () => undefined,
    topics: () => [],
  };
  return Effect.runPromise(Scope.provide(open(ears), scope));
}

const stop = { kind: "stop", run_id: crypto.randomUUID() as RunId } as const;

test("§8 while the database is known to be away what is sent is refused at once, and waits for no connection", async () => {
  const url = await silentServer();
  const pool = poolOf(url);
  const breaker = { ...UNBROKEN, isDown: () => true };
  const { send } = await openLink(url, pool, breaker);
  const parcel = { from: "here", topic: "test", message: stop };
  await new Promise<void>((refused) => send(parcel, refused));
  expect(pool.totalCount).toBe(0);
});

test("§8 a node's message that finds nobody takes the database down", async () => {
  const url = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
  const config = await configOf({ DATABASE_URL: url });
  const layer = busLayer(config, poolOf(url));
  const found = await Effect.runPromise(
    Effect.gen(function* () {
      const health = yield* Health;
      const down = yield* Deferred.make<string>();
      yield* health.watch("database", Effect.void);
      yield* health.onChange(({ services }) =>
        Deferred.doneUnsafe(down, Exit.succeed(services.database)),
      );
      yield* Effect.flatMap(Bus, (it) => it.publish("test", stop));
      return yield* Deferred.await(down);
    }).pipe(Effect.scoped, Effect.provide(layer), Effect.provide(healthLayer)),
  );
  expect(found).toBe("down");
});
