/**
 * Delivery of a thread to one outlet on the real store and bus (R5): whatever the bus loses, doubles or swaps, and however the outlet stalls,
 * what is delivered is the log. A failure prints fast-check's seed and path.
 */
import { Effect, Exit, Latch, Layer, Scope } from "effect";
import fc from "fast-check";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { deliverThread } from "../../src/domain/delivery.ts";
import type { Outlet } from "../../src/domain/delivery.ts";
import { ServiceUnavailable } from "../../src/domain/errors.ts";
import { limits } from "../../src/domain/limits.ts";
import type { UserId } from "../../src/domain/model.ts";
import { Holding } from "../../src/domain/holding.ts";
import { Bus, Store, topics } from "../../src/domain/ports.ts";
import type { BusMessage, Claim } from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import {
  appendTo,
  claim,
  readLog,
  submit,
  thought,
} from "../support/filled.ts";
import { Reader } from "../support/reader.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await backends[0]!.open();
});
afterAll(() => backend.close());

async function working(): Promise<Claim> {
  const user = crypto.randomUUID() as UserId;
  const { run_id } = await submit(backend, user);
  return (await claim(backend, user, run_id))!;
}

/** Stores so many events; answers what their publisher would say. */
async function write(it: Claim, count: number, text = ""): Promise<BusMessage> {
  const events = Array.from({ length: count }, (_, index) =>
    thought(`${index}${text}`),
  );
  const [answer] = await backend.run(
    Store.use((store) => store.append([appendTo(it, { events })])),
  );
  if (answer?.fenced !== false) throw new Error("the append was fenced");
  const { thread_id } = it;
  const last_seq = answer.events.at(-1)!.seq;
  return { kind: "events", thread_id, last_seq, events: answer.events };
}

const publish = (it: Claim, message: BusMessage) =>
  backend.run(
    Bus.use((bus) => bus.publish(topics.thread(it.thread_id), message)),
  );

/** Delivers a claim's thread to the reader until the answer is called. */
async function deliver(
  reader: Outlet,
  { user_id, thread_id }: Claim,
  afterSeq = 0,
  faults: (store: Store["Service"]) => Store["Service"] = (it) => it,
): Promise<() => Promise<void>> {
  const scope = Scope.makeUnsafe();
  const store = await backend.run(
    Store.use((it) => Effect.succeed(faults(it))),
  );
  await backend.run(
    deliverThread(reader, user_id, thread_id, afterSeq).pipe(
      Effect.provide(Layer.succeed(Store, store)),
      Scope.provide(scope),
    ),
  );
  const stop = () => Effect.runPromise(Scope.close(scope, Exit.void));
  onTestFinished(stop);
  return stop;
}

const logOf = (it: Claim) => readLog(backend, it);

const step = fc.record({
  events: fc.integer({ min: 1, max: 5 }),
  fate: fc.constantFrom("told", "lost", "twice", "late", "number only"),
  /** Room the outlet gets after this step; null leaves it as it is. */
  room: fc.option(fc.integer({ min: 0, max: 6 })),
});

test("R5 lossy bus, stalling outlet: the outlet gets the log", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 25 }),
    fc.integer({ min: 0, max: 3 }),
    async (steps, before) => {
      const it = await working();
      if (before > 0) await write(it, before);
      const reader = new Reader(2);
      const stop = await deliver(reader, it);
      const late: BusMessage[] = [];
      for (const { events, fate, room } of steps) {
        const message = await write(it, events);
        if (fate === "late") late.push(message);
        if (fate === "told" || fate === "twice") await publish(it, message);
        if (fate === "twice") await publish(it, message);
        if (fate === "number only" && message.kind === "events")
          await publish(it, { ...message, events: [] });
        if (room !== null) reader.makeRoom(room);
      }
      for (const message of late.toReversed()) await publish(it, message);
      reader.makeRoom(Number.POSITIVE_INFINITY);
      await publish(it, await write(it, 1));
      const log = await logOf(it);
      await expect
        .poll(() => reader.got.length, { timeout: 5_000, interval: 5 })
        .toBe(log.length);
      expect(reader.got).toEqual(log);
      await stop();
    },
  );
  await fc.assert(property, { numRuns: 60, endOnFailure: true });
}, 60_000);

