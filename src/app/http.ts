/**
 * The HTTP side of a node: health, metrics, tickets, sessions, the API under its bearer token, and the page. Promises: nothing under /api
 * answers without a verdict on the token; the local session answers to this machine's own page only.
 */
import { getConnInfo } from "@hono/node-server/conninfo";
import { serveStatic } from "@hono/node-server/serve-static";
import { Cause, Effect, Exit, Metric } from "effect";
import { PrometheusMetrics } from "effect/observability";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { randomBytes } from "node:crypto";
import { join, relative } from "node:path";
import { Connections } from "../domain/connections.ts";
import { ConnectionNotFound } from "../domain/errors.ts";
import { Health } from "../domain/health.ts";
import type { ConnectionId } from "../domain/model.ts";
import { Runs } from "../domain/runs.ts";
import { authenticate, issueTicket } from "../domain/sessions.ts";
import { makeRespond, problem } from "./answers.ts";
import type { AppContext, AppEnv } from "./answers.ts";
import { isLoopback } from "./config.ts";
import type { AppConfig } from "./config.ts";
import { threadRoutes } from "./routes/threads.ts";
import { usageRoutes } from "./routes/usage.ts";
import {
  issueToken,
  LOCAL_SESSION_SECONDS,
  LOCAL_USER,
  localSecret,
} from "./secret.ts";
import type { AppServices } from "./services.ts";
import { VERSION } from "./version.ts";

const PAGE = join(import.meta.dirname, "../../dist/web");

export interface HttpGiven {
  readonly config: AppConfig;
  readonly run: <A, E>(
    effect: Effect.Effect<A, E, AppServices>,
  ) => Promise<Exit.Exit<A, E>>;
  readonly serverState: () => "starting" | "serving" | "draining" | "stopped";
}

export function makeHttp(given: HttpGiven): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const respond = makeRespond(given.run);
  app.use(secureHeaders);
  app.use("/api/*", crossOrigin(given.config));
  healthRoutes(app, given);
  app.post("/api/local-session", (c) => localSession(c, given.config));
  app.use("/api/*", requireToken(given));
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
      Effect.map(Connections, (it) => ({
        items: it.list(c.get("identity").user_id),
        next: null,
      })),
    ),
  );
  app.delete("/api/connections/:id", (c) => respond(c, removeConnection(c)));
  threadRoutes(app, respond);
  usageRoutes(app, respond);
  app.all("/api/*", notFound);
  app.get("*", serveStatic({ root: relative(process.cwd(), PAGE) || "." }));
  app.notFound(notFound);
  return app;
}

const notFound = (c: AppContext) =>
  problem(c, {
    status: 404,
    title: "Not found",
    detail: "There is nothing at this address.",
  });

const CSP = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

async function secureHeaders(
  c: AppContext,
  next: () => Promise<void>,
): Promise<void> {
  await next();
  c.header("Content-Security-Policy", CSP);
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Referrer-Policy", "no-referrer");
}

function crossOrigin(config: AppConfig) {
  return cors({
    origin: (origin) =>
      config.allowedOrigins.includes(origin) ? origin : null,
    allowHeaders: ["Authorization", "Content-Type"],
    allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    maxAge: 600,
  });
}

// --- who is it ---------------------------------------------------------------------------------------------------------------

function requireToken(given: HttpGiven) {
  return async (
    c: AppContext,
    next: () => Promise<void>,
  ): Promise<Response | void> => {
    const token = /^Bearer +(\S+)$/i.exec(
      c.req.header("Authorization") ?? "",
    )?.[1];
    const exit = await given.run(
      authenticate(
        token === undefined ? { kind: "none" } : { kind: "token", token },
      ),
    );
    if (Exit.isSuccess(exit)) {
      c.set("identity", exit.value);
      return next();
    }
    const failure = Cause.findErrorOption(exit.cause);
    const reason =
      failure._tag === "Some" ? failure.value.reason : "token_invalid";
    c.header("WWW-Authenticate", 'Bearer realm="goldenpath"');
    if (reason === "keys_unavailable") {
      return problem(c, {
        status: 503,
        title: reason,
        detail: "The key server is away. Try again shortly.",
        retryAfterSeconds: 5,
      });
    }
    return problem(c, {
      status: 401,
      title: "unauthorized",
      code: reason,
      detail: "A valid bearer token is needed here.",
    });
  };
}

