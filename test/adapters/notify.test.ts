/** What fits into a notification of PostgreSQL: everything but long events, and those go without. */
import { expect, test } from "vitest";
import { payloadOf } from "../../src/adapters/notify.ts";
import { limits } from "../../src/domain/limits.ts";
import type {
  RunId,
  Thread,
  ThreadId,
  UserId,
} from "../../src/domain/model.ts";
import { topics } from "../../src/domain/ports.ts";

test("the longest of all other messages fits into a notification", () => {
  const thread = {
    thread_id: crypto.randomUUID() as ThreadId,
    title: "\u0001".repeat(limits.titleCharactersMax),
    created_at: new Date().toISOString(),
    updated_at: new Date().toISOString(),
    last_seq: Number.MAX_SAFE_INTEGER,
    active_run: {
      run_id: crypto.randomUUID() as RunId,
      status: "awaiting_approval",
      started_at: new Date().toISOString(),
    },
  } as Thread;
  const user = "\u0001".repeat(limits.subjectCharactersMax) as UserId;
  const payload = payloadOf({
    from: crypto.randomUUID(),
    topic: topics.user(user),
    message: { kind: "thread", thread },
  });
  expect(Buffer.byteLength(payload)).toBeLessThan(
    limits.notifyPayloadBytesMax / 2,
  );
});
