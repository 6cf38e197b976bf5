/**
 * OpenTelemetry spans of requests to language models, in OTLP/JSON: documents with `resourceSpans`, one a file or JSON Lines, as the
 * collector's file exporter writes. Promises: of a span only the attributes named here are read, so that no prompt and no completion
 * ever is; spans that are no request, or that sum up others (an agent's, a tool's), are passed over; a span counts once however often it comes.
 */
import type { Tokens } from "../../domain/model.ts";
import { Fields } from "./fields.ts";
import { isProblem } from "./importer.ts";
import {
  attributesOf,
  isRecord,
  valueOf,
  INPUT,
  OUTPUT,
  CACHE_READ,
  CACHE_WRITE,
  MODEL,
  PROVIDER,
  FEATURE,
  USER,
  TIER,
} from "./otlpAttributes.ts";
import type { Attributes } from "./otlpAttributes.ts";
import type { JsonFormat, Reading, ReadingOptions } from "./importer.ts";

type JsonRecord = Readonly<Record<string, unknown>>;

const START = "startTimeUnixNano";
/** The conventions have no flag for a batch; what a program calls so is something else. */
const NO_FLAG = "batch";

/** Requests to a model, by `gen_ai.operation.name`. */
const REQUESTS = ["chat", "text_completion", "generate_content", "embeddings"];
/** What is around requests: its usage is the sum of theirs. */
const AROUND = [
  "create_agent",
  "invoke_agent",
  "invoke_workflow",
  "execute_tool",
];

/** The conventions' names of providers where ours, which are those of the price table, differ. */
const PROVIDERS: Readonly<Record<string, string>> = {
  "aws.bedrock": "aws",
  "az.ai.inference": "azure",
  "az.ai.openai": "azure",
  "azure.ai.inference": "azure",
  "azure.ai.openai": "azure",
  "gcp.gemini": "google",
  "gcp.gen_ai": "google",
  "gcp.vertex_ai": "google",
  gemini: "google",
  vertex_ai: "google",
  mistral_ai: "mistral",
  x_ai: "x-ai",
  xai: "x-ai",
};

const STATUS_ERROR = [2, "STATUS_CODE_ERROR"];

export const otlpJson: JsonFormat = {
  name: "otlp_json",
  expects:
    'OpenTelemetry spans in OTLP/JSON: {"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes"}]}]}]} with gen_ai attributes',
  recognise: (document, options) => {
    const [first] = listed(document);
    return isRecord(first) && Array.isArray(first["resourceSpans"])
      ? (spans) => readSpans(spans, options)
      : null;
  },
};

/** The requests among the spans of a document. */
function readSpans(
  document: unknown,
  options: ReadingOptions,
): readonly Reading[] {
  return listed(document).flatMap((root, index) => {
    const prefix = Array.isArray(document) ? `[${index}].` : "";
    return children(prefix, root, "resourceSpans").flatMap((resource) => {
      const service = serviceOf(resource.value);
      return resource
        .children("scopeSpans")
        .flatMap((scope) => scope.children("spans"))
        .flatMap(({ place, value }) =>
          readSpan(place, value, service, options),
        );
    });
  });
}

interface Node {
  readonly place: string;
  readonly value: unknown;
  readonly children: (name: string) => readonly Node[];
}

/** The items of a list by name; a single broken one in its place where it is no list. */
function children(
  prefix: string,
  parent: unknown,
  name: string,
): readonly Node[] {
  const items = isRecord(parent) ? parent[name] : null;
  const node = (place: string, value: unknown): Node => ({
    place,
    value,
    children: (below) => children(`${place}.`, value, below),
  });
  if (items === undefined) return [];
  return Array.isArray(items)
    ? items.map((item: unknown, index) =>
        node(`${prefix}${name}[${index}]`, item),
      )
    : [node(`${prefix}${name}`, null)];
}

