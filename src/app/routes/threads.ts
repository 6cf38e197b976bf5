/** Threads, their messages and events, and runs over HTTP (docs/PROTOCOL.md section 7). Another user's id is 404, like one that never was. */
import { Effect, Schema } from "effect";
import type { Hono } from "hono";
import { validate } from "uuid";
import { InvalidRequest } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type { RunId, ThreadId } from "../../domain/model.ts";
import { Bus, Store, topics } from "../../domain/ports.ts";
import type { ThreadCursor } from "../../domain/ports.ts";
import { Runs } from "../../domain/runs.ts";
import type { AppContext, AppEnv, Respond } from "../answers.ts";
import { readBody, readCount, readLimit, Storable, toPage } from "../bodies.ts";

const Title = Storable.check(
  Schema.isNonEmpty(),
  Schema.isMaxLength(limits.titleCharactersMax),
);
const Untitled = Schema.Struct({ title: Schema.optionalKey(Title) });
const Titled = Schema.Struct({ title: Title });

export function threadRoutes(app: Hono<AppEnv>, respond: Respond): void {
  app.get("/api/threads", (c) => respond(c, listThreads(c)));
  app.post("/api/threads", (c) =>
    respond(
      c,
      Effect.gen(function* () {
        const { title } = yield* readBody(c, Untitled);
        return yield* (yield* Store).createThread(
          userOf(c),
          title ?? "Untitled",
        );
      }),
      201,
    ),
  );
  app.get("/api/threads/:id", (c) =>
    respond(
      c,
      Effect.flatMap(Store, (it) => it.findThread(userOf(c), threadOf(c))),
    ),
  );
  app.patch("/api/threads/:id", (c) => respond(c, renameThread(c)));
  app.delete("/api/threads/:id", (c) =>
    respond(
      c,
      Effect.flatMap(Runs, (it) =>
        it.deleteThread(userOf(c), threadOf(c)),
      ).pipe(Effect.as(null)),
    ),
  );
  app.get("/api/threads/:id/messages", (c) =>
    respond(
      c,
      Effect.flatMap(Store, (it) =>
        it.listMessages(userOf(c), threadOf(c)),
      ).pipe(Effect.map((items) => ({ items, next: null }))),
    ),
  );
  app.get("/api/threads/:id/events", (c) => respond(c, listEvents(c)));
  app.get("/api/runs/:id", (c) =>
    respond(
      c,
      Effect.flatMap(Store, (it) => it.findRun(userOf(c), runOf(c))),
    ),
  );
  app.post("/api/runs/:id/stop", (c) =>
    respond(
      c,
      Effect.gen(function* () {
        yield* (yield* Runs).stop(userOf(c), runOf(c));
        return yield* (yield* Store).findRun(userOf(c), runOf(c));
      }),
    ),
  );
  app.get("/api/runs/:id/calls/:call", (c) =>
    respond(
      c,
      Effect.flatMap(Store, (it) =>
        it.findToolCall(userOf(c), runOf(c), c.req.param("call")),
      ),
    ),
  );
}

const userOf = (c: AppContext) => c.get("identity").user_id;
const threadOf = (c: AppContext) => c.req.param("id") as ThreadId;
const runOf = (c: AppContext) => c.req.param("id") as RunId;

function listThreads(c: AppContext) {
  return Effect.gen(function* () {
    const limit = yield* readLimit(c);
    const before = yield* readThreadCursor(c);
    const page = { before, limit: limit + 1 };
    const found = yield* (yield* Store).listThreads(userOf(c), page);
    return toPage(found, limit, (it) => `${it.updated_at}_${it.thread_id}`);
  });
}

/** The `next` of the page before, as it was given. */
function readThreadCursor(
  c: AppContext,
): Effect.Effect<ThreadCursor | null, InvalidRequest> {
  const text = c.req.query("before");
  if (text === undefined) return Effect.succeed(null);
  const [at = "", id = ""] = text.split("_");
  const updatedAtMs = Date.parse(at);
  if (!Number.isNaN(updatedAtMs) && validate(id)) {
    const updated_at = new Date(updatedAtMs).toISOString();
    return Effect.succeed({ updated_at, thread_id: id as ThreadId });
  }
  return Effect.fail(
    new InvalidRequest({
      problem: "before must be the next of the page before.",
      path: "before",
    }),
  );
}

function renameThread(c: AppContext) {
  return Effect.gen(function* () {
    const { title } = yield* readBody(c, Titled);
    const thread = yield* (yield* Store).renameThread(
      userOf(c),
      threadOf(c),
      title,
    );
    yield* (yield* Bus).publish(topics.user(userOf(c)), {
      kind: "thread",
      thread,
    });
    return thread;
  });
}

function listEvents(c: AppContext) {
  return Effect.gen(function* () {
    const after = yield* readCount(c, "after_seq", 0, Number.MAX_SAFE_INTEGER);
    const limit = yield* readLimit(c);
    const store = yield* Store;
    const thread = yield* store.findThread(userOf(c), threadOf(c));
    // One more than is asked for tells whether the log goes on.
    const { events, more } = yield* store.readEvents(
      userOf(c),
      thread.thread_id,
      after,
      limit + 1,
    );
    const items = events.slice(0, limit);
    return { items, next: more ? (items.at(-1)?.seq ?? null) : null };
  });
}
