/**
 * The bytes of a file as it arrives: counted, bounded, and unpacked where they are gzip, which their first bytes tell.
 * Promises: at most one chunk is held at a time; every way in which a source can end early is an ImportRefused.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ImportRefused } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import { refuse } from "./importer.ts";

type Chunks = AsyncGenerator<Uint8Array, void, undefined>;

/** How many bytes of the source have been read, before unpacking. */
export interface Meter {
  bytes: number;
}

/** A file that is text, with its first bytes read ahead. */
export interface TextFile {
  readonly head: Uint8Array;
  /** The whole file, head included. To be read once. */
  readonly chunks: Chunks;
  /** Lets the source go, read to its end or not. */
  readonly close: () => Promise<unknown>;
}

const COMPLETE = "a complete file in UTF-8, or gzip of one";
const HEAD_BYTES = 64;
const GZIP = [0x1f, 0x8b];
const NOT_TEXT: readonly (readonly [
  magic: readonly number[],
  problem: string,
])[] = [
  [
    [0x50, 0x4b, 0x03, 0x04],
    "This is a ZIP archive or a spreadsheet, not text: unpack it, or save it as CSV",
  ],
  [[0xff, 0xfe], "The text is UTF-16: save it as UTF-8"],
  [[0xfe, 0xff], "The text is UTF-16: save it as UTF-8"],
];

/**
 * Opens a source as text. Rejects with ImportRefused when it is not text; reading `chunks` throws ImportRefused when the source is
 * larger than limits.importBytesMax (unpacked: limits.importExpandedBytesMax), is damaged, or breaks off.
 */
export async function openText(
  source: AsyncIterable<Uint8Array>,
  meter: Meter,
): Promise<TextFile> {
  const raw = await readAhead(
    bounded(
      settled(source),
      limits.importBytesMax,
      (bytes) => (meter.bytes = bytes),
    ),
  );
  const text = startsWith(raw.head, GZIP)
    ? await readAhead(
        bounded(
          gunzip(raw.chunks),
          limits.importExpandedBytesMax,
          () => undefined,
        ),
      )
    : raw;
  const wrong = NOT_TEXT.find(([magic]) => startsWith(text.head, magic));
  if (wrong === undefined) return text;
  await text.close();
  throw refuse(wrong[1], COMPLETE);
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte);
}

async function readAhead(chunks: Chunks): Promise<TextFile> {
  let read = Buffer.alloc(0);
  while (read.length < HEAD_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    read = Buffer.concat([read, next.value]);
  }
  // Exactly so many bytes, however they arrived: what is decided by them must not depend on the chunks.
  return {
    head: read.subarray(0, HEAD_BYTES),
    chunks: startingWith(read, chunks),
    close: () => chunks.return(),
  };
}

async function* startingWith(read: Uint8Array, rest: Chunks): Chunks {
  try {
    yield read;
    yield* rest;
  } finally {
    await rest.return();
  }
}

async function* bounded(
  source: Chunks,
  maxBytes: number,
  note: (bytes: number) => void,
): Chunks {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.byteLength;
    note(bytes);
    if (bytes > maxBytes)
      throw refuse(
        `The file is larger than ${maxBytes} bytes`,
        "a smaller file; it can be imported in parts",
      );
    yield chunk;
  }
}

async function* settled(source: AsyncIterable<Uint8Array>): Chunks {
  try {
    yield* source;
  } catch {
    throw refuse("The file broke off before its end", COMPLETE);
  }
}

async function* gunzip(packed: Chunks): Chunks {
  const unpacked = createGunzip();
  // Its error reaches the loop below through `unpacked` as well; here it only must not go unhandled.
  const piped = pipeline(Readable.from(packed), unpacked).catch(
    () => undefined,
  );
  try {
    for await (const chunk of unpacked) yield chunk;
  } catch (cause) {
    throw cause instanceof ImportRefused
      ? cause
      : refuse("The gzip data is damaged or cut off", COMPLETE);
  } finally {
    unpacked.destroy();
    await piped;
  }
}
