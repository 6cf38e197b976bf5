/**
 * An error as an operator reads it: name, message, stack, what it carries, and the chain of its causes. Pure. Promises: bounded in depth and
 * size (limits.ts); keys and words that say they hold a secret are redacted.
 */
import { displayCopy } from "./display.ts";
import { limits } from "./limits.ts";
import type { Json, JsonObject } from "./model.ts";

/** What went wrong, with its causes, as plain JSON. */
export function causeOf(
  error: unknown,
  depth: number = limits.causeDepthMax,
): JsonObject {
  if (!(error instanceof Error)) return { thrown: textOf(error) };
  const { cause } = error;
  const carried = displayCopy(carriedBy(error));
  return {
    name: nameOf(error),
    message: textOf(error.message),
    stack: stackOf(error),
    ...(Object.keys(carried).length === 0 ? {} : { carried }),
    ...(cause === undefined || depth <= 1
      ? {}
      : { cause: causeOf(cause, depth - 1) }),
  };
}

function nameOf(error: Error): string {
  return "_tag" in error && typeof error._tag === "string"
    ? error._tag
    : error.name;
}

/** Frames only: the message stands beside them, and may be long. */
function stackOf(error: Error): readonly string[] {
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, limits.causeStackLinesMax)
    .map((line) => textOf(line.trim()));
}

const KNOWN = new Set(["_tag", "name", "message", "stack", "cause"]);

/** The error's own plain fields: a code, a problem, a SQLSTATE. */
function carriedBy(error: Error): JsonObject {
  return Object.fromEntries(
    Object.entries(error)
      .filter(([key, it]) => !KNOWN.has(key) && isPlain(it))
      .map(([key, it]) => [
        key,
        typeof it === "string" ? textOf(it) : (it as Json),
      ]),
  );
}

function isPlain(value: unknown): boolean {
  return value === null || /^(string|number|boolean)$/.test(typeof value);
}

/** Cut first: what looks for secrets takes its time with long texts. */
function textOf(value: unknown): string {
  const text = typeof value === "string" ? value : name(value);
  const max = limits.causeTextCharactersMax;
  return withoutSecrets(text.length <= max ? text : `${text.slice(0, max)}…`);
}

function name(value: unknown): string {
  try {
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  } catch {
    return "something that cannot be written down";
  }
}

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g, "[redacted]"],
  [/\b(Bearer|Basic)\s+\S+/gi, "$1 [redacted]"],
  [/(:\/\/[^\s:/@]{0,200}):[^\s@/]+@/g, "$1:[redacted]@"],
  [
    /\b([\w-]{0,40}(?:password|passwd|secret|api[_-]?key|token|ticket|authorization))(["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi,
    "$1$2[redacted]",
  ],
];

/** The same text with what looks like a secret taken out. */
export function withoutSecrets(text: string): string {
  return SECRETS.reduce((it, [pattern, by]) => it.replace(pattern, by), text);
}
