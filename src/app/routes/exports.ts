/**
 * A run's report to take along (docs/PROTOCOL.md section 7): Markdown, JSON, CSV and a page to print. Promises: the file's name is ASCII;
 * the page's policy allows its own style and nothing else; another user's run is 404, like one that never was.
 */
import { Effect } from "effect";
import type { Hono } from "hono";
import { createHash } from "node:crypto";
import { csvText } from "../../adapters/csvText.ts";
import { markdownHtml } from "../../adapters/markdownHtml.ts";
import { InvalidRequest, NoReport } from "../../domain/errors.ts";
import { EXPORT_FORMATS, toExported } from "../../domain/export/exported.ts";
import type { Exported, ExportFormat } from "../../domain/export/exported.ts";
import { fileNameOf } from "../../domain/export/fileName.ts";
import { toJson } from "../../domain/export/json.ts";
import { toMarkdownFile } from "../../domain/export/markdown.ts";
import { toPage } from "../../domain/export/page.ts";
import { EXPORT_COLUMNS, exportRows } from "../../domain/export/rows.ts";
import { STYLE } from "../../domain/export/style.ts";
import type { RunId } from "../../domain/model.ts";
import { Store } from "../../domain/ports.ts";
import type { AppContext, AppEnv, Respond } from "../answers.ts";

export function exportRoutes(app: Hono<AppEnv>, respond: Respond): void {
  app.get("/api/runs/:id/export", (c) => respond(c, exportRun(c)));
}

function exportRun(c: AppContext) {
  return Effect.gen(function* () {
    const format = yield* readFormat(c.req.query("format"));
    const user = c.get("identity").user_id;
    const run = c.req.param("id") as RunId;
    const found = yield* (yield* Store).findAnswer(user, run);
    const exported = toExported(found);
    if (exported === null)
      return yield* new NoReport({ ended: found.run.ended_at !== null });
    const name = fileNameOf(exported, format);
    return c.body(WRITERS[format](exported), 200, {
      "Content-Type": CONTENT_TYPES[format],
      "Content-Disposition": `attachment; filename="${name}"`,
      ...(format === "html"
        ? { "Content-Security-Policy": `${POLICY}; frame-ancestors 'none'` }
        : {}),
    });
  });
}

function readFormat(
  text: string | undefined,
): Effect.Effect<ExportFormat, InvalidRequest> {
  const format = EXPORT_FORMATS.find((it) => it === text);
  if (format !== undefined) return Effect.succeed(format);
  return Effect.fail(
    new InvalidRequest({
      problem: `format must be one of ${EXPORT_FORMATS.join(", ")}.`,
      path: "format",
    }),
  );
}

const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  markdown: "text/markdown; charset=utf-8",
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
  html: "text/html; charset=utf-8",
};

/** Also within the page, so that it holds for a saved file. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const WRITERS: Readonly<Record<ExportFormat, (it: Exported) => string>> = {
  markdown: toMarkdownFile,
  json: toJson,
  csv: (exported) => csvText(EXPORT_COLUMNS, exportRows(exported)),
  html: (exported) => toPage(exported, { prose: markdownHtml, policy: POLICY }),
};
