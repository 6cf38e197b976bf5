/**
 * Opens a usage file: recognises its format by content and turns it into rows that are records or problems, batch by batch.
 * Promises: a file of the wrong kind is refused here, before anyone stored anything; what comes out does not depend on the file's
 * name or on how its bytes were chunked.
 */
import { ImportRefused } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type { UsageRecord } from "../../domain/model.ts";
import { anthropicCostsCsv } from "./anthropicCostsCsv.ts";
import { anthropicCostsJson } from "./anthropicCostsJson.ts";
import { anthropicCsv } from "./anthropicCsv.ts";
import { anthropicJson } from "./anthropicJson.ts";
import { openText } from "./bytes.ts";
import type { Meter } from "./bytes.ts";
import { CsvCutter } from "./csv.ts";
import { focusCsv } from "./focusCsv.ts";
import { isProblem, refuse } from "./importer.ts";
import type {
  Cells,
  CellsReader,
  FormatName,
  Reading,
  ReadingOptions,
  Row,
} from "./importer.ts";
import { deepseekCostsCsv } from "./deepseekCostsCsv.ts";
import { JsonCutter } from "./json.ts";
import { LineCutter } from "./lines.ts";
import { openaiCostsCsv } from "./openaiCostsCsv.ts";
import { openaiCostsJson } from "./openaiCostsJson.ts";
import { openaiCsv } from "./openaiCsv.ts";
import { openaiJson } from "./openaiJson.ts";
import { blockTrace } from "./blockTrace.ts";
import { otlpJson } from "./otlpJson.ts";
import { plainCsv } from "./plainCsv.ts";

// The providers' own exports go first: plain CSV would recognise columns of theirs too.
const CSV_FORMATS = [
  openaiCsv,
  openaiCostsCsv,
  anthropicCsv,
  anthropicCostsCsv,
  deepseekCostsCsv,
  focusCsv,
  plainCsv,
];
const JSON_FORMATS = [
  openaiJson,
  openaiCostsJson,
  anthropicJson,
  anthropicCostsJson,
  blockTrace,
  otlpJson,
];
const FORMATS = [...CSV_FORMATS, ...JSON_FORMATS];

/** What can be imported, and what each format looks like in words. */
export const formats: readonly {
  readonly name: FormatName;
  readonly expects: string;
}[] = FORMATS.map(({ name, expects }) => ({
  name,
  expects,
}));

export interface OpenOptions extends ReadingOptions {
  /** Takes the file for this format and refuses any other; "auto" and absent recognise it. */
  readonly format?: FormatName | "auto";
}

type Batches<Content> = AsyncGenerator<
  readonly Row<Content>[],
  void,
  undefined
>;

/** A recognised file. `batches` is to be read once and throws ImportRefused when the file turns out to be damaged. */
export interface OpenUsage {
  readonly format: FormatName;
  readonly batches: Batches<UsageRecord>;
  readonly meter: Meter;
  /** Lets the source go, read to its end or not. */
  readonly close: () => Promise<unknown>;
}
type Recognised = Pick<OpenUsage, "format" | "batches">;

