/**
 * Rows as CSV by RFC 4180, with papaparse. Promises: numbers stay numbers; a text that a spreadsheet would take for a formula gets an
 * apostrophe before it and nothing else is changed.
 */
import Papa from "papaparse";

type Value = string | number | null;

/** What a spreadsheet takes for the begin of a formula, also behind a control character and in its full-width form. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** A header and a line for each row, all ended by CRLF. */
export function csvText<Column extends string>(
  columns: readonly Column[],
  rows: readonly { readonly [column in Column]: Value }[],
): string {
  const data = rows.map((row) => columns.map((column) => row[column]));
  const text = Papa.unparse(
    { fields: [...columns], data },
    { escapeFormulae: FORMULA, newline: "\r\n" },
  );
  return `${text}\r\n`;
}
