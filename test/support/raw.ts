/**
 * A TCP client that speaks HTTP and WebSocket by hand, for what a well-behaved library never sends. Promises: every byte the server sent
 * is read, and waiting ends with what was seen so far instead of hanging.
 */
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { TestServer } from "./server.ts";

const WAIT_MS = 15_000;
const CRLF = "\r\n";

export const Opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

export interface RawFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface RawHead {
  readonly status: number;
  readonly headers: Headers;
}

/** One frame as a client sends it: masked and whole, unless told otherwise. */
export function rawFrame(
  opcode: number,
  payload: string | Uint8Array,
  { fin = true, masked = true } = {},
): Buffer {
  const bytes = Buffer.from(payload as string);
  const long = bytes.length > 125;
  const wide = bytes.length > 0xffff;
  const size = Buffer.alloc(wide ? 8 : long ? 2 : 0);
  if (wide) size.writeBigUInt64BE(BigInt(bytes.length));
  else if (long) size.writeUInt16BE(bytes.length);
  const length = wide ? 127 : long ? 126 : bytes.length;
  const first = Buffer.from([
    (fin ? 0x80 : 0) | opcode,
    (masked ? 0x80 : 0) | length,
  ]);
  if (!masked) return Buffer.concat([first, size, bytes]);
  const mask = randomBytes(4);
  const body = bytes.map((byte, at) => byte ^ mask[at % 4]!);
  return Buffer.concat([first, size, mask, body]);
}

/** The bytes of an upgrade request. */
export function upgradeRequest(
  path: string,
  headers: { readonly [name: string]: string } = {},
): string {
  const all = {
    Host: "127.0.0.1",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`GET ${path} HTTP/1.1`, ...lines, "", ""].join(CRLF);
}

export class RawClient {
  static readonly #open = new Set<RawClient>();
  readonly socket: Socket;
  /** What has come and is not part of the head or of a whole frame. */
  #rest: Buffer = Buffer.alloc(0);
  #head: string | null = null;
  readonly #frames: RawFrame[] = [];
  #over = false;
  #arrived: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      if (this.#head === null) this.#takeHead();
      if (this.#head?.startsWith("HTTP/1.1 101")) this.#takeFrames();
      this.#arrived();
    });
    socket.on("error", () => undefined);
    RawClient.#open.add(this);
    socket.once("close", () => {
      RawClient.#open.delete(this);
      this.#over = true;
      this.#arrived();
    });
  }

  /** With `allowHalfOpen` the client does not close when the server does. */
  static open(url: string, allowHalfOpen = false): RawClient {
    const { hostname, port } = new URL(url);
    return new RawClient(
      connect({ host: hostname, port: Number(port), allowHalfOpen }),
    );
  }

  /** Ends all that are open, so that none outlives the test that opened it. */
  static destroyAll(): void {
    for (const { socket } of RawClient.#open) socket.destroy();
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The head of the answer to the request. */
  async head(): Promise<RawHead> {
    await this.#until(() => this.#head !== null, "the head of an answer");
    const [status = "", ...lines] = this.#head!.split(CRLF);
    const headers = new Headers(
      lines.map((it): [string, string] => {
        const colon = it.indexOf(":");
        return [it.slice(0, colon), it.slice(colon + 1).trim()];
      }),
    );
    return { status: Number(status.split(" ")[1]), headers };
  }

  /** All that came after the head, once the server has closed. */
  async body(): Promise<string> {
    await this.#until(() => this.#over, "the end of the answer");
    return this.#rest.toString("utf8");
  }

  /** The frames that have come, in order. */
  frames(): readonly RawFrame[] {
    return this.#frames;
  }

  /** The texts that have come, parsed. */
  texts(): { readonly type: string; readonly [key: string]: unknown }[] {
    return this.frames()
      .filter((it) => it.opcode === Opcode.text)
      .map((it) => JSON.parse(it.payload.toString("utf8")));
  }

  /** The texts, once there are `count`. */
  async someTexts(count: number) {
    const isText = (it: RawFrame) => it.opcode === Opcode.text;
    const some = () => this.#frames.filter(isText).length >= count;
    await this.#until(some, `${count} texts`);
    return this.texts();
  }

  /** The code the server closed with. */
  async closeCode(): Promise<number> {
    const close = () => this.frames().find((it) => it.opcode === Opcode.close);
    await this.#until(() => close() !== undefined, "a close frame");
    return close()!.payload.readUInt16BE(0);
  }

  #takeHead(): void {
    const end = this.#rest.indexOf(CRLF + CRLF);
    if (end < 0) return;
    this.#head = this.#rest.subarray(0, end).toString("latin1");
    this.#rest = this.#rest.subarray(end + 4);
  }

  #takeFrames(): void {
    for (;;) {
      const next = takeFrame(this.#rest);
      if (next === null) return;
      this.#frames.push(next.frame);
      this.#rest = next.rest;
    }
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    while (!holds()) {
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(
          `waited ${WAIT_MS} ms for ${what}; got ${this.#head ?? "nothing"} and ${this.#frames.length} frames`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#arrived = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** A greeted connection of `user` that does nothing by itself: it answers no ping. */
export async function rawConnection(
  server: Pick<TestServer, "url" | "token">,
  user: string,
): Promise<RawClient> {
  const client = RawClient.open(server.url);
  const token = await server.token(user);
  client.write(upgradeRequest("/ws", { Authorization: `Bearer ${token}` }));
  await client.head();
  await client.someTexts(1);
  return client;
}

/** The first whole frame of some bytes and what follows it; null while there is none. */
function takeFrame(
  bytes: Buffer,
): { readonly frame: RawFrame; readonly rest: Buffer } | null {
  if (bytes.length < 2) return null;
  const short = bytes[1]! & 0x7f;
  const extra = short === 127 ? 8 : short === 126 ? 2 : 0;
  const start = 2 + extra;
  if (bytes.length < start) return null;
  const length =
    extra === 8
      ? Number(bytes.readBigUInt64BE(2))
      : extra === 2
        ? bytes.readUInt16BE(2)
        : short;
  if (bytes.length < start + length) return null;
  return {
    frame: {
      opcode: bytes[0]! & 0x0f,
      payload: bytes.subarray(start, start + length),
    },
    rest: bytes.subarray(start + length),
  };
}
