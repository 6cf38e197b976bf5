/**
 * A conversation as bytes, and what a hostile or broken client makes of it: the arbitraries of the byte-level fuzzer. Pure. Promises: the
 * same draw makes the same bytes, but for the masks.
 */
import fc from "fast-check";
import { Opcode, rawFrame } from "../support/raw.ts";

/** What a well-made client says; `$` stands for the user's own thread. */
const SAYINGS = [
  { type: "user_message", text: "alpha noop!", message_id: "m" },
  { type: "user_message", text: "beta echo(x)", thread_id: "$" },
  { type: "chat", content: "alpha noop!" },
  { type: "join_thread", thread_id: "$", after_seq: 1 },
  { type: "ack_events", thread_id: "$", seq: 2 },
  { type: "leave_thread", thread_id: "$" },
  { type: "stop_run", run_id: "$" },
  { type: "ping", id: 7 },
  { type: "token_refresh", token: "a.b.c" },
  { jsonrpc: "2.0", id: 1, method: "ping", params: {} },
  { type: "user_input", payload: { text: "gamma noop!" } },
];

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

/** Strings that no database takes, in a frame that is as it should be otherwise. */
const UNSTORABLE = ['"a\\u0000b"', '"\\ud800"', '"a\\udc00\\ud800b"'];

/** What may stand in a text where a value did. */
const VALUES = [
  ...UNSTORABLE,
  "null",
  "true",
  "-1",
  "1e999",
  "9007199254740993",
  '""',
  "{}",
  '"__proto__"',
  '{"__proto__":{"type":"ping"}}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '{"toString":1,"valueOf":null}',
  nested(3_000),
  '{"a":'.repeat(900) + "1" + "}".repeat(900),
  JSON.stringify("x".repeat(8_192)),
  JSON.stringify("é".repeat(3_000)),
  "\u0000",
  '"',
];

const textMutation = fc.oneof(
  fc.record({ kind: fc.constant("none" as const) }),
  fc.record({
    kind: fc.constant("value" as const),
    at: fc.integer({ min: 1, max: 2 }),
    value: fc.constantFrom(...UNSTORABLE),
  }),
  fc.record({
    kind: fc.constant("value" as const),
    at: fc.nat({ max: 5 }),
    value: fc.constantFrom(...VALUES),
  }),
  fc.record({
    kind: fc.constant("field" as const),
    name: fc.constantFrom(
      "__proto__",
      "constructor",
      "user_id",
      "payload",
      "type",
      "jsonrpc",
      "method",
    ),
    value: fc.constantFrom(...VALUES),
  }),
  fc.record({
    kind: fc.constant("cut" as const),
    at: fc.nat({ max: 80 }),
  }),
  fc.record({
    kind: fc.constant("insert" as const),
    at: fc.nat({ max: 80 }),
    text: fc.string({ unit: "binary", maxLength: 6 }),
  }),
);

/** How a frame is put on the wire; most are as they should be. */
const framing = fc.record({
  opcode: fc.oneof(
    { weight: 8, arbitrary: fc.constant<number>(Opcode.text) },
    { weight: 1, arbitrary: fc.nat({ max: 15 }) },
  ),
  masked: fc.boolean(),
  fin: fc.boolean(),
  reserved: fc.oneof(
    { weight: 9, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(0x10, 0x20, 0x40) },
  ),
});

const whole = fc.constant({
  opcode: Opcode.text as number,
  masked: true,
  fin: true,
  reserved: 0,
});

const byteMutation = fc.oneof(
  fc.record({
    kind: fc.constant("flip" as const),
    at: fc.nat(),
    bit: fc.nat({ max: 7 }),
  }),
  fc.record({
    kind: fc.constant("delete" as const),
    at: fc.nat(),
    count: fc.integer({ min: 1, max: 8 }),
  }),
  fc.record({
    kind: fc.constant("insert" as const),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  }),
  fc.record({
    kind: fc.constant("repeat" as const),
    at: fc.nat(),
    count: fc.integer({ min: 1, max: 64 }),
  }),
  fc.record({ kind: fc.constant("end" as const), at: fc.nat() }),
);

type ByteMutation =
  typeof byteMutation extends fc.Arbitrary<infer T> ? T : never;

const attackOf = (how: typeof framing, bytes: fc.Arbitrary<ByteMutation[]>) =>
  fc.record({
    frames: fc.array(
      fc.record({
        saying: fc.constantFrom(...SAYINGS),
        text: textMutation,
        framing: how,
      }),
      { minLength: 1, maxLength: 8 },
    ),
    bytes,
    /** Where the bytes are cut into writes. */
    cuts: fc.array(fc.nat(), { maxLength: 6 }),
    /** How the client goes. */
    leaving: fc.constantFrom("end", "destroy", "stay"),
  });

/** Half of them say wrong things well: what is wrong as bytes ends a conversation before the rest of it is heard. */
export const attack = fc.oneof(
  attackOf(whole, fc.constant([])),
  attackOf(
    fc.oneof({ weight: 4, arbitrary: whole }, framing),
    fc.array(byteMutation, { maxLength: 3 }),
  ),
);
export type Attack = typeof attack extends fc.Arbitrary<infer T> ? T : never;
type TextMutation = Attack["frames"][number]["text"];

function mutateText(text: string, it: TextMutation): string {
  switch (it.kind) {
    case "none":
      return text;
    case "value": {
      let place = -1;
      return text.replace(/:("[^"]*"|\d+)/g, (found) => {
        place += 1;
        return place === it.at ? `:${it.value}` : found;
      });
    }
    case "field":
      return `{"${it.name}":${it.value},${text.slice(1)}`;
    case "cut":
      return text.slice(0, it.at);
    case "insert":
      return text.slice(0, it.at) + it.text + text.slice(it.at);
  }
}

function mutateBytes(bytes: Buffer, mutation: ByteMutation): Buffer {
  const at = mutation.at % (bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (mutation.kind) {
    case "flip": {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at]! ^= 1 << mutation.bit;
      return flipped;
    }
    case "delete":
      return Buffer.concat([before, after.subarray(mutation.count)]);
    case "insert":
      return Buffer.concat([before, mutation.bytes, after]);
    case "repeat":
      return Buffer.concat([before, after.subarray(0, mutation.count), after]);
    case "end":
      return before;
  }
}

/** The attack's bytes, in the pieces in which they are written. */
export function bytesOf(it: Attack, thread: string): Buffer[] {
  const frames = it.frames.map(({ saying, text, framing: how }) => {
    const said = JSON.stringify(saying).replaceAll("$", () => thread);
    const frame = rawFrame(how.opcode, mutateText(said, text), how);
    frame[0]! |= how.reserved;
    return frame;
  });
  const bytes = it.bytes.reduce(mutateBytes, Buffer.concat(frames));
  const places = it.cuts.map((cut) => cut % (bytes.length + 1));
  const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
}
