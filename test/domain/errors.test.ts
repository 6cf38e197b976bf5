/** docs/PROTOCOL.md sections 3 and 5: what a client may read of a failure, and whether trying again helps. */
import { Schema } from "effect";
import { describe, expect, test } from "vitest";
import * as errors from "../../src/domain/errors.ts";
import type { FrameFailure } from "../../src/domain/errors.ts";
import { connectionFrames } from "../../src/domain/protocol.ts";

const secret = new Error("select * from users -- at /srv/app/db.js:7 hunter2");

const FAILURES: [string, boolean, FrameFailure][] = [
  ["unauthorized", false, new errors.Unauthorized({ reason: "token_invalid" })],
  [
    "unauthorized",
    true,
    new errors.Unauthorized({ reason: "keys_unavailable" }),
  ],
  ["too_many_connections", false, new errors.TooManyConnections({ limit: 10 })],
  [
    "message_too_large",
    false,
    new errors.MessageTooLarge({ limitBytes: 8_192 }),
  ],
  ["invalid_json", false, new errors.InvalidJson()],
  [
    "invalid_message",
    false,
    new errors.InvalidMessage({ problem: "text is missing", path: "text" }),
  ],
  [
    "invalid_message",
    false,
    new errors.InvalidMessage({ problem: "not an object" }),
  ],
  [
    "unknown_message_type",
    false,
    new errors.UnknownMessageType({ type: "<script>hunter2" }),
  ],
  ["user_mismatch", false, new errors.UserMismatch()],
  ["rate_limited", true, new errors.RateLimited({ retryAfterMs: 250 })],
  ["draining", true, new errors.Draining({ retryAfterMs: 1_000 })],
  [
    "service_unavailable",
    true,
    new errors.ServiceUnavailable({ service: "database", cause: secret }),
  ],
  ["thread_not_found", false, new errors.ThreadNotFound()],
  ["run_not_found", false, new errors.RunNotFound()],
  ["busy", false, new errors.Busy()],
  ["too_many_runs", false, new errors.TooManyRuns({ limit: 20 })],
];

describe("describe", () => {
  test.each(FAILURES)(
    "§3 %s (retryable: %s) is a frame of the contract, in words for a person",
    (code, retryable, failure) => {
      const it = errors.describe(failure);
      expect(it).toMatchObject({ code, retryable });
      const decode = Schema.decodeUnknownSync(connectionFrames.error, {
        onExcessProperty: "error",
      });
      expect(() => decode({ type: "error", ...it })).not.toThrow();
      expect(it.message).toMatch(/^[A-Z].*\.$/);
      expect(JSON.stringify(it)).not.toMatch(
        /hunter2|select |\/srv|undefined|\[object/,
      );
    },
  );

  test("§5 a retryable failure of load says when to try again", () => {
    for (const [, , failure] of FAILURES) {
      const it = errors.describe(failure);
      const waits = it.retryable && it.code !== "unauthorized";
      expect(it.retry_after_ms !== undefined).toBe(waits);
    }
    expect(
      errors.describe(new errors.RateLimited({ retryAfterMs: 250 }))
        .retry_after_ms,
    ).toBe(250);
  });

  test("§5 invalid_message has a path where there is one, and only there", () => {
    expect(
      errors.describe(new errors.InvalidMessage({ problem: "p", path: "text" }))
        .path,
    ).toBe("text");
    expect(
      errors.describe(new errors.InvalidMessage({ problem: "p" })),
    ).not.toHaveProperty("path");
  });
});
