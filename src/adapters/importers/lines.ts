/**
 * Cuts bytes into lines, whatever the chunks they arrive in. Promises: lines carry their 1-based number, without CR, LF or byte
 * order mark; a line that is too long or not UTF-8 becomes a problem; no more than one line of `maxBytes` is held, and a chunk while it is cut.
 */
import { isUtf8 } from "node:buffer";
import type { Row } from "./importer.ts";

const LF = 0x0a;
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
    const end = chunk.lastIndexOf(LF);
    if (end < 0) {
      this.#hold(chunk);
      return [];
    }
    return this.#pushWhole(chunk, end) ?? this.#pushSingly(chunk);
  }

  /** All lines up to `end` decoded at once, which is many times faster; null when one of them may be too long or not UTF-8. */
  #pushWhole(chunk: Uint8Array, end: number): readonly Row<string>[] | null {
    if (this.#heldBytes + end > this.#maxBytes) return null;
    const bytes = Buffer.concat([...this.#held, chunk.subarray(0, end)]);
    if (!isUtf8(bytes)) return null;
    this.#held = [];
    this.#heldBytes = 0;
    this.#hold(chunk.subarray(end + 1));
    return bytes
      .toString("utf8")
      .split("\n")
      .map((text) => {
        const line = this.#number++;
        return { line, content: withoutMarks(text, line === 1) };
      });
  }

  #pushSingly(chunk: Uint8Array): readonly Row<string>[] {
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
    const text = Buffer.from(
      bytes.buffer,
      bytes.byteOffset,
      bytes.length,
    ).toString("utf8");
    return { line, content: withoutMarks(text, line === 1) };
  }
}

function withoutMarks(text: string, first: boolean): string {
  const start = first && text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
  const end = text.endsWith("\r") ? -1 : undefined;
  return start === 0 && end === undefined ? text : text.slice(start, end);
}
