/**
 * `npm run revoke`: one token, or all tokens that a user was issued until now. While a server holds the embedded database, the command goes
 * through that server; otherwise it writes the record itself and tells the nodes. Promises: what it says is revoked is on record; every node
 * acts on it within 5 s.
 */
import { Console, Data, Effect, Layer, Logger, Schedule } from "effect";
import { Database, makeDatabase } from "../adapters/database.ts";
import { sessionStoreLayer } from "../adapters/store/sessions.ts";
import { ServiceUnavailable } from "../domain/errors.ts";
import { healthLayer } from "../domain/health.ts";
import { limits } from "../domain/limits.ts";
import type { UserId } from "../domain/model.ts";
import { Cache } from "../domain/ports.ts";
import type { RevocationTarget } from "../domain/ports.ts";
import { recordRevocation } from "../domain/revocations.ts";
import { busLayer, cacheLayer } from "./compose.ts";
import { readConfig } from "./config.ts";
import type { AppConfig } from "./config.ts";
import { readLock } from "./lock.ts";
import { issueToken, signingSecret } from "./secret.ts";
import { openPool } from "./storage.ts";

export interface RevokeFlags {
  readonly jti: string | null;
  readonly user: string | null;
}

export class RevokeFailed extends Data.TaggedError("RevokeFailed")<{
  readonly problem: string;
}> {
  override get message(): string {
    return this.problem;
  }
}

/** Whom the command's own token names: nobody whose tokens are revoked. */
const OPERATOR = "operator" as UserId;
const TOKEN_SECONDS = 60;
const DAY_MS = 24 * 3_600_000;

export const revokeCommand = Effect.fn("revokeCommand")(function* (
  flags: RevokeFlags,
) {
  const target = yield* targetOf(flags);
  const config = yield* readConfig;
  const holder = config.databaseUrl === null ? readLock(config.dataDir) : null;
  const { revoked_at, expires_at } =
    holder?.url == null
      ? yield* revokeHere(target, config)
      : yield* revokeThere(target, config, holder.url);
  const what =
    target.kind === "token"
      ? `Token ${target.name} is revoked`
      : `All tokens of ${target.name} issued until ${revoked_at} are revoked`;
  const days = Math.round(
    (Date.parse(expires_at) - Date.parse(revoked_at)) / DAY_MS,
  );
  yield* Console.log(
    `${what}, for ${days} days; open connections close within 5 s.`,
  );
});

function targetOf({
  jti,
  user,
}: RevokeFlags): Effect.Effect<RevocationTarget, RevokeFailed> {
  const refuse = (problem: string) =>
    Effect.fail(new RevokeFailed({ problem }));
  if ((jti === null) === (user === null))
    return refuse("name one token by --jti, or one user by --user");
  const [kind, name, most] =
    jti === null
      ? (["user", user!, limits.subjectCharactersMax] as const)
      : (["token", jti, limits.tokenIdCharactersMax] as const);
  if (name.length === 0 || name.length > most)
    return refuse(
      `--${kind === "user" ? "user" : "jti"} takes 1 to ${most} characters`,
    );
  return Effect.succeed({ kind, name });
}

// --- here --------------------------------------------------------------------------------------------------------------------

function revokeHere(target: RevocationTarget, config: AppConfig) {
  return Effect.gen(function* () {
    const { pool } = yield* openPool(config);
    const store = sessionStoreLayer.pipe(
      Layer.provide(Layer.succeed(Database, makeDatabase(pool))),
    );
    const told = Layer.merge(busLayer(config, pool), cacheLayer(config)).pipe(
      Layer.provide(healthLayer),
    );
    return yield* waitForCache.pipe(
      Effect.andThen(recordRevocation(target)),
      // It speaks for itself: the lines of a server's log are not its answer.
      Effect.provide(
        Layer.merge(store, told).pipe(Layer.provide(Logger.layer([]))),
      ),
    );
  }).pipe(
    Effect.scoped,
    Effect.catchIf(
      (it) => it instanceof ServiceUnavailable,
      () =>
        Effect.fail(
          new RevokeFailed({
            problem: "the database is away: nothing is revoked; try again",
          }),
        ),
    ),
  );
}

/** It has just been connected to. Without it the record still holds, and nodes find it there. */
const waitForCache = Effect.flatMap(Cache, (it) => it.get("anything")).pipe(
  Effect.retry(Schedule.spaced(limits.probeIntervalMsMin)),
  Effect.timeout(limits.cacheCommandTimeoutMs),
  Effect.ignore,
);

// --- through the running server ----------------------------------------------------------------------------------------------

interface Revoked {
  readonly revoked_at: string;
  readonly expires_at: string;
}

function revokeThere(target: RevocationTarget, config: AppConfig, url: string) {
  return Effect.gen(function* () {
    yield* Console.error(`A server is running on ${url}: revoking through it.`);
    const secret = signingSecret(config);
    if (secret === null)
      return yield* new RevokeFailed({
        problem:
          "only a public key is known here: revoke over HTTP with an administrator's token",
      });
    return yield* Effect.tryPromise({
      try: async () => {
        const role = { role: "admin" } as const;
        const { token } = await issueToken(
          secret,
          config,
          OPERATOR,
          TOKEN_SECONDS,
          role,
        );
        return ask(target, url, token);
      },
      catch: (cause) =>
        cause instanceof RevokeFailed
          ? cause
          : new RevokeFailed({
              problem: `the server on ${url} did not answer`,
            }),
    });
  });
}

async function ask(
  { kind, name }: RevocationTarget,
  url: string,
  token: string,
): Promise<Revoked> {
  const response = await fetch(`${url}/api/revocations`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    body: JSON.stringify(kind === "token" ? { jti: name } : { user_id: name }),
  });
  const answer = (await response.json()) as Revoked & {
    readonly detail?: string;
  };
  if (!response.ok)
    throw new RevokeFailed({
      problem: answer.detail ?? `the server answered ${response.status}`,
    });
  return answer;
}