function readSpan(
  place: string,
  span: unknown,
  service: unknown,
  options: ReadingOptions,
): readonly Reading[] {
  if (!isRecord(span)) return [{ problem: `${place} is not a span` }];
  const attributes = attributesOf(span["attributes"]);
  const failed = hasFailed(span, attributes);
  if (!isRequest(attributes)) return [];
  const reading = readRequest(span, attributes, service, failed, options);
  return [
    isProblem(reading) ? { problem: `${place}: ${reading.problem}` } : reading,
  ];
}

function isRequest(attributes: Attributes): boolean {
  const operation = attributes.get("gen_ai.operation.name");
  if (AROUND.some((it) => it === operation)) return false;
  return (
    REQUESTS.some((it) => it === operation) ||
    valueOf(attributes, INPUT) !== undefined ||
    valueOf(attributes, OUTPUT) !== undefined
  );
}

/**
 * One request. Field meanings: OpenTelemetry semantic conventions for generative AI, spans. `input_tokens` includes those read from and
 * written to a cache, whose lifetime is not told; `output_tokens` includes reasoning. A request that failed may have no usage.
 */
function readRequest(
  span: JsonRecord,
  attributes: Attributes,
  service: unknown,
  failed: boolean,
  options: ReadingOptions,
): Reading {
  const fields = new Fields((name) => {
    if (name === START) return milliseconds(span[START]);
    if (name === "service.name") return service;
    if (name === NO_FLAG) return undefined;
    return valueOf(attributes, name) ?? span[name];
  });
  const provider = fields.text(PROVIDER);
  const id = fields.text("gen_ai.response.id") ?? spanId(fields);
  return fields.settle({
    at: fields.instant(START),
    model: fields.model(MODEL, options.model),
    provider: provider === null ? null : (PROVIDERS[provider] ?? provider),
    project: fields.text("service.name"),
    feature: fields.text(FEATURE),
    user: fields.text(USER),
    api_key: null,
    tier: fields.tier(NO_FLAG, TIER),
    requests: 1,
    failed_requests: failed ? 1 : 0,
    tokens: readTokens(fields, failed),
    billed_usd: null,
    source_id: id === null ? { kind: "row" } : { kind: "request", id },
  });
}

function readTokens(fields: Fields, failed: boolean): Tokens {
  const input = failed ? fields.count(INPUT) : fields.requiredCount(INPUT);
  const read = fields.count(CACHE_READ);
  const written = fields.count(CACHE_WRITE);
  if (read + written > input)
    fields.fail(`cached tokens are more than ${INPUT}, which includes them`);
  return {
    uncached_input: input - read - written,
    cache_read: read,
    cache_write_5m: written,
    cache_write_1h: 0,
    output: fields.count(OUTPUT),
  };
}

/** A span's id is unique within its trace only. */
function spanId(fields: Fields): string | null {
  const trace = fields.text("traceId");
  const span = fields.text("spanId");
  return trace === null || span === null ? null : `${trace}:${span}`;
}

function hasFailed(span: JsonRecord, attributes: Attributes): boolean {
  const status = span["status"];
  return (
    attributes.has("error.type") ||
    (isRecord(status) && STATUS_ERROR.some((it) => it === status["code"]))
  );
}

/** The resource's service; null where the SDK had to make a name up. */
function serviceOf(resource: unknown): unknown {
  if (!isRecord(resource) || !isRecord(resource["resource"])) return null;
  const name = attributesOf(resource["resource"]["attributes"]).get(
    "service.name",
  );
  return typeof name === "string" && name.startsWith("unknown_service")
    ? null
    : name;
}

/** Nanoseconds, as text or as a number, without their last six digits; anything else as it is. */
function milliseconds(nanoseconds: unknown): unknown {
  const text = typeof nanoseconds === "number" ? `${nanoseconds}` : nanoseconds;
  return typeof text === "string" && /^\d{18,19}$/.test(text)
    ? text.slice(0, -6)
    : text;
}

function listed(document: unknown): readonly unknown[] {
  return Array.isArray(document) ? document : [document];
}