test("R5 a long replay goes on live, page after page", async () => {
  const it = await working();
  for (let page = 0; page < 5; page += 1) await write(it, 150);
  const reader = new Reader();
  await deliver(reader, it, 7);
  await publish(it, await write(it, 3));
  await expect.poll(() => reader.got.length).toBe(753 - 7);
  expect(reader.got).toEqual((await logOf(it)).slice(7));
});

test("the log is read no faster than the outlet takes it", async () => {
  const it = await working();
  for (let page = 0; page < 10; page += 1) await write(it, 150);
  let reads = 0;
  const reader = new Reader(10);
  await deliver(reader, it, 0, (store) => ({
    ...store,
    readEvents: (...asked) => ((reads += 1), store.readEvents(...asked)),
  }));
  await expect.poll(() => reader.got.length).toBe(10);
  await publish(it, await write(it, 1));
  expect(reads).toBeLessThanOrEqual(2);
  reader.makeRoom(Number.POSITIVE_INFINITY);
  await expect.poll(() => reader.got.length).toBe(1_501);
});

test("I6 of large events no more is read than the outlet takes, and a page", async () => {
  const it = await working();
  await write(it, 20, "x".repeat(limits.replayPageBytes / 4));
  let read = 0;
  const reader = new Reader(1);
  await deliver(reader, it, 0, (store) => ({
    ...store,
    readEvents: (...asked) =>
      store
        .readEvents(...asked)
        .pipe(
          Effect.tap(({ events }) =>
            Effect.sync(() => (read += events.length)),
          ),
        ),
  }));
  for (let taken = 1; taken < 20; taken += 1) {
    await expect.poll(() => reader.got.length).toBe(taken);
    expect(read).toBeLessThanOrEqual(5 * taken);
    reader.makeRoom(1);
  }
});

test("after its scope has closed nothing is delivered", async () => {
  const it = await working();
  const reader = new Reader();
  const stop = await deliver(reader, it);
  await publish(it, await write(it, 2));
  await expect.poll(() => reader.got.length).toBe(2);
  await stop();
  await publish(it, await write(it, 2));
  expect(reader.got).toHaveLength(2);
});

test("a database that is away delays the replay, and live events wait for it", async () => {
  const it = await working();
  await write(it, 3);
  let outages = 1;
  const away = new ServiceUnavailable({ service: "database", cause: "test" });
  const reader = new Reader();
  await deliver(reader, it, 0, (store) => ({
    ...store,
    readEvents: (...asked) =>
      Effect.suspend(() =>
        outages-- > 0 ? Effect.fail(away) : store.readEvents(...asked),
      ),
  }));
  await publish(it, await write(it, 2));
  await expect
    .poll(() => reader.got.map((event) => event.seq), { timeout: 5_000 })
    .toEqual([1, 2, 3, 4, 5]);
});

test("section 3: what comes while a message is being submitted waits for its ack, and is then delivered", async () => {
  const reader = new Reader();
  const holding = new Holding();
  const it = await working();
  await deliver(holding.over(reader), it);
  await publish(it, await write(it, 2));
  await expect.poll(() => reader.got.length).toBe(2);
  const acknowledged = Latch.makeUnsafe(false);
  const submitting = Effect.runPromise(holding.during(acknowledged.await));
  await publish(it, await write(it, 3));
  // Another connection of the same node has it already.
  const other = new Reader();
  await deliver(other, it);
  await expect.poll(() => other.got.length).toBe(5);
  expect(reader.got).toHaveLength(2);
  acknowledged.openUnsafe();
  await submitting;
  await expect.poll(() => reader.got.length).toBe(5);
  expect(reader.got).toEqual(await logOf(it));
});
