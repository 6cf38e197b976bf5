/**
 * Cuts lines into JSON documents: one a line when the first line is a document of its own, else one for the whole file.
 * Promises: a whole file is held up to `maxCharacters`; in JSON Lines a broken line is a problem and the others are read.
 */
import { refuse } from "./importer.ts";
import type { Row } from "./importer.ts";
import { isProblem } from "./importer.ts";

export class JsonCutter {
  #mode: "unknown" | "lines" | "whole" = "unknown";
  #whole: string[] = [];
  #characters = 0;
  readonly #maxCharacters: number;

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters;
  }

  /** The documents that end with this line. Throws ImportRefused when a whole file grows too long. */
  push(row: Row<string>): readonly Row<unknown>[] {
    if (isProblem(row)) return [row];
    if (row.content.trim() === "") return [];
    if (this.#mode !== "whole") {
      const parsed = parse(row.content);
      if (parsed !== undefined) this.#mode = "lines";
      if (this.#mode === "lines") {
        return [
          parsed === undefined
            ? { line: row.line, problem: "the line is not JSON" }
            : { line: row.line, content: parsed.value },
        ];
      }
    }
    this.#mode = "whole";
    this.#characters += row.content.length;
    if (this.#characters > this.#maxCharacters)
      throw refuse(
        `The JSON document is longer than ${this.#maxCharacters} characters`,
        "JSON Lines",
      );
    this.#whole.push(row.content);
    return [];
  }

  /** The document that is the whole file. Throws ImportRefused when it is not JSON. */
  end(): readonly Row<unknown>[] {
    if (this.#mode !== "whole") return [];
    const parsed = parse(this.#whole.join("\n"));
    if (parsed === undefined)
      throw refuse(
        "The file starts like JSON but is not JSON, or is cut off",
        "a complete JSON document or JSON Lines",
      );
    return [{ line: 1, content: parsed.value }];
  }
}

/** Wrapped, since null is a document too; undefined when the text is not JSON. */
function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
