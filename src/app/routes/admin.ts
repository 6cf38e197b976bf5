/** What operators may read over HTTP. Promises: to anybody without the role admin there is nothing here. */
import { Effect } from "effect";
import type { Hono } from "hono";
import type { RunId } from "../../domain/model.ts";
import { ReportStore } from "../../domain/ports.ts";
import { reportOf } from "../../domain/runReport.ts";
import { notFound } from "../answers.ts";
import type { AppEnv, Respond } from "../answers.ts";

export function adminRoutes(app: Hono<AppEnv>, respond: Respond): void {
  app.use("/api/admin/*", async (c, next) =>
    c.get("identity").admin ? next() : notFound(c),
  );
  app.get("/api/admin/runs/:id/report", (c) =>
    respond(
      c,
      Effect.flatMap(ReportStore, (it) =>
        Effect.map(it.read(c.req.param("id") as RunId), reportOf),
      ),
    ),
  );
}
