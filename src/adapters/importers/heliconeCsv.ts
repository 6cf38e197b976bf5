/**
 * Helicone's export of requests, as @helicone/export writes it. Promises: bodies are never read; `cost` is Helicone's own reckoning of
 * the request, kept as billed. There is no column for cached tokens: all of prompt_tokens counts as uncached, and what is computed
 * from that is too much where a cache was used.
 */
import { Fields } from "./fields.ts";
import type { Reading, ReadingOptions } from "./importer.ts";
import { opened } from "./nested.ts";
import { csvTable } from "./rows.ts";
import type { Values } from "./rows.ts";

const COLUMNS = [
  "response_id",
  "response_status",
  "request_created_at",
  "model",
  "prompt_tokens",
  "completion_tokens",
];

export const heliconeCsv = csvTable("helicone_csv", {
  expects: `Helicone's requests with the columns ${COLUMNS.join(", ")}`,
  recognise: (has, options) =>
    COLUMNS.every(has) ? (values) => readRequest(values, options) : null,
});

function readRequest(values: Values, options: ReadingOptions): Reading {
  const properties = propertiesOf(values("request_properties"));
  const fields = new Fields((name) =>
    name === "request_properties" ? properties : values(name),
  );
  const id = fields.text("response_id");
  return fields.settle({
    at: fields.instant("request_created_at"),
    model: fields.model("model", options.model),
    provider: null,
    project: null,
    feature: null,
    user: fields.text("request_user_id"),
    api_key: null,
    tier: "standard",
    requests: 1,
    tokens: {
      uncached_input: fields.count("prompt_tokens"),
      cache_read: 0,
      cache_write_5m: 0,
      cache_write_1h: 0,
      output: fields.count("completion_tokens"),
    },
    billed_usd: fields.dollars("cost"),
    tags: fields.labels("request_properties"),
    failed_requests: failedOf(fields),
    // A request without a response has no id of its own here.
    source_id: id === null ? { kind: "row" } : { kind: "request", id },
  });
}

/** A request's own properties as `name=value`; Helicone keeps its own, such as the session, under names that begin with it. */
function propertiesOf(value: unknown): readonly string[] {
  return Object.entries(opened(value) ?? {})
    .filter(([name, it]) => !/^helicone-/i.test(name) && typeof it !== "object")
    .map(([name, it]) => `${name}=${String(it)}`);
}

/** HTTP's status, or one below 100 of Helicone's own for a request that was cancelled, timed out or never answered. */
function failedOf(fields: Fields): number | null {
  const status = fields.text("response_status");
  if (status === null) return null;
  return /^2\d\d$/.test(status) ? 0 : 1;
}
