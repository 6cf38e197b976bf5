/**
 * Spans sent by an OpenTelemetry exporter: OTLP/HTTP with JSON. Promises: answers as the OTLP specification says, a Status body for every
 * refusal, so that an exporter knows what to send again; a body is bounded as it arrives and as it unpacks.
 */
import { Effect } from "effect";
import type { Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { takeSpans } from "../../adapters/importers/spans.ts";
import { InvalidRequest } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type { AppContext, AppEnv, Respond } from "../answers.ts";

const unpack = promisify(gunzip);

/** Codes of google.rpc.Status by HTTP status; 13 is INTERNAL. */
const STATUS_CODES: Readonly<Record<number, number>> = {
  400: 3,
  413: 3,
  415: 3,
  503: 14,
};
const INTERNAL = 13;

export function otlpRoutes(app: Hono<AppEnv>, respond: Respond): void {
  app.post("/api/otlp/v1/traces", async (c) => {
    const refused = refusedByHeader(c);
    if (refused !== null) return statusOf(c, 415, refused);
    const text = await readSpansBody(c);
    if (text === "too large")
      return statusOf(c, 413, "The export is too large: send smaller batches.");
    const answer = await respond(c, takeExport(c, text));
    if (answer.ok) return answer;
    const { detail } = (await answer.json()) as { readonly detail: string };
    const retry = answer.headers.get("Retry-After");
    if (retry !== null) c.header("Retry-After", retry);
    return statusOf(c, answer.status as ContentfulStatusCode, detail);
  });
}

/** Why the body cannot be read, by what its headers say of it. */
function refusedByHeader(c: AppContext): string | null {
  const type = (c.req.header("Content-Type") ?? "").split(";")[0]?.trim();
  if (type?.toLowerCase() !== "application/json")
    return "Only OTLP as JSON is taken here: set OTEL_EXPORTER_OTLP_PROTOCOL=http/json, or encoding: json in the collector.";
  const encoding = c.req.header("Content-Encoding") ?? "identity";
  return ["identity", "gzip"].includes(encoding.toLowerCase())
    ? null
    : "Only gzip is unpacked here: set OTEL_EXPORTER_OTLP_COMPRESSION=gzip, or none.";
}

function statusOf(
  c: AppContext,
  status: ContentfulStatusCode,
  message: string,
): Response {
  return c.json({ code: STATUS_CODES[status] ?? INTERNAL, message }, status);
}

/** The body as text; null when it broke off or is not the gzip that it is said to be. */
async function readSpansBody(
  c: AppContext,
): Promise<string | "too large" | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of c.req.raw.body ?? []) {
      bytes += chunk.length;
      if (bytes > limits.spansBodyBytesMax) return "too large";
      chunks.push(chunk);
    }
    const sent = Buffer.concat(chunks);
    const packed = c.req.header("Content-Encoding")?.toLowerCase() === "gzip";
    const maxOutputLength = limits.spansExpandedBytesMax;
    const body = packed ? await unpack(sent, { maxOutputLength }) : sent;
    return body.toString("utf8");
  } catch (cause) {
    return cause instanceof RangeError ? "too large" : null;
  }
}

/** An export without a part that failed leaves `partialSuccess` unset, as the specification asks. */
function takeExport(c: AppContext, text: string | null) {
  return Effect.gen(function* () {
    const document = yield* Effect.try({
      try: () => JSON.parse(text ?? "") as unknown,
      catch: () =>
        new InvalidRequest({
          problem: "The body is not a whole JSON document.",
        }),
    });
    const taken = yield* takeSpans(c.get("identity").user_id, document);
    if (taken === null)
      return yield* new InvalidRequest({
        problem: "The body is no export of traces: it has no resourceSpans.",
      });
    if (taken.rejected === 0) return {};
    return {
      partialSuccess: {
        rejectedSpans: String(taken.rejected),
        errorMessage: taken.reason,
      },
    };
  });
}
