/**
 * The SessionStore port on SQL: revocations and last sessions, each call one statement. Promises: what is written here is written by
 * functions that carry their own rights (migration 005), so no user's role can write it.
 */
import { Effect, Layer } from "effect";
import { limits } from "../../domain/limits.ts";
import { SessionStore } from "../../domain/ports.ts";
import type { RememberedThread, Revocation } from "../../domain/ports.ts";
import { Database } from "../database.ts";

export const sessionStoreLayer: Layer.Layer<SessionStore, never, Database> =
  Layer.effect(
    SessionStore,
    Effect.map(Database, ({ call }) => SessionStore.of(makeStore(call))),
  );

function makeStore(call: Database["Service"]["call"]): SessionStore["Service"] {
  return {
    revoke: (target) =>
      call<Pick<Revocation, "revoked_at" | "expires_at">>({
        text: "select * from add_revocation($1, $2, $3)",
        values: [target.kind, target.name, limits.revocationLifetimeSeconds],
      }).pipe(Effect.map(([row]) => ({ ...target, ...row! }))),
    revocations: (since) =>
      call<Revocation>({
        text: "select * from read_revocations($1, $2, $3)",
        values: [since, limits.revocationOverlapSeconds, limits.revocationsMax],
      }),
    saveSessions: (sessions) =>
      call({
        text: "select save_sessions($1)",
        values: [JSON.stringify(sessions)],
      }).pipe(Effect.asVoid),
    lastThreads: (user) =>
      call<{ readonly threads: readonly RememberedThread[] }>({
        text: "select * from read_session($1, $2)",
        values: [user, limits.sessionLifetimeSeconds],
      }).pipe(Effect.map(([row]) => row?.threads ?? [])),
  };
}
