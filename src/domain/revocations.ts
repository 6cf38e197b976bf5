/**
 * Which tokens are no good any more, as far as this node knows. Owns what it knows, in memory, and the look-out for more: from the record in
 * SQL at the start and every limits.revocationPollIntervalMs, and at once from the bus. Promises: what was revoked stays so with the cache
 * flushed or the database away; asking costs no round trip to the database.
 */
import { Context, Effect, Layer, Schedule } from "effect";
import type { ServiceUnavailable } from "./errors.ts";
import { limits } from "./limits.ts";
import { Bus, Cache, SessionStore, topics } from "./ports.ts";
import type { Identity, Revocation, RevocationTarget } from "./ports.ts";

export class Revocations extends Context.Service<
  Revocations,
  {
    /** What this node knows already. */
    readonly cover: (identity: Identity) => boolean;
    /** The same, and what the cache knows beyond it. */
    readonly isRevoked: (identity: Identity) => Effect.Effect<boolean>;
    /** Puts a revocation on record and tells every node. */
    readonly revoke: (
      target: RevocationTarget,
    ) => Effect.Effect<Revocation, ServiceUnavailable>;
  }
>()("goldenpath/Revocations") {}

type Needs = SessionStore | Cache | Bus;

export const revocationsLayer: Layer.Layer<Revocations, never, Needs> =
  Layer.effect(
    Revocations,
    Effect.gen(function* () {
      const bus = yield* Bus;
      const cache = yield* Cache;
      const needs = yield* Effect.context<Needs>();
      const known = new KnownRevocations();
      yield* bus.subscribe(topics.revocations, (message) => {
        if (message.kind === "revoked") known.learn(message.revocation);
      });
      const look = lookForMore(known);
      yield* look.pipe(Effect.timeout(limits.contextTimeoutMs), Effect.ignore);
      yield* Effect.forkScoped(
        Effect.repeat(look, Schedule.spaced(limits.revocationPollIntervalMs)),
      );
      return Revocations.of({
        cover: (identity) => known.cover(identity),
        isRevoked: (identity) =>
          known.cover(identity)
            ? Effect.succeed(true)
            : Effect.provideService(isRevokedInCache(identity), Cache, cache),
        revoke: (target) =>
          Effect.provideContext(recordRevocation(target), needs),
      });
    }),
  );

/** On record first, then told. Who hears nothing of it, or has no cache, finds it on record. */
export function recordRevocation(
  target: RevocationTarget,
): Effect.Effect<Revocation, ServiceUnavailable, Needs> {
  return Effect.gen(function* () {
    const revocation = yield* (yield* SessionStore).revoke(target);
    const lifetime = limits.revocationLifetimeSeconds;
    yield* (yield* Cache)
      .set(keyOf(target), revocation.revoked_at, lifetime)
      .pipe(Effect.ignore);
    yield* (yield* Bus).publish(topics.revocations, {
      kind: "revoked",
      revocation,
    });
    return revocation;
  });
}

const keyOf = ({ kind, name }: RevocationTarget) => `revoked:${kind}:${name}`;

/** What could revoke this token: its own id where it has one, and its user. */
function targetsOf({ token_id, user_id }: Identity): RevocationTarget[] {
  const user: RevocationTarget = { kind: "user", name: user_id };
  return token_id === null ? [user] : [user, { kind: "token", name: token_id }];
}

/** `iat` counts whole seconds: a token of the second in which its user was revoked may be from before. */
function revokes(
  { kind }: RevocationTarget,
  revokedAt: string,
  { issued_at_ms }: Identity,
): boolean {
  return kind === "token" || issued_at_ms <= Date.parse(revokedAt);
}

function isRevokedInCache(
  identity: Identity,
): Effect.Effect<boolean, never, Cache> {
  const targets = targetsOf(identity);
  return Effect.flatMap(Cache, (it) => it.getAll(targets.map(keyOf))).pipe(
    Effect.map((found) =>
      targets.some((target, index) => {
        const revokedAt = found[index] ?? null;
        return revokedAt !== null && revokes(target, revokedAt, identity);
      }),
    ),
    Effect.orElseSucceed(() => false),
  );
}

/** What this node knows: limits.revocationsMax at most, the first learnt goes first. */
class KnownRevocations {
  readonly #known = new Map<string, Revocation>();
  /** The latest instant on record that was read; null before the first. */
  latest: string | null = null;

  learn(revocation: Revocation): void {
    const key = keyOf(revocation);
    this.#known.delete(key);
    this.#known.set(key, revocation);
    if (this.#known.size > limits.revocationsMax)
      this.#known.delete(this.#known.keys().next().value!);
  }

  cover(identity: Identity): boolean {
    if (this.#known.size === 0) return false;
    return targetsOf(identity).some((target) => {
      const found = this.#known.get(keyOf(target));
      return found !== undefined && revokes(target, found.revoked_at, identity);
    });
  }

  forgetExpired(nowMs: number): void {
    for (const [key, { expires_at }] of this.#known)
      if (Date.parse(expires_at) <= nowMs) this.#known.delete(key);
  }
}

/** Reads what came on record since the last look; while the database is away, what is known stays. */
function lookForMore(
  known: KnownRevocations,
): Effect.Effect<void, never, SessionStore> {
  return Effect.gen(function* () {
    known.forgetExpired(Date.now());
    const found = yield* (yield* SessionStore).revocations(known.latest);
    for (const revocation of found.toReversed()) known.learn(revocation);
    known.latest = found[0]?.revoked_at ?? known.latest;
  }).pipe(
    Effect.ignore,
    Effect.catchDefect((defect) =>
      Effect.logError("revocations could not be read", defect),
    ),
  );
}
