/** The Store port, its submissions: everything or nothing, one run per message_id however it races, order and cap of what becomes due. */
import { Effect, Result } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type {
  MessageId,
  RunId,
  ThreadId,
  UserId,
} from "../../src/domain/model.ts";
import { Store } from "../../src/domain/ports.ts";
import type { Submission, Submitted } from "../../src/domain/ports.ts";
import { ACTIVE_RUNS_PER_USER, backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { appendTo, claim, submission, submit } from "../support/filled.ts";

describe.each(backends)("Store on $name: submit", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const newUser = () => crypto.randomUUID() as UserId;
  const refusal = async (user: UserId, more: Partial<Submission>) => {
    const result = await backend.run(
      Store.use((it) => Effect.result(it.submit(user, submission(more)))),
    );
    return Result.isFailure(result) ? result.failure._tag : "accepted";
  };
  const counts = async (user: UserId) => {
    const count = (table: string) =>
      `(select count(*) from ${table} where user_id = $1)`;
    const { rows } = await backend.pool.query<{ counts: string }>(
      `select ${["threads", "runs", "messages"].map(count).join(" || ' ' || ")} || ' ' ||
        (select count(*) from pgboss.job where data ->> 'user_id' = $1) as counts`,
      [user],
    );
    return rows[0]?.counts;
  };
  const end = (user: UserId, run_id: RunId) =>
    backend.run(
      Effect.gen(function* () {
        const store = yield* Store;
        const claimed = (yield* store.claim(user, run_id))!;
        const ending = { status: "failed" as const, error: null, answer: null };
        return yield* store.end(appendTo(claimed), ending);
      }),
    );
  const dispatched = async (user: UserId) => {
    const { rows } = await backend.pool.query<{ run_id: RunId }>(
      "select run_id from runs where user_id = $1 and dispatched_at is not null and ended_at is null order by position",
      [user],
    );
    return rows.map((it) => it.run_id);
  };

  test("a message stores its thread, message, run and job together", async () => {
    const user = newUser();
    const given = submission({ text: "  First line\nsecond" });
    const submitted = await backend.run(
      Store.use((it) => it.submit(user, given)),
    );
    expect(submitted).toMatchObject({
      status: "accepted",
      message_id: given.message_id,
      queue_position: 0,
      after_seq: 0,
      interrupted: [],
      dispatched: true,
      active: true,
      thread: {
        title: "First line",
        last_seq: 0,
        active_run: { run_id: submitted.run_id, status: "queued" },
      },
    });
    expect(await counts(user)).toBe("1 1 1 1");
    const stored = await claim(backend, user, submitted.run_id);
    expect(stored?.question).toBe(given.text);
  });

  test("a refused submission stores nothing and leaves its message_id free", async () => {
    const user = newUser();
    const { thread_id } = await submit(backend, user);
    const before = await counts(user);
    const message_id = "refused" as MessageId;
    const refused = [
      { thread_id: crypto.randomUUID() as ThreadId },
      { thread_id: "no uuid" as ThreadId },
      { thread_id, if_busy: "reject" as const },
    ];
    const tags: string[] = [];
    for (const it of refused)
      tags.push(await refusal(user, { message_id, ...it }));
    expect(tags).toEqual(["ThreadNotFound", "ThreadNotFound", "Busy"]);
    expect(await counts(user)).toBe(before);
    expect(await refusal(user, { message_id })).toBe("accepted");
  });

  test("another user's thread is not found", async () => {
    const { thread_id } = await submit(backend, newUser());
    expect(await refusal(newUser(), { thread_id })).toBe("ThreadNotFound");
  });

  test("what fails for a defect inside leaves nothing either", async () => {
    const user = newUser();
    const failing = backend.run(
      Store.use((it) => it.submit(user, submission({ text: "\u0000" }))),
    );
    await expect(failing).rejects.toThrow();
    expect(await counts(user)).toBe("0 0 0 0");
  });

  test("the same message_id from many at once is one run, and the first text stands", async () => {
    const user = newUser();
    const message_id = "raced" as MessageId;
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        submit(backend, user, { message_id, text: `text ${index}` }),
      ),
    );
    expect(all.filter((it) => it.status === "accepted")).toHaveLength(1);
    expect(new Set(all.map((it) => `${it.thread_id} ${it.run_id}`)).size).toBe(
      1,
    );
    expect(await counts(user)).toBe("1 1 1 1");
  });

  test("a duplicate is known after its run has ended, wherever it is sent to", async () => {
    const user = newUser();
    const first = await submit(backend, user, { message_id: "m" as MessageId });
    await end(user, first.run_id);
    const again = await submit(backend, user, {
      message_id: "m" as MessageId,
      text: "another text",
      if_busy: "reject",
    });
    expect(again).toMatchObject({
      status: "duplicate",
      run_id: first.run_id,
      thread_id: first.thread_id,
      queue_position: 0,
      after_seq: 0,
      dispatched: false,
      active: false,
    });
  });

  test("message_ids are each user's own", async () => {
    const message_id = "shared" as MessageId;
    await submit(backend, newUser(), { message_id });
    const other = await submit(backend, newUser(), { message_id });
    expect(other.status).toBe("accepted");
  });

  test("within a thread one run is due at a time, in the order submitted", async () => {
    const user = newUser();
    const first = await submit(backend, user);
    const { thread_id } = first;
    const runs = [first];
    for (let index = 1; index < 4; index += 1)
      runs.push(await submit(backend, user, { thread_id }));
    expect(runs.map((it) => it.queue_position)).toEqual([0, 1, 2, 3]);
    expect(runs.map((it) => it.dispatched)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    for (const [index, { run_id }] of runs.entries()) {
      expect(await dispatched(user)).toEqual([run_id]);
      expect((await end(user, run_id)).dispatched).toBe(index < 3);
    }
    expect(await dispatched(user)).toEqual([]);
  });

  test("across threads no more than the cap is due, under concurrent submissions and endings", async () => {
    const user = newUser();
    const runs = await Promise.all(
      Array.from({ length: 9 }, () => submit(backend, user)),
    );
    expect(runs.filter((it) => it.dispatched)).toHaveLength(
      ACTIVE_RUNS_PER_USER,
    );
    for (let left = runs.length; left > 0;) {
      const due = await dispatched(user);
      expect(due).toHaveLength(Math.min(left, ACTIVE_RUNS_PER_USER));
      await Promise.all(due.map((it) => end(user, it)));
      left -= due.length;
    }
  });

  test("the longest waiting run is due next, whichever thread ends", async () => {
    const user = newUser();
    const runs: RunId[] = [];
    for (let index = 0; index < 9; index += 1)
      runs.push((await submit(backend, user)).run_id);
    for (const [index, run] of runs.entries()) {
      expect(await dispatched(user)).toEqual(
        runs.slice(index, index + ACTIVE_RUNS_PER_USER),
      );
      await end(user, run);
    }
  });

  test("too many waiting runs are refused, of one user only", async () => {
    const user = newUser();
    const { thread_id, run_id } = await submit(backend, user);
    await claim(backend, user, run_id);
    for (let index = 0; index < limits.queuedRunsPerUserMax; index += 1)
      await submit(backend, user, { thread_id });
    const before = await counts(user);
    expect(await refusal(user, {})).toBe("TooManyRuns");
    expect(await counts(user)).toBe(before);
    expect(await refusal(newUser(), {})).toBe("accepted");
  });

  test("interrupt names the thread's active runs and puts their stop on record", async () => {
    const user = newUser();
    const first = await submit(backend, user);
    const { thread_id } = first;
    await claim(backend, user, first.run_id);
    const second = await submit(backend, user, { thread_id });
    const elsewhere = await submit(backend, user);
    const third = await submit(backend, user, {
      thread_id,
      if_busy: "interrupt",
    });
    expect(third.interrupted.toSorted()).toEqual(
      [first.run_id, second.run_id].toSorted(),
    );
    const stopped = await claim(backend, user, first.run_id);
    expect(stopped).toMatchObject({ attempt: 2, stopRequested: true });
    const other = await claim(backend, user, elsewhere.run_id);
    expect(other?.stopRequested).toBe(false);
  });

  test("a deleted thread's places go to the runs that wait", async () => {
    const user = newUser();
    const runs: Submitted[] = [];
    for (let index = 0; index < 4; index += 1)
      runs.push(await submit(backend, user));
    const deleted = await backend.run(
      Store.use((it) => it.deleteThread(user, runs[0]!.thread_id)),
    );
    expect(deleted).toEqual([runs[0]?.run_id]);
    expect(await dispatched(user)).toContain(runs[3]?.run_id);
  });
});
