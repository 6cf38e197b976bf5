/**
 * What `ccusage --json` prints about coding agents: rows by day, week, month, session or block, each split by model. Promises: of
 * several kinds of rows in one file one is taken, since each of them is all of the usage again; costs are ccusage's estimate from list
 * prices, which nobody was billed (a subscription costs the same however much it is used), so nothing counts as billed. Days are of
 * the time zone that ccusage ran in, and are read as UTC.
 */
import type { SourceId, Tokens } from "../../domain/model.ts";
import { Fields } from "./fields.ts";
import { isProblem } from "./importer.ts";
import type { JsonFormat, Reading, ReadingOptions } from "./importer.ts";
import { isRecord } from "./nested.ts";
import type { JsonRecord } from "./nested.ts";

/** The kinds of rows, best first: the finest in time that is split by model. `projects` holds days, by project. */
const KINDS = [
  "daily",
  "projects",
  "weekly",
  "monthly",
  "sessions",
  "session",
  "blocks",
] as const;
type Kind = (typeof KINDS)[number];

/** A row of a kind, and what is known about it from around it. */
interface Placed {
  readonly place: string;
  readonly row: JsonRecord;
  readonly project: string | null;
}

export const ccusageJson: JsonFormat = {
  name: "ccusage_json",
  expects:
    'the output of ccusage --json: {"daily": [{"date", "modelBreakdowns": [{"modelName", "inputTokens", "outputTokens"}]}]}',
  recognise: (first, options) =>
    isRecord(first) && isCcusage(first)
      ? (document) => readDocument(document, options)
      : null,
};

/** True when the first row of the kind that is taken counts tokens as ccusage does. */
function isCcusage(document: JsonRecord): boolean {
  const kind = kindOf(document);
  if (kind === null) return false;
  const [first] = rowsOf(document, kind);
  if (first === undefined) return "totals" in document;
  return ["inputTokens", "tokenCounts", "agents", "modelBreakdowns"].some(
    (name) => name in first.row,
  );
}

/** The best kind that the document has rows of; else the first that it has at all. */
function kindOf(document: JsonRecord): Kind | null {
  const present = KINDS.filter((kind) =>
    kind === "projects"
      ? isRecord(document[kind])
      : Array.isArray(document[kind]),
  );
  const filled = present.find((kind) => rowsOf(document, kind).length > 0);
  return filled ?? present[0] ?? null;
}

function rowsOf(document: JsonRecord, kind: Kind): readonly Placed[] {
  const value = document[kind];
  if (!isRecord(value)) return placed(kind, value, null);
  return Object.entries(value).flatMap(([project, rows], index) =>
    placed(`${kind}[${index}]`, rows, project),
  );
}

/** What is no object is kept as one without fields, so that it is reported and not left out. */
function placed(
  place: string,
  rows: unknown,
  project: string | null,
): readonly Placed[] {
  if (!Array.isArray(rows)) return [];
  return rows.map((row: unknown, index) => ({
    place: `${place}[${index}]`,
    row: isRecord(row) ? row : {},
    project,
  }));
}

function readDocument(
  document: unknown,
  options: ReadingOptions,
): readonly Reading[] {
  const kind = isRecord(document) ? kindOf(document) : null;
  if (!isRecord(document) || kind === null)
    return [{ problem: `it has none of ${KINDS.join(", ")}` }];
  return rowsOf(document, kind)
    .filter(({ row }) => row["isGap"] !== true)
    .flatMap((placedRow) => byAgent(placedRow))
    .flatMap((placedRow) => readRow(placedRow, kind, options));
}

/** What an agent's part of a row leaves to the row. */
const OF_THE_WHOLE = ["date", "week", "month", "period", "metadata"];

/** A row over all agents, split by agent where ccusage was asked to: the parts in place of the whole. */
function byAgent(whole: Placed): readonly Placed[] {
  const { agents } = whole.row;
  if (!Array.isArray(agents) || !agents.every(isRecord) || agents.length === 0)
    return [whole];
  return agents.map((agent, index) => ({
    place: `${whole.place}.agents[${index}]`,
    row: {
      ...Object.fromEntries(
        OF_THE_WHOLE.map((name) => [name, whole.row[name]]),
      ),
      ...agent,
    },
    project: whole.project,
  }));
}

