/**
 * Bytes that no client should send, on a cluster with other people on it (§5, §6): frames cut at every byte, and a fuzzer that mutates a valid
 * conversation and its handshake. Whatever comes, no defect is answered, every node stays healthy and nobody else is disturbed.
 */
import fc from "fast-check";
import { setImmediate, setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../src/domain/model.ts";
import { Nodes } from "../support/nodes.ts";
import type { NodeProcess } from "../support/nodes.ts";
import {
  Opcode,
  RawClient,
  rawConnection,
  rawFrame,
  upgradeRequest,
} from "../support/raw.ts";
import { frameProblem } from "../support/wireSchema.ts";
import { Bystanders } from "./bystanders.ts";
import { attack, bytesOf } from "./mutations.ts";
import type { Attack } from "./mutations.ts";
import { amount, draw, SEED, seeded } from "./seed.ts";
import { together, until } from "./until.ts";

let nodes: Nodes;
beforeAll(async () => {
  nodes = await Nodes.start(2);
});
afterEach(() => nodes.hangUp());
afterAll(() => nodes.stop());

const ATTACKS = amount(200, 1_000);
/** An attack waits for quiet, QUIET_MS at least: so many wait together. */
const AT_ONCE = 25;
/** How long nothing must come before an attack counts as answered. */
const QUIET_MS = 150;
const ANSWERED_MS_MAX = 10_000;
/** A handshake that is never whole is given up on after handshakeHeadersTimeoutMs. */
const ENDED_MS_MAX = 30_000;

/** Close codes that a client's bytes may earn; 1011 is none of them. */
const EARNED = [1000, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 4401];

/** Waits until the client was closed, or nothing more comes. */
async function answered(client: RawClient): Promise<void> {
  let seen = -1;
  let sinceMs = performance.now();
  await until("an answer to come to its end", ANSWERED_MS_MAX, () => {
    const now = client.socket.bytesRead;
    if (now !== seen) sinceMs = performance.now();
    seen = now;
    return client.socket.destroyed || performance.now() - sinceMs > QUIET_MS;
  });
}

/** What of the answers is not as the contract has it. */
function offContract(client: RawClient): string[] {
  const texts = client.texts() as unknown as JsonObject[];
  const codes = client
    .frames()
    .filter((it) => it.opcode === Opcode.close && it.payload.length >= 2)
    .map((it) => it.payload.readUInt16BE(0));
  return [
    ...texts.map(frameProblem).filter((it) => it !== null),
    ...texts
      .filter((it) => JSON.stringify(it).includes('"code":"internal"'))
      .map((it) => `a defect: ${JSON.stringify(it)}`),
    ...codes
      .filter((it) => !EARNED.includes(it))
      .map((it) => `closed with ${it}`),
  ];
}

async function write(client: RawClient, pieces: readonly Buffer[]) {
  for (const piece of pieces) {
    client.write(piece);
    await setImmediate();
  }
}

async function carryOut(
  node: NodeProcess,
  user: string,
  thread: string,
  it: Attack,
): Promise<string[]> {
  const client = await rawConnection(node, user);
  await write(client, bytesOf(it, thread));
  if (it.leaving === "end") client.socket.end();
  await answered(client);
  const problems = offContract(client);
  client.socket.destroy();
  return problems;
}

test(
  seeded(`§5 §6 I1–I5 ${ATTACKS} mutated conversations harm nobody`),
  async () => {
    const bystanders = await Bystanders.start(nodes);
    const user = `fuzzer-${crypto.randomUUID()}`;
    const own = await nodes.at(0).connect(user);
    const { thread_id } = (await own.ask("alpha noop!")).ack;
    const attacks = draw("attacks", attack, ATTACKS);
    for (let from = 0; from < ATTACKS; from += AT_ONCE) {
      const batch = attacks
        .slice(from, from + AT_ONCE)
        .map((it, index) => carryOut(nodes.at(index), user, thread_id, it));
      const problems = (await together(batch)).flat();
      expect(problems, `attacks from ${from} of seed ${SEED}`).toEqual([]);
    }
    await bystanders.finish();
    await own.settle();
    own.terminate();
  },
  180_000,
);

/** Bytes that are put in a request's place, or taken out of it. */
const change = fc.record({
  at: fc.nat({ max: 400 }),
  bytes: fc.uint8Array({ maxLength: 4 }),
  drop: fc.nat({ max: 3 }),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const changed = (request: Buffer, { at, bytes, drop }: Change): Buffer =>
  Buffer.concat([request.subarray(0, at), bytes, request.subarray(at + drop)]);

test(
  seeded("§1 mutated handshakes are refused or upgraded, never a defect"),
  async () => {
    const bystanders = await Bystanders.start(nodes);
    const token = await nodes.at(0).token("shaker");
    const request = Buffer.from(
      upgradeRequest("/ws?thread_id=t&ticket=x", {
        Authorization: `Bearer ${token}`,
        Origin: nodes.at(0).url,
        Host: nodes.at(0).url.slice("http://".length),
        "Sec-WebSocket-Protocol": "goldenpath.v1, jwt.eyJ",
        "Sec-WebSocket-Extensions": "permessage-deflate",
      }),
    );
    const shake = async (changes: readonly Change[]) => {
      const client = RawClient.open(nodes.at(0).url);
      client.write(changes.reduce(changed, request));
      client.socket.end();
      await until("its end", ENDED_MS_MAX, () => client.socket.destroyed);
    };
    const count = amount(300, 3_000);
    const all = draw("handshakes", fc.array(change, { maxLength: 3 }), count);
    for (let from = 0; from < count; from += AT_ONCE)
      await together(all.slice(from, from + AT_ONCE).map(shake));
    await bystanders.finish();
  },
  180_000,
);

test("§1 §5 a conversation that comes byte by byte is the same conversation", async () => {
  const leave = (thread_id: string) => ({ type: "leave_thread", thread_id });
  const sayings = [leave("a"), leave("é😀".repeat(40)), leave("b")];
  const bytes = Buffer.concat(
    sayings.map((it) => rawFrame(Opcode.text, JSON.stringify(it))),
  );
  const client = await rawConnection(nodes.at(1), "splitter");
  client.socket.setNoDelay(true);
  for (const byte of bytes) {
    client.write(Buffer.from([byte]));
    await setImmediate();
  }
  const [, ...answers] = await client.someTexts(4);
  expect(answers).toMatchObject([
    { type: "left", thread_id: "a" },
    { type: "error", code: "invalid_message", path: "thread_id" },
    { type: "left", thread_id: "b" },
  ]);
  client.socket.destroy();
});

test("§5 a frame cut in two at any of its bytes is one frame", async () => {
  const bytes = rawFrame(
    Opcode.text,
    JSON.stringify({ type: "leave_thread", thread_id: "é".repeat(60) }),
  );
  const client = await rawConnection(nodes.at(0), "cutter");
  client.socket.setNoDelay(true);
  for (let at = 1; at < bytes.length; at += 1) {
    client.write(bytes.subarray(0, at));
    await setTimeout(1);
    client.write(bytes.subarray(at));
  }
  const texts = await client.someTexts(bytes.length);
  expect(texts.slice(1).map((it) => it.type)).toEqual(
    Array.from({ length: bytes.length - 1 }, () => "left"),
  );
  client.socket.destroy();
});

test("§1 a compressed frame closes with 1002: compression was never agreed on", async () => {
  const client = RawClient.open(nodes.at(0).url);
  client.write(
    upgradeRequest("/ws", {
      Authorization: `Bearer ${await nodes.at(0).token("deflater")}`,
      "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    }),
  );
  const { headers } = await client.head();
  expect(headers.get("sec-websocket-extensions")).toBeNull();
  await client.someTexts(1);
  const frame = rawFrame(Opcode.text, "compressed?");
  frame[0]! |= 0x40;
  client.write(frame);
  expect(await client.closeCode()).toBe(1002);
  client.socket.destroy();
});
