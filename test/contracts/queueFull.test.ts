/** The queue's bound over every backend: full, a submission is refused by name and stores nothing; a repeat is still recognised. */
import { Effect } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type { MessageId, UserId } from "../../src/domain/model.ts";
import { Store } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { submission, submit } from "../support/filled.ts";
import { emptyQueue, fillQueue } from "../support/queue.ts";

const SEEN = { timeout: 20 * limits.queueLookIntervalMs };

describe.each(backends)("a full queue on $name", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const outcome = async (user: string, message_id?: MessageId) => {
    const given = submission(message_id === undefined ? {} : { message_id });
    const result = await backend.run(
      Store.use((it) => Effect.result(it.submit(user as UserId, given))),
    );
    return result._tag === "Failure"
      ? result.failure._tag
      : result.success.status;
  };

  test("refuses what is new, recognises what is there, and takes more once there is room", async () => {
    const first = await submit(backend, "early");
    await fillQueue(backend.pool, limits.queuedRunsMax);
    const late = crypto.randomUUID() as MessageId;
    await expect
      .poll(() => outcome(crypto.randomUUID()), SEEN)
      .toBe("QueueFull");
    expect(await outcome("late", late)).toBe("QueueFull");
    expect(await outcome("early", first.message_id)).toBe("duplicate");
    await emptyQueue(backend.pool);
    await expect.poll(() => outcome("late", late), SEEN).toBe("accepted");
  });
});
