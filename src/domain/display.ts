/**
 * Display copies: what of a tool's parameters and results may be shown and stored in an event. Promises: secrets are gone, strings,
 * lists, depth and the whole are bounded (limits.ts), and the original is untouched.
 */
import { limits } from "./limits.ts";
import type { Json, JsonObject } from "./model.ts";

/** Whole words of a key that say its value is a secret; "total_tokens" is not one. */
const SECRET =
  /(^|_)(passwords?|passwd|passphrase|secrets?|api_?keys?|authorization|credentials?|private_?keys?|bearer|cookies?|token)($|_)/i;

const REDACTED = "[redacted]";

/** A bounded copy without secrets; too large a whole becomes a note that says how large it was, in bytes. */
export function displayCopy(value: JsonObject): JsonObject {
  const copy = copyOf(value, limits.displayDepthMax) as JsonObject;
  const bytes = new TextEncoder().encode(JSON.stringify(copy)).length;
  if (bytes <= limits.displayBytesMax) return copy;
  return {
    truncated: true,
    bytes,
    keys: Object.keys(copy)
      .slice(0, limits.displayListItemsMax)
      .map((it) => cut(it, limits.identifierCharactersMax)),
  };
}

function copyOf(value: Json, depth: number): Json {
  if (typeof value === "string")
    return cut(value, limits.displayStringCharactersMax);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "[…]";
  if (Array.isArray(value)) return copyList(value as readonly Json[], depth);
  return Object.fromEntries(
    Object.entries(value).map(([key, it]) => [
      key,
      isSecret(key) ? REDACTED : copyOf(it, depth - 1),
    ]),
  );
}

/** camelCase, kebab-case and dotted keys are judged like snake_case ones. */
function isSecret(key: string): boolean {
  const words = key.replace(/([a-z0-9])([A-Z])/g, "$1_$2");
  return SECRET.test(words.replace(/[^A-Za-z0-9]+/g, "_"));
}

function copyList(list: readonly Json[], depth: number): Json {
  const shown = list
    .slice(0, limits.displayListItemsMax)
    .map((it) => copyOf(it, depth - 1));
  const hidden = list.length - shown.length;
  return hidden > 0 ? [...shown, `… ${hidden} more`] : shown;
}

/** At most `max` characters, never half a surrogate pair. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = max - 1;
  const whole = /[\uD800-\uDBFF]/.test(text[end - 1]!) ? end - 1 : end;
  return `${text.slice(0, whole)}…`;
}
