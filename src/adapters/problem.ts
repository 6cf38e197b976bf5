/** Problems of HTTP as RFC 9457 describes them: what is wrong, in words for a person. Nothing of the server's inside is in them. */
import { STATUS_CODES } from "node:http";

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code?: string;
  /** The field or parameter that does not fit. */
  readonly path?: string;
  readonly retryAfterSeconds?: number;
}

export const PROBLEM_TYPE = "application/problem+json";

/** The JSON body of a problem. */
export function problemBody(problem: Problem): string {
  const { retryAfterSeconds: _, ...body } = problem;
  return JSON.stringify({ type: "about:blank", ...body });
}

/** A whole HTTP/1.1 answer, for a socket that no HTTP server looks after any more. */
export function problemText(problem: Problem): string {
  const body = problemBody(problem);
  const retry = problem.retryAfterSeconds;
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}`,
    "Connection: close",
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retry === undefined ? [] : [`Retry-After: ${retry}`]),
    "",
    body,
  ].join("\r\n");
}
