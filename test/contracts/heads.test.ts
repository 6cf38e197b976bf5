/** What the store knows of threads and runs whose messages may have been lost: where threads stand, and which runs go on. */
import { Effect } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunId, ThreadId, UserId } from "../../src/domain/model.ts";
import { Store } from "../../src/domain/ports.ts";
import type { Claim } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { appendTo, claim, submit, thought } from "../support/filled.ts";

describe.each(backends)("heads on $name", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const store = <A, E>(use: (it: Store["Service"]) => Effect.Effect<A, E>) =>
    backend.run(Store.use(use));
  const readHeads = (threads: readonly ThreadId[], runs: readonly RunId[]) =>
    store((it) => it.readHeads(threads, runs));

  async function working(): Promise<Claim> {
    const user = crypto.randomUUID();
    const { run_id } = await submit(backend, user);
    return (await claim(backend, user, run_id))!;
  }

  test("threads of all users stand where their last event is; one that is gone is missing", async () => {
    const [one, two, gone] = [
      await working(),
      await working(),
      await working(),
    ];
    const events = [thought("1"), thought("2"), thought("3")];
    await store((it) => it.append([appendTo(one, { events })]));
    await store((it) => it.deleteThread(gone.user_id, gone.thread_id));
    const asked = [one, two, gone].map((it) => it.thread_id);
    const { threads } = await readHeads(asked, []);
    expect([...threads]).toHaveLength(2);
    expect(threads.get(one.thread_id)).toBe(3);
    expect(threads.get(two.thread_id)).toBe(0);
  });

  test("a run goes on until it is asked to stop, has ended or is gone", async () => {
    const [going, stopped, gone] = [
      await working(),
      await working(),
      await working(),
    ];
    const user = crypto.randomUUID() as UserId;
    const [waiting, over] = [
      await submit(backend, user),
      await submit(backend, user),
    ];
    await store((it) =>
      it.requestStop(stopped.user_id, stopped.run_id, () => []),
    );
    await store((it) => it.requestStop(user, over.run_id, () => []));
    await store((it) => it.deleteThread(gone.user_id, gone.thread_id));
    const asked = [going, stopped, gone, waiting, over].map((it) => it.run_id);
    const { goingOn } = await readHeads([], asked);
    expect(goingOn).toEqual(new Set([going.run_id, waiting.run_id]));
  });

  test("it tells of nothing that was not asked for", async () => {
    const it = await working();
    const { threads, goingOn } = await readHeads([], []);
    expect([threads.size, goingOn.size]).toEqual([0, 0]);
    const other = await readHeads([it.thread_id], []);
    expect(other.goingOn.size).toBe(0);
  });
});
