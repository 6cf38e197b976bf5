/**
 * Cuts bytes into lines, whatever the chunks they arrive in. Promises: lines carry their 1-based number, without CR, LF or byte
 * order mark; a line that is too long or not UTF-8 becomes a problem; no more than one line of `maxBytes` is held.
 */
import { isUtf8 } from "node:buffer";
import type { Row } from "./importer.ts";

const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = "\ufeff";

export class LineCutter {
  #number = 1;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end within this chunk. */
  push(chunk: Uint8Array): readonly Row<string>[] {
    const lines: Row<string>[] = [];
    let start = 0;
    for (
      let end = chunk.indexOf(LF);
      end >= 0;
      end = chunk.indexOf(LF, start)
    ) {
      this.#hold(chunk.subarray(start, end));
      lines.push(this.#cut());
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
    return lines;
  }

  /** The last line, when no line feed ended it. */
  end(): readonly Row<string>[] {
    return this.#heldBytes === 0 ? [] : [this.#cut()];
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= this.#maxBytes) this.#held.push(bytes);
    else this.#held = [];
  }

  #cut(): Row<string> {
    const line = this.#number++;
    const [only] = this.#held;
    const bytes =
      this.#held.length === 1 && only !== undefined
        ? only
        : Buffer.concat(this.#held);
    const tooLong = this.#heldBytes > this.#maxBytes;
    this.#held = [];
    this.#heldBytes = 0;
    if (tooLong)
      return {
        line,
        problem: `the line is longer than ${this.#maxBytes} bytes`,
      };
    if (!isUtf8(bytes)) return { line, problem: "the line is not UTF-8 text" };
    return { line, content: decode(bytes, line === 1) };
  }
}

function decode(bytes: Uint8Array, first: boolean): string {
  const end = bytes.at(-1) === CR ? bytes.length - 1 : bytes.length;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, end).toString(
    "utf8",
  );
  return first && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