function readRow(
  placedRow: Placed,
  kind: Kind,
  options: ReadingOptions,
): readonly Reading[] {
  const { place, row } = placedRow;
  const parts = partsOf(row);
  if (parts === null)
    return [{ problem: `${place}: its usage is not split by model` }];
  return parts.map((part, index) => {
    const reading = readPart(placedRow, part, kind, options);
    return isProblem(reading)
      ? { problem: `${place}, model ${index + 1}: ${reading.problem}` }
      : reading;
  });
}

/** What each model used; null when the row is of more than one model and does not split them. */
function partsOf(row: JsonRecord): readonly JsonRecord[] | null {
  const { modelBreakdowns, models, modelsUsed } = row;
  if (Array.isArray(modelBreakdowns) && modelBreakdowns.length > 0)
    return modelBreakdowns.map((part: unknown) => (isRecord(part) ? part : {}));
  if (isRecord(models) && Object.keys(models).length > 0)
    return Object.entries(models).map(([modelName, part]) => ({
      ...(isRecord(part) ? part : {}),
      modelName,
    }));
  const used = [modelsUsed, models].find((it) => Array.isArray(it));
  if (Array.isArray(used) && used.length > 1) return null;
  const counts = isRecord(row["tokenCounts"]) ? row["tokenCounts"] : row;
  return [{ ...counts, modelName: used?.[0] }];
}

/** Where each kind of row says when it was. */
const STARTS: Readonly<Record<Kind, readonly string[]>> = {
  daily: ["date", "period"],
  projects: ["date", "period"],
  weekly: ["week", "period"],
  monthly: ["month", "period"],
  sessions: ["lastActivity"],
  session: ["lastActivity"],
  blocks: ["startTime"],
};
/** Of these the model's own count; the row's is of all its models. */
const OF_THE_MODEL = [
  "modelName",
  "inputTokens",
  "outputTokens",
  "cacheCreationTokens",
  "cacheCreationInputTokens",
  "cacheReadTokens",
  "cacheReadInputTokens",
  "cachedInputTokens",
];

function readPart(
  { row, project }: Placed,
  part: JsonRecord,
  kind: Kind,
  options: ReadingOptions,
): Reading {
  const metadata = isRecord(row["metadata"]) ? row["metadata"] : {};
  const fields = new Fields((name) =>
    OF_THE_MODEL.includes(name)
      ? part[name]
      : asDay(row[name] ?? metadata[name], kind),
  );
  const model = fields.model("modelName", options.model);
  const agent = fields.text("agent");
  return fields.settle({
    at: fields.instant(...STARTS[kind]),
    model,
    provider: null,
    project: project ?? fields.text("projectPath") ?? fields.text("project"),
    feature: agent,
    user: null,
    api_key: null,
    tier: "standard",
    // Only a block counts its requests, and a block is of one model here.
    requests: kind === "blocks" ? fields.count("entries") : 0,
    tokens: tokensOf(fields),
    billed_usd: null,
    source_id: sourceOf(fields, kind, [agent, model]),
  });
}

/** ccusage takes what a cache served or stored out of the input, for every agent that it reads. */
function tokensOf(fields: Fields): Tokens {
  return {
    uncached_input: fields.requiredCount("inputTokens"),
    cache_read: firstCount(fields, [
      "cacheReadTokens",
      "cacheReadInputTokens",
      "cachedInputTokens",
    ]),
    cache_write_5m: firstCount(fields, [
      "cacheCreationTokens",
      "cacheCreationInputTokens",
    ]),
    cache_write_1h: 0,
    output: fields.requiredCount("outputTokens"),
  };
}

function firstCount(fields: Fields, names: readonly string[]): number {
  const name = names.find((it) => fields.text(it) !== null);
  return name === undefined ? 0 : fields.count(name);
}

/** A month stands for its first day. */
function asDay(value: unknown, kind: Kind): unknown {
  return kind === "monthly" && /^\d{4}-\d{2}$/.test(String(value))
    ? `${String(value)}-01`
    : value;
}

/** A session's time moves on with it, so that only its id can name it. */
function sourceOf(
  fields: Fields,
  kind: Kind,
  of: readonly (string | null)[],
): SourceId {
  if (kind !== "sessions" && kind !== "session")
    return { kind: "bucket", of: ["ccusage", kind] };
  const id = fields.text("sessionId") ?? fields.text("period");
  if (id === null) fields.fail("sessionId is empty");
  return { kind: "request", id: JSON.stringify(["ccusage", id, ...of]) };
}
