/** What a node knows of revocations: by the record, the bus and the cache, whichever of them is there. */
import { Effect, Layer, ManagedRuntime } from "effect";
import { expect, onTestFinished, test } from "vitest";
import { memoryBusLayer } from "../../src/adapters/memory/bus.ts";
import { memoryCacheLayer } from "../../src/adapters/memory/cache.ts";
import { ServiceUnavailable } from "../../src/domain/errors.ts";
import type { UserId } from "../../src/domain/model.ts";
import { Bus, Cache, SessionStore, topics } from "../../src/domain/ports.ts";
import type { Identity, Revocation } from "../../src/domain/ports.ts";
import { Revocations, revocationsLayer } from "../../src/domain/revocations.ts";

const DAY_MS = 86_400_000;
const at = (ms: number) => new Date(ms).toISOString();
const SECOND_MS = Math.floor(Date.now() / 1_000) * 1_000;

const identity = (more: Partial<Identity> = {}): Identity => ({
  user_id: "u" as UserId,
  token_id: "t",
  issued_at_ms: SECOND_MS,
  expires_at_ms: SECOND_MS + DAY_MS,
  admin: false,
  ...more,
});
const revocation = (
  kind: Revocation["kind"],
  name: string,
  revokedAtMs = SECOND_MS + 500,
  expiresAtMs = SECOND_MS + DAY_MS,
): Revocation => ({
  kind,
  name,
  revoked_at: at(revokedAtMs),
  expires_at: at(expiresAtMs),
});

const isGood = ({ expires_at }: Revocation) =>
  Date.parse(expires_at) > Date.now();

/** A node over a record that a test writes and takes away. */
async function world(record: Revocation[] = [], database = { up: true }) {
  const away = new ServiceUnavailable({ service: "database", cause: "test" });
  const store = Layer.succeed(SessionStore, {
    revoke: (target) =>
      Effect.suspend(() => {
        if (!database.up) return Effect.fail(away);
        const made = revocation(target.kind, target.name);
        record.push(made);
        return Effect.succeed(made);
      }),
    revocations: () =>
      Effect.suspend(() =>
        database.up
          ? Effect.succeed(record.filter(isGood).toReversed())
          : Effect.fail(away),
      ),
    saveSessions: () => Effect.void,
    lastThreads: () => Effect.succeed([]),
  });
  const outside = Layer.mergeAll(store, memoryBusLayer, memoryCacheLayer);
  const runtime = ManagedRuntime.make(
    revocationsLayer.pipe(Layer.provideMerge(outside)),
  );
  onTestFinished(() => runtime.dispose());
  const node = await runtime.runPromise(Revocations.use(Effect.succeed));
  const isRevoked = (it: Identity) => Effect.runPromise(node.isRevoked(it));
  return { runtime, node, isRevoked, record, database };
}

test("what is on record is known from the start, and a token of the revoked second counts as before it", async () => {
  const { node } = await world([
    revocation("token", "t"),
    revocation("user", "w"),
  ]);
  const of = (more: Partial<Identity>) => node.cover(identity(more));
  const w = { user_id: "w" as UserId, token_id: null };
  expect(of({})).toBe(true);
  expect(of({ token_id: "other" })).toBe(false);
  expect(of({ token_id: null })).toBe(false);
  expect(of({ user_id: "t" as UserId, token_id: "w" })).toBe(false);
  expect(of({ ...w, issued_at_ms: 0 })).toBe(true);
  expect(of(w)).toBe(true);
  expect(of({ ...w, issued_at_ms: SECOND_MS + 1_000 })).toBe(false);
});

test("the bus tells at once, the next look tells what it lost", async () => {
  const { runtime, node, record } = await world();
  await runtime.runPromise(
    Bus.use((it) =>
      it.publish(topics.revocations, {
        kind: "revoked",
        revocation: revocation("token", "t"),
      }),
    ),
  );
  expect(node.cover(identity())).toBe(true);
  record.push(revocation("token", "lost"));
  await expect
    .poll(() => node.cover(identity({ token_id: "lost" })), { timeout: 5_000 })
    .toBe(true);
});

test("with the database away from the start the cache knows, and one that is back is asked again", async () => {
  const database = { up: false };
  const { runtime, node, isRevoked, record } = await world([], database);
  const key = "revoked:token:t";
  await runtime.runPromise(Cache.use((it) => it.set(key, at(SECOND_MS), 60)));
  expect(node.cover(identity())).toBe(false);
  expect(await isRevoked(identity())).toBe(true);
  expect(await isRevoked(identity({ token_id: "other" }))).toBe(false);
  record.push(revocation("user", "u"));
  database.up = true;
  await expect
    .poll(() => node.cover(identity({ token_id: null })), { timeout: 5_000 })
    .toBe(true);
});

test("what is not on record is not revoked: the failure says so, and nobody is told", async () => {
  const { node, isRevoked } = await world([], { up: false });
  const exit = await Effect.runPromise(
    Effect.exit(node.revoke({ kind: "token", name: "t" })),
  );
  expect(exit._tag).toBe("Failure");
  expect(await isRevoked(identity())).toBe(false);
});

test("a revocation ends", async () => {
  const { node } = await world([
    revocation("token", "t", SECOND_MS, Date.now() + 500),
  ]);
  expect(node.cover(identity())).toBe(true);
  await expect
    .poll(() => node.cover(identity()), { timeout: 8_000 })
    .toBe(false);
});
