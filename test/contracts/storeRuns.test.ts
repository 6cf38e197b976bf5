/** The Store port, its runs: claim, append, end and stop, and the fences between owners. */
import { Effect, Result } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MessageId, RunId, UserId } from "../../src/domain/model.ts";
import { Store } from "../../src/domain/ports.ts";
import type { Append, Claim, Ending } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import {
  appendTo,
  claim,
  readLog,
  submit,
  thought,
} from "../support/filled.ts";

const FAILED: Ending = { status: "failed", error: null, answer: null };

describe.each(backends)("Store on $name: runs", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const newUser = () => crypto.randomUUID() as UserId;
  const append = (batch: readonly Append[]) =>
    backend.run(Store.use((it) => it.append(batch)));
  const end = (last: Append, ending: Ending) =>
    backend.run(Store.use((it) => Effect.result(it.end(last, ending))));
  const stop = (user: UserId, run: RunId, words = ["stopped"]) =>
    backend.run(
      Store.use((it) =>
        Effect.result(it.requestStop(user, run, () => words.map(thought))),
      ),
    );
  const thoughts = async (claimed: Claim) =>
    (await readLog(backend, claimed)).map(
      (it) => "thought" in it && it.thought,
    );
  const working = async (user = newUser()): Promise<Claim> => {
    const { run_id } = await submit(backend, user);
    return (await claim(backend, user, run_id))!;
  };

  test("a claim counts attempts, keeps the first start, and brings steps and log back", async () => {
    const first = await working();
    expect(first).toMatchObject({ attempt: 1, spentMs: 0, steps: [], log: [] });
    const step = {
      agent_name: "alpha",
      status: "completed" as const,
      summary: "Done.",
      result: { kept: "é💶\u2028" },
      error: null,
      calls: [],
    };
    const [appended] = await append([
      appendTo(first, { steps: [{ position: 0, step }] }),
    ]);
    const second = await claim(backend, first.user_id, first.run_id);
    expect(second).toMatchObject({
      attempt: 2,
      started_at: first.started_at,
      steps: [step],
      log: appended?.fenced === false ? appended.events : [],
    });
    expect(second!.spentMs).toBeGreaterThan(0);
  });

  test("earlier questions of the thread come with the claim, oldest first", async () => {
    const user = newUser();
    const first = await submit(backend, user, { text: "one" });
    const { thread_id } = first;
    await submit(backend, user, { text: "two", thread_id });
    const third = await submit(backend, user, { text: "three", thread_id });
    const claimed = await claim(backend, user, third.run_id);
    expect(claimed?.earlier).toEqual(["one", "two"]);
  });

  test("nothing is claimed that has ended, is gone or is another user's", async () => {
    const own = await working();
    expect(await claim(backend, newUser(), own.run_id)).toBeNull();
    await end(appendTo(own), FAILED);
    expect(await claim(backend, own.user_id, own.run_id)).toBeNull();
    const gone = crypto.randomUUID() as RunId;
    expect(await claim(backend, own.user_id, gone)).toBeNull();
  });

  test("a batch numbers each thread's events without gaps and answers in the order asked", async () => {
    const runs = await Promise.all(Array.from({ length: 5 }, () => working()));
    const batch = [...runs, ...runs.toReversed()].map((it, index) =>
      appendTo(it, { events: [thought(`${index}a`), thought(`${index}b`)] }),
    );
    const answers = await append(batch);
    answers.forEach((answer, index) => {
      expect(answer).toMatchObject({
        fenced: false,
        stopRequested: false,
        events: batch[index]?.events,
      });
    });
    for (const it of runs)
      expect((await readLog(backend, it)).map((event) => event.seq)).toEqual([
        1, 2, 3, 4,
      ]);
  });

  test("concurrent appends of one thread are contiguous", async () => {
    const it = await working();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        append([appendTo(it, { events: [thought(`${index}`)] })]),
      ),
    );
    expect((await readLog(backend, it)).map((event) => event.seq)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  test("a fenced attempt writes nothing and does not harm the others of its batch", async () => {
    const stale = await working();
    await claim(backend, stale.user_id, stale.run_id);
    const live = await working();
    const ended = await working();
    await end(appendTo(ended), FAILED);
    const foreign = { ...appendTo(live), user_id: stale.user_id };
    const gone = { ...appendTo(live), run_id: crypto.randomUUID() as RunId };
    const answers = await append([
      appendTo(stale),
      appendTo(live, { events: [thought("live")] }),
      appendTo(ended),
      foreign,
      gone,
    ]);
    expect(answers.map((it) => it.fenced)).toEqual([
      true,
      false,
      true,
      true,
      true,
    ]);
    expect(await readLog(backend, stale)).toEqual([]);
    expect(await thoughts(live)).toEqual(["live"]);
    expect(await readLog(backend, ended)).toHaveLength(1);
  });

  test("an append carries steps and tool calls with its events, or none of them", async () => {
    const it = await working();
    const call = {
      tool_call_id: "c1",
      tool_name: "noop",
      parameters: {},
      success: true,
      summary: "",
      result: { a: [1, null, "x"] },
      error: null,
    };
    const find = () =>
      backend.run(
        Store.use((store) =>
          Effect.result(store.findToolCall(it.user_id, it.run_id, "c1")),
        ),
      );
    await append([{ ...appendTo(it), attempt: 7, calls: [call] }]);
    expect(Result.isFailure(await find())).toBe(true);
    await append([appendTo(it, { calls: [call] })]);
    expect(await find()).toMatchObject({ success: call });
  });

  test("an ending stores its events, message and status at once, and the first one wins", async () => {
    const it = await working();
    const answer = {
      message_id: "answer" as MessageId,
      content: "# é💶",
      report: { b: 1, a: [2] },
      partial: false,
    };
    const completed: Ending = { status: "completed", error: null, answer };
    const endings = await Promise.all([
      end(appendTo(it, { events: [thought("first")] }), completed),
      end(appendTo(it, { events: [thought("second")] }), FAILED),
    ]);
    expect(endings.filter(Result.isSuccess)).toHaveLength(1);
    expect(endings.find(Result.isFailure)?.failure._tag).toBe("RunFenced");
    expect(await readLog(backend, it)).toHaveLength(1);
    const won = Result.isSuccess(endings[0]) ? "completed" : "failed";
    const run = await backend.run(
      Store.use((store) => store.findRun(it.user_id, it.run_id)),
    );
    expect(run.status).toBe(won);
    const messages = await backend.run(
      Store.use((store) => store.listMessages(it.user_id, it.thread_id)),
    );
    expect(messages).toHaveLength(won === "completed" ? 2 : 1);
    if (won === "completed")
      expect(messages[1]).toMatchObject({
        role: "assistant",
        content: answer.content,
        report: answer.report,
      });
  });

  test("a queued run is ended by its stop, with its last words", async () => {
    const user = newUser();
    const { run_id } = await submit(backend, user);
    const stopped = await stop(user, run_id, ["a", "b"]);
    expect(stopped).toMatchObject({
      success: {
        state: "ended",
        events: [
          { seq: 1, thought: "a" },
          { seq: 2, thought: "b" },
        ],
        thread: { active_run: null, last_seq: 2 },
      },
    });
    expect(await claim(backend, user, run_id)).toBeNull();
    expect(await stop(user, run_id)).toMatchObject({
      success: { state: "over" },
    });
  });

  test("a running run is marked, and its node hears of it with the next append", async () => {
    const it = await working();
    expect(await stop(it.user_id, it.run_id)).toMatchObject({
      success: { state: "marked" },
    });
    expect(await append([appendTo(it)])).toMatchObject([
      { fenced: false, stopRequested: true },
    ]);
    const again = await claim(backend, it.user_id, it.run_id);
    expect(again?.stopRequested).toBe(true);
  });

  test("a stop of nobody's or another's run finds nothing and marks nothing", async () => {
    const it = await working();
    const found = [
      await stop(newUser(), it.run_id),
      await stop(it.user_id, crypto.randomUUID() as RunId),
      await stop(it.user_id, "no uuid" as RunId),
    ];
    for (const result of found)
      expect(result).toMatchObject({ failure: { _tag: "RunNotFound" } });
    expect(await append([appendTo(it)])).toMatchObject([
      { stopRequested: false },
    ]);
  });
});
