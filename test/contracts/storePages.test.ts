/** The Store port, its pages of the log: bounded by events and by bytes, with nothing between two of them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type { Claim } from "../../src/domain/ports.ts";
import { Store } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import {
  appendTo,
  claim,
  readLog,
  submit,
  thought,
} from "../support/filled.ts";

const HALF = "x".repeat(limits.replayPageBytes / 2);

describe.each(backends)("Store on $name: pages of the log", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  /** A run whose log has these thoughts. */
  const thinking = async (texts: readonly string[]): Promise<Claim> => {
    const user = crypto.randomUUID();
    const { run_id } = await submit(backend, user);
    const claimed = (await claim(backend, user, run_id))!;
    const events = texts.map(thought);
    const batch = [appendTo(claimed, { events })];
    await backend.run(Store.use((it) => it.append(batch)));
    return claimed;
  };
  const page = async (it: Claim, after: number, limit: number) => {
    const { user_id, thread_id } = it;
    const read = Store.use((store) =>
      store.readEvents(user_id, thread_id, after, limit),
    );
    const { events, more } = await backend.run(read);
    return { seqs: events.map(({ seq }) => seq), more };
  };

  test("a page ends at its count, and the log's end is told from it", async () => {
    const it = await thinking(["one", "two", "three"]);
    expect(await page(it, 0, 2)).toEqual({ seqs: [1, 2], more: true });
    expect(await page(it, 2, 2)).toEqual({ seqs: [3], more: false });
    expect(await page(it, 3, 2)).toEqual({ seqs: [], more: false });
  });

  test("I6 a page ends at its bytes, after one event at least, and the next one goes on", async () => {
    const it = await thinking([HALF, HALF, "small", HALF + HALF, "last"]);
    expect(await page(it, 0, 100)).toEqual({ seqs: [1, 2], more: true });
    expect(await page(it, 2, 100)).toEqual({ seqs: [3, 4], more: true });
    expect(await page(it, 4, 100)).toEqual({ seqs: [5], more: false });
    expect((await readLog(backend, it)).map(({ seq }) => seq)).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });
});
