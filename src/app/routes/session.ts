/**
 * What a user holds here: tickets, connections, and in local mode the page's own token; and what an administrator takes away
 * (docs/PROTOCOL.md section 7).
 */
import { Effect, Schema } from "effect";
import type { Hono } from "hono";
import { randomBytes } from "node:crypto";
import { Connections } from "../../domain/connections.ts";
import { ConnectionNotFound } from "../../domain/errors.ts";
import type { ConnectionId } from "../../domain/model.ts";
import { limits } from "../../domain/limits.ts";
import type { RevocationTarget } from "../../domain/ports.ts";
import { Revocations } from "../../domain/revocations.ts";
import { issueTicket } from "../../domain/sessions.ts";
import { notFound, problem } from "../answers.ts";
import type { AppContext, AppEnv, Respond } from "../answers.ts";
import { readBody, Storable } from "../bodies.ts";
import { isLoopback } from "../config.ts";
import type { AppConfig } from "../config.ts";
import { isForwarded, isLocalPeer } from "../peer.ts";
import {
  issueToken,
  LOCAL_SESSION_SECONDS,
  LOCAL_USER,
  localSecret,
} from "../secret.ts";

/** The one route under /api that asks for no token. */
export function localSessionRoute(app: Hono<AppEnv>, config: AppConfig): void {
  app.post("/api/local-session", (c) => localSession(c, config));
}

export function sessionRoutes(app: Hono<AppEnv>, respond: Respond): void {
  app.post("/api/tickets", (c) =>
    respond(
      c,
      issueTicket(c.get("identity"), randomBytes(32).toString("base64url")),
      201,
    ),
  );
  app.get("/api/connections", (c) =>
    respond(
      c,
      Effect.flatMap(Connections, (it) =>
        it.list(c.get("identity").user_id),
      ).pipe(Effect.map((items) => ({ items, next: null }))),
    ),
  );
  app.delete("/api/connections/:id", (c) => respond(c, removeConnection(c)));
  app.post("/api/revocations", (c) =>
    c.get("identity").admin ? respond(c, revoke(c), 201) : notFound(c),
  );
}

const Name = (charactersMax: number) =>
  Storable.check(Schema.isNonEmpty(), Schema.isMaxLength(charactersMax));
const OfToken = Schema.Struct({ jti: Name(limits.tokenIdCharactersMax) });
const OfUser = Schema.Struct({ user_id: Name(limits.subjectCharactersMax) });

function revoke(c: AppContext) {
  return Effect.gen(function* () {
    const body = yield* readBody(c, Schema.Union([OfToken, OfUser]));
    const target: RevocationTarget =
      "jti" in body
        ? { kind: "token", name: body.jti }
        : { kind: "user", name: body.user_id };
    const revocations = yield* Revocations;
    const { revoked_at, expires_at } = yield* revocations.revoke(target);
    return { ...body, revoked_at, expires_at };
  });
}

function removeConnection(c: AppContext) {
  return Effect.gen(function* () {
    const connections = yield* Connections;
    const removed = yield* connections.remove(
      c.get("identity").user_id,
      c.req.param("id") as ConnectionId,
    );
    return removed ? null : yield* new ConnectionNotFound();
  });
}

/**
 * The page's token in local mode. Other sites must not get it: their requests carry an Origin that is not this server's, a rebound name
 * is not a loopback name, and a proxy would make everybody local.
 */
async function localSession(
  c: AppContext,
  config: AppConfig,
): Promise<Response> {
  if (config.keys.kind !== "local" || !isLocalPeer(c)) return notFound(c);
  if (!isOwnPage(c))
    return problem(c, {
      status: 403,
      title: "Forbidden",
      detail: "A local session is for this machine's own page only.",
    });
  const secret = localSecret(config.dataDir);
  const session = issueToken(secret, config, LOCAL_USER, LOCAL_SESSION_SECONDS);
  return c.json(await session, 201);
}

function isOwnPage(c: AppContext): boolean {
  const host = c.req.header("Host") ?? "";
  const origin = c.req.header("Origin");
  const name = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  const sameOrigin = origin === undefined || origin === `http://${host}`;
  return isLoopback(name) && sameOrigin && !isForwarded(c);
}
