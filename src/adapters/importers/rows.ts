/**
 * Formats whose rows are the same in CSV and in JSON: a table of a gateway's, exported either way. JSON is a list of rows, such a list
 * under `data`, as their APIs answer, one row, or JSON Lines of any of these. Promises: a row is read alike in all of them; one that
 * cannot be read is named by its place, and the others are kept.
 */
import { ImportRefused } from "../../domain/errors.ts";
import type { ServiceTier } from "../../domain/model.ts";
import { cellValues } from "./fields.ts";
import { isProblem } from "./importer.ts";
import type {
  CsvFormat,
  FormatName,
  JsonFormat,
  Reading,
  ReadingOptions,
} from "./importer.ts";
import { isRecord } from "./nested.ts";

/** A row's value by name: a cell's text, or what JSON holds there. */
export type Values = (name: string) => unknown;
/** Null when the row is not one of those that count. */
export type RowReader = (values: Values) => Reading | null;

export interface Table {
  /** The end of the sentence "Expected …". */
  readonly expects: string;
  /** A reader for a file whose rows have these names; null when it is another table; a refusal when it is this one but must not be read. */
  readonly recognise: (
    has: (name: string) => boolean,
    options: ReadingOptions,
  ) => RowReader | ImportRefused | null;
}

export function csvTable(name: FormatName, table: Table): CsvFormat {
  return {
    name,
    expects: `CSV of ${table.expects}`,
    recognise: (header, options) => {
      const reader = table.recognise((it) => header.includes(it), options);
      if (reader === null || reader instanceof ImportRefused) return reader;
      const valuesOf = cellValues(header);
      return (cells) => reader(valuesOf(cells));
    },
  };
}

export function jsonTable(name: FormatName, table: Table): JsonFormat {
  return {
    name,
    expects: `JSON or JSON Lines of ${table.expects}`,
    recognise: (document, options) => {
      const first = rowsOf(document)[0]?.value;
      if (!isRecord(first)) return null;
      const reader = table.recognise(
        (it) => Object.hasOwn(first, it) && first[it] !== undefined,
        options,
      );
      if (reader === null || reader instanceof ImportRefused) return reader;
      return (rows) =>
        rowsOf(rows).flatMap(({ place, value }) =>
          readRow(place, value, reader),
        );
    },
  };
}

function readRow(
  place: string,
  row: unknown,
  reader: RowReader,
): readonly Reading[] {
  if (!isRecord(row)) return [{ problem: `${place}is not an object` }];
  const reading = reader((name) =>
    Object.hasOwn(row, name) ? row[name] : undefined,
  );
  if (reading === null) return [];
  return [
    isProblem(reading) ? { problem: `${place}${reading.problem}` } : reading,
  ];
}

interface Placed {
  readonly place: string;
  readonly value: unknown;
}

function rowsOf(document: unknown): readonly Placed[] {
  if (Array.isArray(document)) return placed("", document);
  if (isRecord(document) && Array.isArray(document["data"]))
    return placed("data", document["data"]);
  return [{ place: "", value: document }];
}

function placed(name: string, values: readonly unknown[]): readonly Placed[] {
  return values.map((value, index) => ({
    place: `${name}[${index}]: `,
    value,
  }));
}

const DISCOUNTED = ["batch", "flex", "priority"] as const;

/** The tier that a gateway passed on. Every provider has names of its own for its usual one, so what is none of these is that. */
export function passedTier(value: unknown): ServiceTier {
  return DISCOUNTED.find((tier) => tier === value) ?? "standard";
}
