/** From bytes to a frame, for any bytes: it never throws, and what comes out is the contract's own fields and nothing else. */
import { fc, test } from "@fast-check/vitest";
import { Result, Schema } from "effect";
import { describe, expect } from "vitest";
import { decodeFrame } from "../../src/domain/frames.ts";
import { limits } from "../../src/domain/limits.ts";
import type { UserId } from "../../src/domain/model.ts";
import { clientFrames } from "../../src/domain/protocol.ts";
import type { ClientFrameType } from "../../src/domain/protocol.ts";

const USER = "alice" as UserId;

function decode(value: unknown, bytes?: number) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return decodeFrame(text, bytes ?? Buffer.byteLength(text), USER);
}

/** The tag of the failure, or the frame. */
const outcome = (value: unknown, bytes?: number) =>
  Result.match(decode(value, bytes).frame, {
    onSuccess: (it): unknown => it,
    onFailure: (it) => it._tag,
  });

const TYPES = Object.keys(clientFrames) as ClientFrameType[];

describe("any input", () => {
  test.prop([fc.string({ unit: "binary" })])(
    "any text has an outcome",
    (text) => {
      expect(decode(text)).toHaveProperty("frame");
    },
  );

  test.prop([fc.json({ maxDepth: 6 })])("any JSON has an outcome", (text) => {
    expect(decode(text)).toHaveProperty("frame");
  });

  test.prop([
    fc.constantFrom(...TYPES),
    fc.dictionary(
      fc.constantFrom(
        "text",
        "message_id",
        "thread_id",
        "run_id",
        "seq",
        "after_seq",
        "token",
        "id",
        "user_id",
        "__proto__",
        "payload",
        "x",
      ),
      fc.oneof(fc.jsonValue(), fc.constant("alice"), fc.nat()),
    ),
  ])(
    "a frame that passes holds fields of its schema only, and fits it",
    (type, fields) => {
      const result = decode(JSON.stringify({ ...fields, type }));
      if (Result.isFailure(result.frame)) return;
      const frame = result.frame.success;
      const schema: Schema.Codec<unknown> = clientFrames[type];
      const strict = Schema.decodeUnknownResult(schema, {
        onExcessProperty: "error",
      })(frame);
      expect(Result.isSuccess(strict)).toBe(true);
      expect(Object.getPrototypeOf(frame)).toBe(Object.prototype);
      const texts = Object.values(frame).filter((it) => typeof it === "string");
      expect(
        texts.every((it) => it.isWellFormed() && !it.includes("\u0000")),
      ).toBe(true);
      if ("user_id" in frame) expect(frame.user_id).toBe(USER);
    },
  );

  test.prop([
    fc.jsonValue(),
    fc.integer({ min: limits.messageBytes, max: limits.tokenRefreshBytes }),
  ])(
    "whatever is too large is told so before anything else, unless it is a token_refresh",
    (value, bytes) => {
      expect(outcome(value, bytes)).toBe("MessageTooLarge");
      expect(
        outcome({ type: "token_refresh", token: "t" }, bytes),
      ).toMatchObject({ type: "token_refresh" });
      expect(
        outcome(
          { type: "token_refresh", token: "t" },
          bytes + limits.tokenRefreshBytes,
        ),
      ).toBe("MessageTooLarge");
    },
  );
});

describe("boundaries", () => {
  test("8,191 bytes pass and 8,192 do not; a token_refresh passes up to 16,384", () => {
    const ping = { type: "ping" };
    expect(outcome(ping, 8_191)).toEqual(ping);
    expect(outcome(ping, 8_192)).toBe("MessageTooLarge");
    const refresh = { type: "token_refresh", token: "t" };
    expect(outcome(refresh, 16_384)).toEqual(refresh);
    expect(outcome(refresh, 16_385)).toBe("MessageTooLarge");
  });

  test("a token_refresh that is broken is told so even where it is long", () => {
    expect(outcome({ type: "token_refresh" }, 9_000)).toBe("InvalidMessage");
    expect(outcome('{"type":"token_refresh"', 9_000)).toBe("MessageTooLarge");
  });
});

describe("order of the checks", () => {
  test.each<[string, unknown, string]>([
    ["JSON before shape", "[", "InvalidJson"],
    ["shape before type", [], "InvalidMessage"],
    ["type before fields", { type: "x", text: 7 }, "UnknownMessageType"],
    [
      "fields before user",
      { type: "user_message", text: "", user_id: "bob" },
      "InvalidMessage",
    ],
    [
      "user last",
      { type: "user_message", text: "x", user_id: "bob" },
      "UserMismatch",
    ],
  ])("%s", (_, value, expected) => {
    expect(outcome(value)).toBe(expected);
  });
});

describe("dialects", () => {
  test.each<[string, unknown, unknown]>([
    [
      "content",
      { type: "chat", content: "a" },
      { type: "user_message", text: "a" },
    ],
    [
      "payload",
      { type: "ping", payload: { id: "p" } },
      { type: "ping", id: "p" },
    ],
    [
      "payload that is a list",
      { type: "ping", payload: ["id"] },
      { type: "ping" },
    ],
    ["a type under payload", { payload: { type: "ping" } }, { type: "ping" }],
    [
      "JSON-RPC",
      { jsonrpc: "2.0", method: "stop_agent", params: { run_id: "r" } },
      { type: "stop_run", run_id: "r" },
    ],
    [
      "JSON-RPC without params",
      { jsonrpc: "2.0", id: 1, method: "ping" },
      { type: "ping" },
    ],
    [
      "JSON-RPC of another version",
      { jsonrpc: "1.0", method: "ping" },
      "InvalidMessage",
    ],
  ])("%s", (_, value, expected) => {
    expect(outcome(value)).toEqual(expected);
  });

  test("the id of a call is kept, for failures too; without one the answer is plain", () => {
    const call = { jsonrpc: "2.0", method: "nonsense" };
    expect(decode({ ...call, id: "a" }).envelope).toEqual({ rpcId: "a" });
    expect(decode({ ...call, id: 0 }).envelope).toEqual({ rpcId: 0 });
    for (const id of [null, undefined, {}, true])
      expect(decode({ ...call, id }).envelope).toEqual({ rpcId: null });
    expect(decode({ jsonrpc: "2.0", id: 3 }).envelope).toEqual({ rpcId: 3 });
  });
});
