/** The Store port, letting go of a run: what was handed back is no crash, what was lost is. */
import { Effect } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunId, UserId } from "../../src/domain/model.ts";
import { Store } from "../../src/domain/ports.ts";
import type { Ending } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { appendTo, claim, submit } from "../support/filled.ts";

describe.each(backends)("Store on $name: handing over", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const queued = async () => {
    const user = crypto.randomUUID() as UserId;
    const { run_id } = await submit(backend, user);
    return { user, run_id };
  };
  const handBack = (user: UserId, run: RunId, attempt: number | null) =>
    backend.run(Store.use((it) => it.handBack(user, run, attempt)));

  test("a claim after a claim is a crash of the one before; after a handing back it is none", async () => {
    const { user, run_id } = await queued();
    const counts: (number | undefined)[][] = [];
    for (const isHandedBack of [true, true, false, true, false, true]) {
      const claimed = await claim(backend, user, run_id);
      counts.push([claimed?.attempt, claimed?.crashes]);
      if (isHandedBack) await handBack(user, run_id, claimed!.attempt);
    }
    expect(counts).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
      [4, 1],
      [5, 1],
      [6, 2],
    ]);
  });

  test("a claim whose answer was lost is handed back without knowing it", async () => {
    const { user, run_id } = await queued();
    await claim(backend, user, run_id);
    await handBack(user, run_id, null);
    expect(await claim(backend, user, run_id)).toMatchObject({ crashes: 0 });
  });

  test("an owner that was fenced, and anybody else, hands nothing back", async () => {
    const { user, run_id } = await queued();
    const fenced = await claim(backend, user, run_id);
    await claim(backend, user, run_id);
    await handBack(user, run_id, fenced!.attempt);
    await handBack(crypto.randomUUID() as UserId, run_id, null);
    expect(await claim(backend, user, run_id)).toMatchObject({ crashes: 2 });
  });

  test("after its thread is deleted a run stores nothing more", async () => {
    const { user, run_id } = await queued();
    const it = (await claim(backend, user, run_id))!;
    const failed: Ending = { status: "failed", error: null, answer: null };
    await backend.run(
      Store.use((store) => store.deleteThread(user, it.thread_id)),
    );
    const append = Store.use((store) => store.append([appendTo(it)]));
    expect(await backend.run(append)).toEqual([{ fenced: true }]);
    const end = Store.use((store) =>
      Effect.result(store.end(appendTo(it), failed)),
    );
    expect(await backend.run(end)).toMatchObject({
      failure: { _tag: "RunFenced" },
    });
  });
});