/**
 * The page's token in local mode. Other sites must not get it: their requests carry an Origin that is not this server's, a rebound name
 * is not a loopback name, and a proxy would make everybody local.
 */
async function localSession(
  c: AppContext,
  config: AppConfig,
): Promise<Response> {
  const host = c.req.header("Host") ?? "";
  const origin = c.req.header("Origin");
  const name = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  const forwarded = [...c.req.raw.headers.keys()].some(
    (it) => it === "forwarded" || it.startsWith("x-forwarded-"),
  );
  const own =
    isLoopback(name) &&
    (origin === undefined || origin === `http://${host}`) &&
    !forwarded;
  if (config.keys.kind !== "local" || !isLocalPeer(c)) return notFound(c);
  if (!own)
    return problem(c, {
      status: 403,
      title: "Forbidden",
      detail: "A local session is for this machine's own page only.",
    });
  return c.json(
    await issueToken(
      localSecret(config.dataDir),
      config,
      LOCAL_USER,
      LOCAL_SESSION_SECONDS,
    ),
    201,
  );
}

function isLocalPeer(c: AppContext): boolean {
  const address = getConnInfo(c).remote.address ?? "";
  return isLoopback(address.replace(/^::ffff:/, ""));
}

function removeConnection(c: AppContext) {
  return Effect.gen(function* () {
    const connections = yield* Connections;
    const removed = connections.remove(
      c.get("identity").user_id,
      c.req.param("id") as ConnectionId,
    );
    return removed ? null : yield* new ConnectionNotFound();
  });
}

// --- health and metrics ------------------------------------------------------------------------------------------------------

const openConnections = (state: string) =>
  Metric.withAttributes(
    Metric.gauge("goldenpath_connections", {
      description: "Connections by state",
    }),
    { state },
  );
const activeRuns = Metric.gauge("goldenpath_runs_active", {
  description: "Runs being worked on by this node",
});

function healthRoutes(app: Hono<AppEnv>, given: HttpGiven): void {
  const respond = makeRespond(given.run);
  const isReady = (database: string) =>
    given.serverState() === "serving" && database !== "down";
  app.get("/health/live", (c) => c.json({ status: "live" }));
  app.get("/health/ready", async (c) => {
    const exit = await given.run(Effect.map(Health, (it) => it.status()));
    const ready = Exit.isSuccess(exit) && isReady(exit.value.services.database);
    return c.json(
      { status: ready ? "ready" : given.serverState() },
      ready ? 200 : 503,
    );
  });
  app.get("/health", (c) =>
    respond(
      c,
      Effect.map(Health, (it) => ({
        state: given.serverState(),
        version: VERSION,
        ...it.status(),
      })),
    ),
  );
  app.get("/metrics", async (c) => {
    if (!(await mayReadMetrics(c, given))) return notFound(c);
    const exit = await given.run(scrape);
    return Exit.isSuccess(exit) ? c.text(exit.value) : c.text("", 500);
  });
}

const scrape = Effect.gen(function* () {
  const connections = yield* Connections;
  for (const state of [
    "connecting",
    "authenticated",
    "ready",
    "running",
    "degraded",
  ]) {
    yield* Metric.update(
      openConnections(state),
      connections.countByState().get(state) ?? 0,
    );
  }
  yield* Metric.update(activeRuns, (yield* Runs).active());
  return yield* PrometheusMetrics.format();
});

/** For this machine, unless a proxy stands between, or for an administrator's token. */
async function mayReadMetrics(
  c: AppContext,
  given: HttpGiven,
): Promise<boolean> {
  const forwarded = [...c.req.raw.headers.keys()].some(
    (it) => it.startsWith("x-forwarded-") || it === "forwarded",
  );
  if (isLocalPeer(c) && !forwarded) return true;
  const token = /^Bearer +(\S+)$/i.exec(
    c.req.header("Authorization") ?? "",
  )?.[1];
  if (token === undefined) return false;
  const exit = await given.run(authenticate({ kind: "token", token }));
  return Exit.isSuccess(exit) && exit.value.admin;
}
