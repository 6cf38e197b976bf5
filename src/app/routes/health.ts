/** Health for balancers and people, and the metrics for Prometheus (docs/PROTOCOL.md section 7). None of it asks for a token. */
import { Effect, Exit } from "effect";
import type { Hono } from "hono";
import { Health } from "../../domain/health.ts";
import { authenticate } from "../../domain/sessions.ts";
import { makeRespond, notFound } from "../answers.ts";
import type { AppContext, AppEnv } from "../answers.ts";
import type { HttpGiven } from "../http.ts";
import { bearerOf, isForwarded, isLocalPeer } from "../peer.ts";
import { makeScrape } from "../scrape.ts";
import { VERSION } from "../version.ts";

export function healthRoutes(app: Hono<AppEnv>, given: HttpGiven): void {
  const respond = makeRespond(given.run);
  const scrape = makeScrape(() => given.serverState() === "serving");
  app.get("/health/live", (c) => c.json({ status: "live" }));
  app.get("/health/ready", async (c) => {
    const exit = await given.run(Effect.map(Health, (it) => it.status()));
    const serving = given.serverState() === "serving";
    const database =
      Exit.isSuccess(exit) && exit.value.services.database !== "down";
    if (serving && database) return c.json({ status: "ready" });
    const status = serving ? "no_database" : given.serverState();
    return c.json({ status }, 503);
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

/** For this machine, unless a proxy stands between, or for an administrator's token. */
async function mayReadMetrics(
  c: AppContext,
  given: HttpGiven,
): Promise<boolean> {
  if (isLocalPeer(c) && !isForwarded(c)) return true;
  const token = bearerOf(c);
  if (token === null) return false;
  const exit = await given.run(authenticate({ kind: "token", token }));
  return Exit.isSuccess(exit) && exit.value.admin;
}
