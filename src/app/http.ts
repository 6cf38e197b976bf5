/**
 * The HTTP side of a node: health, metrics, the API under its bearer token, and the page. Promises: nothing under /api but the local
 * session answers without a verdict on the token; every error is a problem body, with nothing of the server's inside.
 */
import { serveStatic } from "@hono/node-server/serve-static";
import { Cause, Effect, Exit } from "effect";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { join, relative } from "node:path";
import { causeOf } from "../domain/causes.ts";
import { countDefect } from "../domain/metrics.ts";
import { authenticate } from "../domain/sessions.ts";
import { INTERNAL, makeRespond, notFound, problem } from "./answers.ts";
import type { AppContext, AppEnv } from "./answers.ts";
import type { AppConfig } from "./config.ts";
import { bearerOf } from "./peer.ts";
import { adminRoutes } from "./routes/admin.ts";
import { exportRoutes } from "./routes/exports.ts";
import { healthRoutes } from "./routes/health.ts";
import { otlpRoutes } from "./routes/otlp.ts";
import { localSessionRoute, sessionRoutes } from "./routes/session.ts";
import { threadRoutes } from "./routes/threads.ts";
import { usageRoutes } from "./routes/usage.ts";
import type { AppServices } from "./services.ts";

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
  localSessionRoute(app, given.config);
  app.use("/api/*", requireToken(given));
  sessionRoutes(app, respond);
  threadRoutes(app, respond);
  exportRoutes(app, respond);
  usageRoutes(app, respond);
  otlpRoutes(app, respond);
  adminRoutes(app, respond);
  app.all("/api/*", notFound);
  app.get("*", serveStatic({ root: relative(process.cwd(), PAGE) || "." }));
  app.notFound(notFound);
  app.onError(async (error, c) => {
    countDefect();
    await given.run(
      Effect.logError("a request could not be answered", causeOf(error)),
    );
    return problem(c, INTERNAL);
  });
  return app;
}

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
  // An export has a policy of its own, stricter than the page's.
  if (!c.res.headers.has("Content-Security-Policy"))
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
    exposeHeaders: ["Content-Disposition", "Retry-After"],
    maxAge: 600,
  });
}

function requireToken(given: HttpGiven) {
  return async (
    c: AppContext,
    next: () => Promise<void>,
  ): Promise<Response | void> => {
    const token = bearerOf(c);
    const exit = await given.run(
      authenticate(
        token === null ? { kind: "none" } : { kind: "token", token },
      ),
    );
    if (Exit.isSuccess(exit)) {
      c.set("identity", exit.value);
      return next();
    }
    const failure = Cause.findErrorOption(exit.cause);
    if (failure._tag === "None") return problem(c, INTERNAL);
    return refusal(c, failure.value.reason);
  };
}

function refusal(c: AppContext, reason: string): Response {
  c.header("WWW-Authenticate", 'Bearer realm="goldenpath"');
  if (reason === "keys_unavailable") {
    return problem(c, {
      status: 503,
      title: "Key server away",
      code: reason,
      detail: "The key server is away. Try again shortly.",
      retryAfterSeconds: 5,
    });
  }
  return problem(c, {
    status: 401,
    title: "Unauthorized",
    code: reason,
    detail: "A valid bearer token is needed here.",
  });
}
