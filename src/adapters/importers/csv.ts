/**
 * Cuts lines into CSV rows. Papa Parse splits a row into its cells; what it does not do is here: line numbers, and an open quote
 * that costs one row and not the rest of the file. Promises: a row that is no CSV becomes a problem; at most `maxBytes` are held.
 */
import Papa from "papaparse";
import type { Cells, Row } from "./importer.ts";
import { isProblem } from "./importer.ts";

const DELIMITERS = [",", "\t", ";", "|"];
const UNCLOSED = "a quote is opened and never closed";

/** The delimiter that the header is written with; a comma when it has only one column. */
function guessDelimiter(header: string): string {
  return Papa.parse(header, { delimitersToGuess: DELIMITERS, preview: 1 }).meta
    .delimiter;
}

interface Dialect {
  readonly delimiter: string;
  readonly parser: Papa.Parser;
}

function dialectOf(header: string): Dialect {
  const delimiter = guessDelimiter(header);
  return { delimiter, parser: new Papa.Parser({ delimiter, newline: "\n" }) };
}

type Line = { readonly line: number; readonly content: string };

export class CsvCutter {
  /** The lines of a row whose quote is still open; empty between rows. */
  #held: Line[] = [];
  #heldCharacters = 0;
  /** Known from the first row on, and one for all rows: to make one anew costs more than a row. */
  #dialect: Dialect | null = null;
  readonly #maxCharacters: number;

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters;
  }

  /** The rows that end with this line. Empty lines between rows are no rows. */
  push(row: Row<string>): readonly Row<Cells>[] {
    if (isProblem(row)) return [...this.end(), row];
    if (this.#held.length === 0 && row.content.trim() === "") return [];
    this.#dialect ??= dialectOf(row.content);
    this.#held.push(row);
    this.#heldCharacters += row.content.length;
    const { delimiter, parser } = this.#dialect;
    const state = scanQuotes(row.content, this.#held.length > 1, delimiter);
    if (state === "open" && this.#heldCharacters <= this.#maxCharacters)
      return [];
    if (state === "closed") return [split(this.#release(), parser)];
    return this.#giveUp(
      state === "open" ? UNCLOSED : "a quote within quotes is not doubled",
    );
  }

  /** The problem of a row that the file's end leaves open, and the rows that its lines are without it. */
  end(): readonly Row<Cells>[] {
    return this.#held.length === 0
      ? []
      : [...this.#giveUp(UNCLOSED), ...this.end()];
  }

  /**
   * Drops the first held line and reads the others anew. This stays linear: a line that leaves a quote open would have closed,
   * or broken, the quote that was open before it, so of the lines read anew only the last can open one.
   */
  #giveUp(problem: string): readonly Row<Cells>[] {
    const [first, ...rest] = this.#release();
    return first === undefined
      ? []
      : [
          { line: first.line, problem },
          ...rest.flatMap((line) => this.push(line)),
        ];
  }

  #release(): readonly Line[] {
    const held = this.#held;
    this.#held = [];
    this.#heldCharacters = 0;
    return held;
  }
}

function split(lines: readonly Line[], parser: Papa.Parser): Row<Cells> {
  const text = lines.map(({ content }) => content).join("\n");
  const parsed = parser.parse(text, 0, false) as Papa.ParseResult<string[]>;
  const [cells] = parsed.data;
  const line = lines[0]?.line ?? 0;
  return cells === undefined || parsed.errors.length > 0
    ? { line, problem: "the quotes are not valid CSV" }
    : { line, content: cells };
}

/** Whether a quote is open after this line. A quote opens only at the start of a cell; elsewhere it stands for itself. */
function scanQuotes(
  line: string,
  openBefore: boolean,
  delimiter: string,
): "open" | "closed" | "broken" {
  let open = openBefore;
  let quote = line.indexOf('"');
  while (quote >= 0) {
    const next = line[quote + 1];
    let resume = quote + 1;
    if (!open) open = quote === 0 || line[quote - 1] === delimiter;
    else if (next === '"') resume += 1;
    else if (next === undefined || next === delimiter) open = false;
    else return "broken";
    quote = line.indexOf('"', resume);
  }
  return open ? "open" : "closed";
}
