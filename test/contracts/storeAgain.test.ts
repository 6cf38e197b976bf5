/** The Store port when an answer was lost: what is asked for again is stored once, and answered as it stands. */
import { Effect, Result } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MessageId, UserId } from "../../src/domain/model.ts";
import { Store } from "../../src/domain/ports.ts";
import type { Append, Claim, Ending, Try } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import {
  appendTo,
  claim,
  readLog,
  submit,
  thought,
} from "../support/filled.ts";

const ANSWERED: Ending = {
  status: "completed",
  error: null,
  answer: {
    message_id: "answer" as MessageId,
    content: "Done.",
    report: {},
    partial: false,
  },
};
const step = {
  agent_name: "alpha",
  status: "completed" as const,
  summary: "Done.",
  result: {},
  error: null,
  calls: [],
};
const call = {
  tool_call_id: "c1",
  tool_name: "noop",
  parameters: {},
  success: true,
  summary: "Done.",
  result: {},
  error: null,
};

describe.each(backends)("Store on $name: asked again", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const append = (batch: readonly Append[], which: Try) =>
    backend.run(Store.use((it) => it.append(batch, which)));
  const end = (last: Append, ending: Ending, which: Try) =>
    backend.run(Store.use((it) => Effect.result(it.end(last, ending, which))));
  const log = (it: Claim) => readLog(backend, it);
  const working = async (): Promise<Claim> => {
    const user = crypto.randomUUID() as UserId;
    const { run_id } = await submit(backend, user);
    return (await claim(backend, user, run_id))!;
  };
  const two = () => [thought("one"), thought("two")];

  test("an append that was stored is answered with its seqs, also when others have followed", async () => {
    const [one, other] = [await working(), await working()];
    const batch = [
      appendTo(one, {
        events: two(),
        steps: [{ position: 0, step }],
        calls: [call],
      }),
      appendTo(other),
    ];
    const first = await append(batch, "first");
    await append([appendTo(one, { events: two() })], "first");
    expect(await append(batch, "again")).toEqual(first);
    expect((await log(one)).map((it) => it.seq)).toEqual([1, 2, 3, 4]);
    expect(await log(other)).toHaveLength(1);
    expect(await claim(backend, one.user_id, one.run_id)).toMatchObject({
      steps: [step],
    });
  });

  test("steps and tool calls that were stored without events are not stored twice", async () => {
    const it = await working();
    const batch = [
      appendTo(it, { events: [], steps: [{ position: 0, step }] }),
      appendTo(it, { events: [], calls: [call] }),
    ];
    const first = await append(batch, "first");
    expect(await append(batch, "again")).toEqual(first);
  });

  test("an append that was not stored is stored now", async () => {
    const it = await working();
    const item = appendTo(it, { events: two(), calls: [call] });
    const [stored] = await append([item], "again");
    expect(stored).toMatchObject({ fenced: false, stopRequested: false });
    expect(await log(it)).toMatchObject([
      { thought: "one" },
      { thought: "two" },
    ]);
    expect(await append([item], "again")).toEqual([stored]);
  });

  test("a fenced owner stores nothing by asking again, and learns where it stood", async () => {
    const it = await working();
    const before = appendTo(it);
    const [stored] = await append([before], "first");
    await claim(backend, it.user_id, it.run_id);
    expect(await append([before, appendTo(it)], "again")).toEqual([
      stored,
      { fenced: true },
    ]);
    expect(await log(it)).toHaveLength(1);
  });

  test("of many that ask again for the same at once, one stores it", async () => {
    const it = await working();
    const item = appendTo(it, { events: two() });
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => append([item], "again")),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await log(it)).toHaveLength(2);
  });

  test("a stop that was asked for meanwhile is heard of", async () => {
    const it = await working();
    const item = appendTo(it);
    await append([item], "first");
    await backend.run(
      Store.use((store) => store.requestStop(it.user_id, it.run_id, () => [])),
    );
    expect(await append([item], "again")).toMatchObject([
      { fenced: false, stopRequested: true },
    ]);
  });

  test("an ending that was stored is its own, and a second one is still refused", async () => {
    const it = await working();
    const last = appendTo(it, { events: two(), calls: [call] });
    const first = await end(last, ANSWERED, "first");
    const again = await end(last, ANSWERED, "again");
    expect(Result.isSuccess(first) && first.success.events).toEqual(
      Result.isSuccess(again) && again.success.events,
    );
    expect(again).toMatchObject({
      success: {
        events: [{ seq: 1 }, { seq: 2 }],
        thread: { active_run: null, last_seq: 2 },
      },
    });
    expect(await log(it)).toHaveLength(2);
    const messages = await backend.run(
      Store.use((store) => store.listMessages(it.user_id, it.thread_id)),
    );
    expect(messages).toHaveLength(2);
    expect(await end(appendTo(it), ANSWERED, "again")).toMatchObject({
      failure: { _tag: "RunFenced" },
    });
  });

  test("an ending that was not stored is stored now", async () => {
    const it = await working();
    expect(await end(appendTo(it), ANSWERED, "again")).toMatchObject({
      success: { events: [{ seq: 1 }] },
    });
  });
});
