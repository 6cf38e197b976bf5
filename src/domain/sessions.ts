/**
 * What outlives a connection but not the log: one-time tickets, revoked tokens, and the threads a user had joined last. Kept in the
 * cache port. Promises: a ticket opens one connection; losing the cache loses convenience, never an event.
 */
import { Effect } from "effect";
import { Unauthorized } from "./errors.ts";
import type { ServiceUnavailable } from "./errors.ts";
import { limits } from "./limits.ts";
import type { ThreadId, Timestamp, UserId } from "./model.ts";
import { Cache, TokenVerifier } from "./ports.ts";
import type { Identity } from "./ports.ts";

/** How a client says who it is. */
export type Credential =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "ticket"; readonly ticket: string }
  | { readonly kind: "none" };

const ticketKey = (ticket: string) => `ticket:${ticket}`;
const revokedKey = (tokenId: string) => `revoked:${tokenId}`;
const sessionKey = (user: UserId) => `session:${user}`;

/** The verdict on a credential, the same for HTTP and WebSocket. */
export function authenticate(
  credential: Credential,
): Effect.Effect<Identity, Unauthorized, TokenVerifier | Cache> {
  return Effect.gen(function* () {
    if (credential.kind === "none") {
      return yield* new Unauthorized({ reason: "token_missing" });
    }
    const identity =
      credential.kind === "ticket"
        ? yield* takeTicket(credential.ticket)
        : yield* verifyToken(credential.token);
    if (yield* isRevoked(identity)) {
      return yield* new Unauthorized({ reason: "token_revoked" });
    }
    return identity;
  });
}

function verifyToken(token: string) {
  if (token.length > limits.tokenBytesMax) {
    return Effect.fail(new Unauthorized({ reason: "token_invalid" }));
  }
  return Effect.flatMap(TokenVerifier, (it) => it.verify(token));
}

/** A single-use ticket with its holder's identity; `ticket` is the caller's fresh secret. */
export function issueTicket(
  identity: Identity,
  ticket: string,
): Effect.Effect<
  { readonly ticket: string; readonly expires_at: Timestamp },
  ServiceUnavailable,
  Cache
> {
  return Effect.gen(function* () {
    const cache = yield* Cache;
    const lifetime = limits.ticketLifetimeSeconds;
    yield* cache.set(ticketKey(ticket), JSON.stringify(identity), lifetime);
    const expires_at = new Date(Date.now() + lifetime * 1_000).toISOString();
    return { ticket, expires_at };
  });
}

/** An unknown, used or expired ticket cannot be told from one another. A ticket does not outlive its token. */
function takeTicket(
  ticket: string,
): Effect.Effect<Identity, Unauthorized, Cache> {
  return Effect.gen(function* () {
    const cache = yield* Cache;
    const kept = yield* cache
      .take(ticketKey(ticket))
      .pipe(Effect.orElseSucceed(() => null));
    if (kept === null)
      return yield* new Unauthorized({ reason: "token_invalid" });
    const identity = JSON.parse(kept) as Identity;
    if (identity.expires_at_ms + limits.tokenExpiryGraceMs <= Date.now())
      return yield* new Unauthorized({ reason: "token_expired" });
    return identity;
  });
}

export function revokeToken(
  tokenId: string,
  untilMs: number,
): Effect.Effect<void, ServiceUnavailable, Cache> {
  const seconds = Math.max(1, Math.ceil((untilMs - Date.now()) / 1_000));
  return Effect.flatMap(Cache, (cache) =>
    cache.set(revokedKey(tokenId), "1", seconds),
  );
}

function isRevoked(identity: Identity): Effect.Effect<boolean, never, Cache> {
  const { token_id } = identity;
  if (token_id === null) return Effect.succeed(false);
  return Effect.flatMap(Cache, (cache) => cache.get(revokedKey(token_id))).pipe(
    Effect.map((found) => found !== null),
    Effect.orElseSucceed(() => false),
  );
}

/** A thread the user had joined, and how far the client said it had read. */
export interface RememberedThread {
  readonly thread_id: ThreadId;
  readonly seq: number;
}

export function rememberThreads(
  user: UserId,
  threads: readonly RememberedThread[],
): Effect.Effect<void, never, Cache> {
  if (threads.length === 0) return Effect.void;
  const kept = JSON.stringify(threads.slice(-limits.rememberedThreadsPerUser));
  return Effect.flatMap(Cache, (cache) =>
    cache.set(sessionKey(user), kept, limits.sessionLifetimeSeconds),
  ).pipe(Effect.ignore);
}

export function recallThreads(
  user: UserId,
): Effect.Effect<readonly RememberedThread[], never, Cache> {
  return Effect.flatMap(Cache, (cache) => cache.get(sessionKey(user))).pipe(
    Effect.map((kept) =>
      kept === null ? [] : (JSON.parse(kept) as RememberedThread[]),
    ),
    Effect.orElseSucceed(() => []),
  );
}