/** Recognises a file by its first row. Rejects with ImportRefused when it is none of the formats. */
export async function openUsage(
  source: AsyncIterable<Uint8Array>,
  options: OpenOptions,
): Promise<OpenUsage> {
  const meter = { bytes: 0 };
  const { head, chunks, close } = await openText(source, meter);
  try {
    const open = looksLikeJson(head) ? openJson : openCsv;
    return { ...(await open(chunks, options)), meter, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

function looksLikeJson(head: Uint8Array): boolean {
  return /^\ufeff?\s*[{[]/.test(Buffer.from(head).toString("utf8"));
}

async function openCsv(
  chunks: AsyncIterable<Uint8Array>,
  options: OpenOptions,
): Promise<Recognised> {
  const batches = cutRows(
    chunks,
    limits.importLineBytesMax,
    new CsvCutter(limits.importLineBytesMax),
  );
  const [first, rest] = await firstRow(batches, options);
  const header = first.map((name) => name.trim());
  for (const format of wanted(CSV_FORMATS, options)) {
    const reader = format.recognise(header, options);
    if (reader instanceof ImportRefused) throw reader;
    if (reader !== null)
      return {
        format: format.name,
        batches: readRows(rest, (row) => readCells(row, header, reader)),
      };
  }
  throw unrecognised(
    "The columns are those of no format that is known here",
    options,
  );
}

function readCells(
  cells: Cells,
  header: Cells,
  reader: CellsReader,
): readonly Reading[] {
  if (cells.length === header.length) {
    const reading = reader(cells);
    return reading === null ? [] : [reading];
  }
  const problem = `the row has ${cells.length} cells where the header has ${header.length}`;
  return [{ problem }];
}

async function openJson(
  chunks: AsyncIterable<Uint8Array>,
  options: OpenOptions,
): Promise<Recognised> {
  const batches = cutRows(
    chunks,
    limits.importJsonBytesMax,
    new JsonCutter(limits.importJsonBytesMax),
  );
  const [first, rest, row] = await firstRow(batches, options);
  for (const format of wanted(JSON_FORMATS, options)) {
    const reader = format.recognise(first, options);
    if (reader instanceof ImportRefused) throw reader;
    if (reader !== null)
      return {
        format: format.name,
        batches: readRows(startingWith([row], rest), reader),
      };
  }
  throw unrecognised("The JSON is of no format that is known here", options);
}

function wanted<Format extends { readonly name: FormatName }>(
  known: readonly Format[],
  { format = "auto" }: OpenOptions,
): readonly Format[] {
  return known.filter(({ name }) => format === "auto" || name === format);
}

function unrecognised(problem: string, options: OpenOptions): ImportRefused {
  return refuse(
    problem,
    wanted(FORMATS, options)
      .map(({ expects }) => expects)
      .join("; or "),
  );
}

/** The file's first row, what follows it, and the row with its line. */
async function firstRow<Content>(
  batches: Batches<Content>,
  options: OpenOptions,
): Promise<
  readonly [first: Content, rest: Batches<Content>, row: Row<Content>]
> {
  for (
    let next = await batches.next();
    next.done !== true;
    next = await batches.next()
  ) {
    const [row, ...others] = next.value;
    if (row === undefined) continue;
    if (isProblem(row))
      throw unrecognised(
        `Line ${row.line} cannot be read: ${row.problem}`,
        options,
      );
    return [row.content, startingWith(others, batches), row];
  }
  throw unrecognised("The file is empty", options);
}

async function* startingWith<Content>(
  first: readonly Row<Content>[],
  rest: Batches<Content>,
): Batches<Content> {
  yield first;
  yield* rest;
}

interface Cutter<Content> {
  readonly push: (line: Row<string>) => readonly Row<Content>[];
  readonly end: () => readonly Row<Content>[];
}

async function* cutRows<Content>(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
  cutter: Cutter<Content>,
): Batches<Content> {
  const lines = new LineCutter(maxLineBytes);
  for await (const chunk of chunks)
    yield lines.push(chunk).flatMap((line) => cutter.push(line));
  yield [...lines.end().flatMap((line) => cutter.push(line)), ...cutter.end()];
}

async function* readRows<Content>(
  batches: Batches<Content>,
  read: (content: Content) => readonly Reading[],
): Batches<UsageRecord> {
  for await (const rows of batches) {
    yield rows.flatMap((row) =>
      isProblem(row)
        ? [row]
        : read(row.content).map((reading) => placed(row.line, reading)),
    );
  }
}

function placed(line: number, reading: Reading): Row<UsageRecord> {
  return isProblem(reading)
    ? { line, problem: reading.problem }
    : { line, content: reading };
}
