/** Who asks: the verdict on a token. */
import { Context } from "effect";
import type { Effect } from "effect";
import type { Unauthorized } from "../errors.ts";
import type { UserId } from "../model.ts";

export interface Identity {
  readonly user_id: UserId;
  /** The token's own id; null where it has none, and then it cannot be revoked alone. */
  readonly token_id: string | null;
  /** When the token says it was issued; 0 where it says nothing, which is before anything. */
  readonly issued_at_ms: number;
  readonly expires_at_ms: number;
  readonly admin: boolean;
}

export class TokenVerifier extends Context.Service<
  TokenVerifier,
  { readonly verify: (token: string) => Effect.Effect<Identity, Unauthorized> }
>()("goldenpath/TokenVerifier") {}
