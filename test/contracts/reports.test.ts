/** The ReportStore port on every backend: a claim leaves its mark by itself, entries are kept in order and bounded, and are whole or absent. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type { JsonObject, RunId, UserId } from "../../src/domain/model.ts";
import { ReportStore, Store } from "../../src/domain/ports.ts";
import type { ReportEntry } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { appendTo, claim, submit } from "../support/filled.ts";

describe.each(backends)("ReportStore on $name", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const save = (entries: readonly ReportEntry[]) =>
    backend.run(ReportStore.use((it) => it.save(entries)));
  const read = (run: RunId) =>
    backend.run(ReportStore.use((it) => it.read(run)));
  const newRun = async () => {
    const user_id = crypto.randomUUID() as UserId;
    const { run_id, thread_id } = await submit(backend, user_id);
    return { user_id, run_id, thread_id };
  };
  const entry = (
    { user_id, run_id }: { user_id: UserId; run_id: RunId },
    detail: JsonObject,
    at = new Date().toISOString(),
  ): ReportEntry => {
    const kind = "defect";
    return { user_id, run_id, attempt: 1, at, kind, detail };
  };

  test("every claim is kept, with its attempt; a stop of a queued run is a claim too", async () => {
    const run = await newRun();
    await claim(backend, run.user_id, run.run_id);
    await claim(backend, run.user_id, run.run_id);
    const file = await read(run.run_id);
    expect(file).toMatchObject({ user_id: run.user_id, run: { attempt: 2 } });
    expect(file.entries).toMatchObject([
      { kind: "claimed", attempt: 1 },
      { kind: "claimed", attempt: 2 },
    ]);
    const queued = await newRun();
    await backend.run(
      Store.use((it) =>
        it.requestStop(queued.user_id, queued.run_id, () => []),
      ),
    );
    expect((await read(queued.run_id)).entries).toHaveLength(1);
  });

  test("entries of several runs are saved at once, each read with its own run and its events", async () => {
    const [one, two] = [await newRun(), await newRun()];
    const claimed = (await claim(backend, one.user_id, one.run_id))!;
    await backend.run(Store.use((it) => it.append([appendTo(claimed)])));
    const later = new Date(Date.now() + 60_000).toISOString();
    await save([
      entry(one, { n: 2 }, later),
      entry(two, { n: 3 }),
      entry(one, { n: 1, text: 'quote " and é' }),
    ]);
    const file = await read(one.run_id);
    expect(file.entries.map((it) => it.kind)).toEqual([
      "claimed",
      "defect",
      "defect",
    ]);
    expect(file.entries.slice(1).map((it) => it.detail)).toEqual([
      { n: 1, text: 'quote " and é' },
      { n: 2 },
    ]);
    expect(file.events).toMatchObject([{ seq: 1, type: "agent_thinking" }]);
    expect((await read(two.run_id)).entries).toMatchObject([
      { detail: { n: 3 } },
    ]);
  });

  test("a run keeps no more than its bound, of one batch or of many; claims do not pass it by", async () => {
    const run = await newRun();
    const many = Array.from({ length: limits.reportsPerRunMax + 20 }, (_, n) =>
      entry(run, { n }),
    );
    await save(many.slice(0, 30));
    await save(many.slice(30));
    await claim(backend, run.user_id, run.run_id);
    expect((await read(run.run_id)).entries).toHaveLength(
      limits.reportsPerRunMax,
    );
  });

  test("an entry of a run that is gone, or of another user's, is left out, and the others are kept", async () => {
    const [gone, kept] = [await newRun(), await newRun()];
    await backend.run(
      Store.use((it) => it.deleteThread(gone.user_id, gone.thread_id)),
    );
    await save([
      entry(gone, {}),
      entry({ ...kept, user_id: gone.user_id }, {}),
      entry(kept, { kept: true }),
    ]);
    expect((await read(kept.run_id)).entries).toMatchObject([
      { detail: { kept: true } },
    ]);
    await expect(read(gone.run_id)).rejects.toMatchObject({
      _tag: "RunNotFound",
    });
    await expect(read("no-uuid" as RunId)).rejects.toMatchObject({
      _tag: "RunNotFound",
    });
  });
});
