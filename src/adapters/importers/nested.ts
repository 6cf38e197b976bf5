/**
 * Values within values: gateways keep what matters most in JSON inside a column, as text in CSV and as an object in JSON.
 * Promises: nothing here throws; what is not an object has no fields.
 */

export type JsonRecord = Readonly<Record<string, unknown>>;

const NOTHING: JsonRecord = {};

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object that a column holds, as itself or as JSON text; no fields when it is left out; null when it is no such thing. */
export function opened(value: unknown): JsonRecord | null {
  if (value === undefined || value === null || value === "") return NOTHING;
  if (isRecord(value)) return value;
  if (typeof value !== "string") return null;
  const parsed = parseJson(value);
  if (parsed === null) return NOTHING;
  // A JSON column into which JSON text was written holds a text that has to be read once more.
  const inner = typeof parsed === "string" ? parseJson(parsed) : parsed;
  return isRecord(inner) ? inner : null;
}

/** The field at the end of `path`; undefined when there is none. */
export function fieldAt(record: unknown, path: readonly string[]): unknown {
  let value = record;
  for (const name of path) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** Undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
