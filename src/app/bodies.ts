/**
 * Request bodies and query parameters, bounded and checked by schema before anything uses them. Promises: a value that does not fit is an
 * InvalidRequest that names its place.
 */
import { Effect, Schema, SchemaIssue } from "effect";
import { InvalidRequest } from "../domain/errors.ts";
import { limits } from "../domain/limits.ts";
import type { AppContext } from "./answers.ts";

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1();

/** Text that can be stored: without U+0000 and lone surrogates. */
export const Storable = Schema.String.check(
  Schema.makeFilter(
    (text: string) => text.isWellFormed() && !text.includes("\u0000"),
    { message: "text without U+0000 and lone surrogates" },
  ),
);

/** The request's JSON body as `schema` has it. */
export function readBody<A>(
  context: AppContext,
  schema: Schema.Codec<A, unknown>,
): Effect.Effect<A, InvalidRequest> {
  return readText(context).pipe(
    Effect.flatMap((text) =>
      Effect.try({
        try: () => JSON.parse(text || "{}") as unknown,
        catch: () => notJson,
      }),
    ),
    Effect.flatMap((value) =>
      Effect.mapError(Schema.decodeUnknownEffect(schema)(value), (it) =>
        notFitting(it.issue),
      ),
    ),
  );
}

const notJson = new InvalidRequest({ problem: "The body is not JSON." });

function notFitting(issue: SchemaIssue.Issue): InvalidRequest {
  const first = formatIssue(issue).issues[0];
  const path = (first?.path ?? [])
    .map((it) => String(typeof it === "object" ? it.key : it))
    .join(".");
  return path === ""
    ? new InvalidRequest({ problem: "The body does not fit." })
    : new InvalidRequest({
        problem: `${path} is missing or does not fit.`,
        path,
      });
}

function readText(context: AppContext): Effect.Effect<string, InvalidRequest> {
  const tooLarge = new InvalidRequest({
    problem: `The body is larger than ${limits.requestBodyBytesMax} bytes.`,
  });
  return Effect.tryPromise({
    try: async () => {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of context.req.raw.body ?? []) {
        bytes += chunk.length;
        if (bytes > limits.requestBodyBytesMax) throw tooLarge;
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString("utf8");
    },
    catch: (cause) =>
      cause === tooLarge
        ? tooLarge
        : new InvalidRequest({ problem: "The body could not be read." }),
  });
}

/** How many items a page may have, from 1 to limits.pageItemsMax. */
export const readLimit = (
  context: AppContext,
): Effect.Effect<number, InvalidRequest> =>
  readCount(context, "limit", limits.pageItemsMax, limits.pageItemsMax, 1);

/** A whole number of the query, within bounds; `fallback` where it is absent. */
export function readCount(
  context: AppContext,
  name: string,
  fallback: number,
  maximum: number,
  minimum = 0,
): Effect.Effect<number, InvalidRequest> {
  const text = context.req.query(name);
  if (text === undefined) return Effect.succeed(fallback);
  const value = Number(text);
  if (Number.isInteger(value) && value >= minimum && value <= maximum)
    return Effect.succeed(value);
  return Effect.fail(
    new InvalidRequest({
      problem: `${name} must be a whole number from ${minimum} to ${maximum}.`,
      path: name,
    }),
  );
}

/** A page of a list: one item more than `limit` was asked for, and says whether there is a next page. */
export function toPage<A, Next>(
  found: readonly A[],
  limit: number,
  cursorOf: (last: A) => Next,
): { readonly items: readonly A[]; readonly next: Next | null } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const more = found.length > limit && last !== undefined;
  return { items, next: more ? cursorOf(last) : null };
}

/** An ISO 8601 instant of the query; null where it is absent. */
export function readInstant(
  context: AppContext,
  name: string,
): Effect.Effect<string | null, InvalidRequest> {
  const text = context.req.query(name);
  if (text === undefined) return Effect.succeed(null);
  const at = new Date(text);
  const fits = /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(at.getTime());
  if (fits) return Effect.succeed(at.toISOString());
  return Effect.fail(
    new InvalidRequest({
      problem: `${name} must be an ISO 8601 date or instant.`,
      path: name,
    }),
  );
}
