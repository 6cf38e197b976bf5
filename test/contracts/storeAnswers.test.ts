/** The Store port, a run with its answer: question, answer and calls of that run alone, and of nobody else's. */
import { Effect, Result } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MessageId, RunId, UserId } from "../../src/domain/model.ts";
import { Store } from "../../src/domain/ports.ts";
import type { Claim } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { appendTo, claim, submit } from "../support/filled.ts";

describe.each(backends)("Store on $name: answers", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const newUser = () => crypto.randomUUID() as UserId;
  const working = async (user: UserId, more = {}): Promise<Claim> => {
    const { run_id } = await submit(backend, user, more);
    return (await claim(backend, user, run_id))!;
  };
  const call = (tool_call_id: string, success = true) => ({
    tool_call_id,
    tool_name: "noop",
    parameters: {},
    success,
    summary: `Found ${tool_call_id}.`,
    result: { a: 1 },
    error: null,
  });
  const find = (user: UserId, run: RunId) =>
    backend.run(
      Store.use((store) => Effect.result(store.findAnswer(user, run))),
    );

  test("a run's question, its answer and its calls, of the thread's other runs none", async () => {
    const user = newUser();
    const first = await working(user, { text: "The first question" });
    const answer = {
      message_id: crypto.randomUUID() as MessageId,
      content: "# é💶",
      report: { kind: "any" },
      partial: false,
    };
    const last = appendTo(first, { calls: [call("c1"), call("c2", false)] });
    await backend.run(
      Store.use((store) =>
        store.end(last, { status: "completed", error: null, answer }),
      ),
    );
    const second = await working(user, {
      text: "The second",
      thread_id: first.thread_id,
    });
    expect(await find(user, first.run_id)).toMatchObject({
      success: {
        run: { run_id: first.run_id, status: "completed" },
        question: "The first question",
        answer: { content: answer.content, report: answer.report },
        calls: [
          { tool_call_id: "c1", tool_name: "noop", summary: "Found c1." },
          { tool_call_id: "c2", tool_name: "noop", summary: "Found c2." },
        ],
      },
    });
    expect(await find(user, second.run_id)).toMatchObject({
      success: { question: "The second", answer: null, calls: [] },
    });
  });

  test("I5 another user's run, one that never was and no UUID are all not found", async () => {
    const it = await working(newUser());
    const tags = await Promise.all(
      [it.run_id, crypto.randomUUID(), "no-uuid"].map(async (id) => {
        const found = await find(newUser(), id as RunId);
        return Result.isFailure(found) ? found.failure._tag : "found";
      }),
    );
    expect(tags).toEqual(["RunNotFound", "RunNotFound", "RunNotFound"]);
  });
});
