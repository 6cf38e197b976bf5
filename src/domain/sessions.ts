/**
 * Who comes in: the verdict on a token or a one-time ticket, which waits in the cache. Promises: a ticket opens one connection, of all nodes;
 * a revoked token opens none, nor does its ticket; a user gets only so many tickets.
 */
import { Effect } from "effect";
import { RateLimited, Unauthorized } from "./errors.ts";
import type { ServiceUnavailable } from "./errors.ts";
import { limits } from "./limits.ts";
import type { Timestamp } from "./model.ts";
import { Cache, TokenVerifier } from "./ports.ts";
import type { Identity } from "./ports.ts";
import { Revocations } from "./revocations.ts";

/** How a client says who it is. */
export type Credential =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "ticket"; readonly ticket: string }
  | { readonly kind: "none" };

const ticketKey = (ticket: string) => `ticket:${ticket}`;

/** The verdict on a credential, the same for HTTP and WebSocket. */
export function authenticate(
  credential: Credential,
): Effect.Effect<Identity, Unauthorized, TokenVerifier | Cache | Revocations> {
  return Effect.gen(function* () {
    if (credential.kind === "none") {
      return yield* new Unauthorized({ reason: "token_missing" });
    }
    const identity =
      credential.kind === "ticket"
        ? yield* takeTicket(credential.ticket)
        : yield* verifyToken(credential.token);
    if (yield* (yield* Revocations).isRevoked(identity)) {
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

/** Each ticket is kept in the cache for its lifetime, so who asks without end would fill it. */
const TICKET_RATE = {
  burst: limits.ticketsAtOncePerUserMax,
  perMinute: limits.ticketsPerMinutePerUserMax,
};

/** A single-use ticket with its holder's identity; `ticket` is the caller's fresh secret. */
export function issueTicket(
  identity: Identity,
  ticket: string,
): Effect.Effect<
  { readonly ticket: string; readonly expires_at: Timestamp },
  RateLimited | ServiceUnavailable,
  Cache
> {
  return Effect.gen(function* () {
    const cache = yield* Cache;
    const { retryAfterMs } = yield* cache.consume(
      `tickets:${identity.user_id}`,
      TICKET_RATE,
    );
    if (retryAfterMs > 0) return yield* new RateLimited({ retryAfterMs });
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
