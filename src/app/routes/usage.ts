/** Usage data over HTTP: imports, their removal, the summary, the last recommendations and the preferences that reports follow. */
import { Effect, Schema } from "effect";
import type { Hono } from "hono";
import {
  formats,
  importFile,
  importSample,
} from "../../adapters/importers/index.ts";
import type { FormatName } from "../../adapters/importers/index.ts";
import { lastRecommendations } from "../../domain/costs/recommendations.ts";
import { summarizeUsage } from "../../domain/costs/summary.ts";
import { InvalidRequest } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import { reachedBudgets } from "../../domain/costs/budgets.ts";
import { DIMENSIONS } from "../../domain/costs/dimensions.ts";
import type { Dimension, ImportId, ImportResult } from "../../domain/model.ts";
import { Store, UsageStore } from "../../domain/ports.ts";
import type { AppContext, AppEnv, Respond } from "../answers.ts";
import { readMap, readStart } from "../importOptions.ts";
import { readBody, readInstant, Storable } from "../bodies.ts";

export const SAMPLE_SEED = 20_261;
const DAY_MS = 86_400_000;

export function usageRoutes(app: Hono<AppEnv>, respond: Respond): void {
  app.post("/api/usage/imports", (c) =>
    respond(
      c,
      withBudgets(
        c,
        c.req.query("sample") === "true" ? loadSample(c) : takeFile(c),
      ),
      201,
    ),
  );
  app.get("/api/usage/imports", (c) =>
    respond(
      c,
      Effect.flatMap(UsageStore, (it) => it.listImports(userOf(c))).pipe(
        Effect.map((items) => ({ items, next: null })),
      ),
    ),
  );
  app.delete("/api/usage/imports/:id", (c) =>
    respond(
      c,
      Effect.flatMap(UsageStore, (it) =>
        it.removeImport(userOf(c), c.req.param("id") as ImportId),
      ).pipe(Effect.as(null)),
    ),
  );
  app.get("/api/usage/summary", (c) => respond(c, summary(c)));
  app.get("/api/recommendations", (c) =>
    respond(
      c,
      Effect.map(
        lastRecommendations(userOf(c)),
        (it) =>
          it ?? {
            run_id: null,
            computed_at: null,
            data_version: null,
            current: false,
            items: [],
          },
      ),
    ),
  );
  app.get("/api/preferences", (c) =>
    respond(
      c,
      Effect.flatMap(Store, (it) => it.preferences(userOf(c))),
    ),
  );
  app.put("/api/preferences", (c) => respond(c, savePreferences(c)));
}

const userOf = (c: AppContext) => c.get("identity").user_id;

// --- imports -----------------------------------------------------------------------------------------------------------------

/** Yesterday's end in UTC: the sample of one day is the same however often it is loaded, and replaces an older day's. */
export function sampleEnd(now: number): Date {
  return new Date(Math.floor(now / DAY_MS) * DAY_MS);
}

function loadSample(c: AppContext) {
  return Effect.gen(function* () {
    const usage = yield* UsageStore;
    const user = userOf(c);
    for (const old of (yield* usage.listImports(user)).filter(
      (it) => it.sample,
    )) {
      yield* usage
        .removeImport(user, old.import_id)
        .pipe(Effect.catchTag("ImportNotFound", () => Effect.void));
    }
    return yield* importSample(user, {
      seed: SAMPLE_SEED,
      end: sampleEnd(Date.now()),
    });
  });
}

/** An import's result with the budgets that its months have reached. */
function withBudgets<E, R>(
  c: AppContext,
  importing: Effect.Effect<ImportResult, E, R>,
) {
  return Effect.gen(function* () {
    const result = yield* importing;
    const preferences = yield* (yield* Store).preferences(userOf(c));
    const budgets = yield* reachedBudgets(
      userOf(c),
      result.period,
      preferences,
    );
    return { ...result, budgets };
  });
}

function takeFile(c: AppContext) {
  return Effect.gen(function* () {
    const body = c.req.raw.body;
    if (body === null)
      return yield* new InvalidRequest({
        problem: "The request has no body: send the file as it is.",
      });
    const format = yield* readFormat(c.req.query("format"));
    const columnMap = yield* readMap(c.req.query("map"));
    const start = yield* readStart(c.req.query("start"));
    const model = c.req.query("model");
    const fileName = c.req.query("file_name");
    return yield* importFile(userOf(c), bounded(body), {
      format,
      ...(columnMap === null ? {} : { columnMap }),
      ...(start === null ? {} : { start }),
      ...(model === undefined || model === "" ? {} : { model }),
      ...(fileName === undefined
        ? {}
        : { fileName: fileName.slice(0, limits.titleCharactersMax) }),
    });
  });
}

async function* bounded(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > limits.importBytesMax)
      throw new Error("the upload is larger than the limit");
    yield chunk;
  }
}

function readFormat(
  text = "auto",
): Effect.Effect<FormatName | "auto", InvalidRequest> {
  const known = ["auto", ...formats.map((it) => it.name)];
  if (known.includes(text)) return Effect.succeed(text as FormatName | "auto");
  return Effect.fail(
    new InvalidRequest({
      problem: `format must be one of ${known.join(", ")}.`,
      path: "format",
    }),
  );
}

// --- summary -----------------------------------------------------------------------------------------------------------------

function summary(c: AppContext) {
  return Effect.gen(function* () {
    const groupBy = c.req.query("group_by") ?? "model";
    if (!DIMENSIONS.includes(groupBy as Dimension)) {
      return yield* new InvalidRequest({
        problem: `group_by must be one of ${DIMENSIONS.join(", ")}.`,
        path: "group_by",
      });
    }
    const from = yield* readInstant(c, "from");
    const to = yield* readInstant(c, "to");
    return yield* summarizeUsage(userOf(c), { from, to }, groupBy as Dimension);
  });
}

// --- preferences -------------------------------------------------------------------------------------------------------------

const TimeZone = Schema.String.check(
  Schema.makeFilter((zone: string) => isTimeZone(zone), {
    message: "an IANA time zone",
  }),
);
const Preferences = Schema.Struct({
  time_zone: Schema.optionalKey(TimeZone),
  week_start: Schema.optionalKey(Schema.Literals(["monday", "sunday"])),
  budgets: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        monthly_usd: Schema.Finite.check(Schema.isGreaterThan(0)),
        scope: Schema.NullOr(
          Schema.Struct({
            dimension: Schema.Literals(["project", "user", "model"]),
            key: Storable.check(Schema.isNonEmpty(), Schema.isMaxLength(200)),
          }),
        ),
        warn_percent: Schema.optionalKey(
          Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 100 })),
        ),
      }),
    ).check(Schema.isMaxLength(limits.preferencesBudgetsMax)),
  ),
});

/** Names of the IANA database only: an offset like +02:00 means the opposite to PostgreSQL. */
function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** What is sent replaces what was; what is not sent stays. */
function savePreferences(c: AppContext) {
  return Effect.gen(function* () {
    const store = yield* Store;
    const sent = yield* readBody(c, Preferences);
    const chosen = { ...(yield* store.preferences(userOf(c))), ...sent };
    yield* store.savePreferences(userOf(c), chosen);
    return chosen;
  });
}
