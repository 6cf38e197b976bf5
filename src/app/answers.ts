/**
 * From effects to HTTP answers: success as JSON, a typed failure as a problem in words for a person, a defect as 500 with nothing of it.
 * The one place where failures meet HTTP statuses.
 */
import { Cause, Effect, Exit } from "effect";
import type { Context as HonoContext } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { problemBody, PROBLEM_TYPE } from "../adapters/problem.ts";
import type { Problem } from "../adapters/problem.ts";
import { causeOf } from "../domain/causes.ts";
import { describe } from "../domain/errors.ts";
import type {
  ConnectionNotFound,
  FrameFailure,
  ImportNotFound,
  ImportRefused,
  InvalidRequest,
  NoReport,
} from "../domain/errors.ts";
import { countDefect } from "../domain/metrics.ts";
import type { Identity } from "../domain/ports.ts";
import type { AppServices } from "./services.ts";

export type HttpFailure =
  | FrameFailure
  | ConnectionNotFound
  | ImportNotFound
  | ImportRefused
  | InvalidRequest
  | NoReport;

export type AppEnv = { Variables: { identity: Identity } };
export type AppContext = HonoContext<AppEnv>;

/** Runs an effect with all services and answers with what it comes to: a Response as it is, anything else as JSON. */
export type Respond = <A extends object | null>(
  context: AppContext,
  effect: Effect.Effect<A, HttpFailure, AppServices>,
  status?: ContentfulStatusCode,
) => Promise<Response>;

export function makeRespond(
  run: <A, E>(
    effect: Effect.Effect<A, E, AppServices>,
  ) => Promise<Exit.Exit<A, E>>,
): Respond {
  return async (context, effect, status = 200) => {
    const exit = await run(effect);
    if (Exit.isSuccess(exit)) {
      if (exit.value instanceof Response) return exit.value;
      return exit.value === null
        ? context.body(null, 204)
        : context.json(exit.value, status);
    }
    const failure = Cause.findErrorOption(exit.cause);
    if (failure._tag === "Some")
      return problem(context, problemOf(failure.value));
    countDefect();
    const cause = causeOf(Cause.squash(exit.cause));
    await run(Effect.logError("a request could not be answered", cause));
    return problem(context, INTERNAL);
  };
}

export function problem(context: AppContext, it: Problem): Response {
  const retry = it.retryAfterSeconds;
  return context.body(problemBody(it), it.status as ContentfulStatusCode, {
    "Content-Type": PROBLEM_TYPE,
    ...(retry === undefined ? {} : { "Retry-After": String(retry) }),
  });
}

export const INTERNAL: Problem = {
  status: 500,
  title: "Internal error",
  detail:
    "Something went wrong on our side. Try again; the operator can see what it was.",
};

export const notFound = (context: AppContext): Response =>
  problem(context, {
    status: 404,
    title: "Not found",
    detail: "There is nothing at this address.",
  });

const STATUS: { readonly [Tag in FrameFailure["_tag"]]: number } = {
  Unauthorized: 401,
  TooManyConnections: 429,
  MessageTooLarge: 413,
  InvalidJson: 400,
  InvalidMessage: 400,
  UnknownMessageType: 400,
  UserMismatch: 403,
  RateLimited: 429,
  Draining: 503,
  ServiceUnavailable: 503,
  ThreadNotFound: 404,
  RunNotFound: 404,
  Busy: 409,
  TooManyRuns: 429,
  QueueFull: 503,
};

function problemOf(failure: HttpFailure): Problem {
  switch (failure._tag) {
    case "ConnectionNotFound":
      return {
        status: 404,
        title: "Not found",
        detail: "There is no such connection.",
      };
    case "ImportNotFound":
      return {
        status: 404,
        title: "Not found",
        detail: "There is no such import.",
      };
    case "ImportRefused":
      return {
        status: 422,
        title: "File refused",
        detail: refusalText(failure),
      };
    case "InvalidRequest":
      return {
        status: 400,
        title: "Invalid request",
        detail: failure.problem,
        ...(failure.path === undefined ? {} : { path: failure.path }),
      };
    case "NoReport":
      return noReport(failure);
    default: {
      const { code, message, retry_after_ms } = describe(failure);
      return {
        status: STATUS[failure._tag],
        title: code.replaceAll("_", " "),
        detail: message,
        code,
        ...(retry_after_ms === undefined
          ? {}
          : { retryAfterSeconds: Math.ceil(retry_after_ms / 1_000) }),
      };
    }
  }
}

/** `busy` passes; `no_report` does not. */
function noReport({ ended }: NoReport): Problem {
  return ended
    ? {
        status: 409,
        title: "No report",
        code: "no_report",
        detail:
          "This run has ended without a report that could be exported. Ask again; its question is kept.",
      }
    : {
        status: 409,
        title: "Busy",
        code: "busy",
        detail:
          "This run is still working on its answer. Wait for it to end, then export it.",
      };
}

/** A refused file, told as sentences whatever the parts end with. */
export function refusalText({ problem, expected }: ImportRefused): string {
  const sentence = (text: string) => `${text.trim().replace(/\.$/, "")}.`;
  return `${sentence(problem)} Expected: ${sentence(expected)} Nothing of the file was kept.`;
}
