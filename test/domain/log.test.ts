/** The event log of a node on the real store: order, group commit, fences, outages. Faults are put between the log and the store. */
import { Effect, Layer, ManagedRuntime, References } from "effect";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ServiceUnavailable } from "../../src/domain/errors.ts";
import { EventLog, eventLogLayer } from "../../src/domain/log.ts";
import type { UserId } from "../../src/domain/model.ts";
import { Bus, Store, topics } from "../../src/domain/ports.ts";
import type { Append, Claim } from "../../src/domain/ports.ts";
import type { Event, EventBody } from "../../src/domain/protocol.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { claim, submit } from "../support/filled.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await backends[0]!.open();
});
afterAll(() => backend.close());

type AppendCall = Store["Service"]["append"];
const run = Effect.runPromise;
const thought = (text: string): EventBody => ({
  type: "agent_thinking",
  thought: text,
});

/** A log whose appends pass through `between`; answers the batches it sent. */
async function openLog(between: (append: AppendCall) => AppendCall) {
  const [store, bus] = await backend.run(Effect.all([Store, Bus]));
  const batches: (readonly Append[])[] = [];
  const append = between(store.append);
  const layer = eventLogLayer.pipe(
    Layer.provide(
      Layer.succeed(Store, {
        ...store,
        append: (batch) => (batches.push(batch), append(batch)),
      }),
    ),
    Layer.provide(Layer.succeed(Bus, bus)),
    // What a test breaks on purpose is no news.
    Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "None")),
  );
  const runtime = ManagedRuntime.make(layer);
  onTestFinished(() => runtime.dispose());
  return { log: await runtime.runPromise(EventLog), batches, bus };
}

async function working(): Promise<Claim> {
  const user = crypto.randomUUID() as UserId;
  const { run_id } = await submit(backend, user);
  return (await claim(backend, user, run_id))!;
}

const silent = {
  fenced: () => undefined,
  stopRequested: () => undefined,
  refused: () => undefined,
};
const stored = async ({ user_id, thread_id }: Claim) => {
  const { events } = await backend.run(
    Store.use((it) => it.readEvents(user_id, thread_id, 0, 1_000)),
  );
  return events.map((it) => "thought" in it && it.thought);
};

test("R5 R7 events are stored in the order written, and published once stored", async () => {
  const { log, bus } = await openLog((append) => append);
  const it = await working();
  const published: Event[] = [];
  const storedThen: number[] = [];
  Effect.runFork(
    Effect.scoped(
      Effect.andThen(
        bus.subscribe(topics.thread(it.thread_id), (message) => {
          if (message.kind !== "events") return;
          published.push(...message.events);
          storedThen.push(message.last_seq);
        }),
        Effect.never,
      ),
    ),
  );
  const own = log.open(it, silent);
  const texts = Array.from({ length: 30 }, (_, index) => `${index}`);
  for (const text of texts.slice(0, 20)) own.write("a", "s", thought(text));
  await run(own.flushed);
  expect(await stored(it)).toEqual(texts.slice(0, 20));
  for (const text of texts.slice(20)) own.write("a", "s", thought(text));
  await run(own.flushed);
  expect(await stored(it)).toEqual(texts);
  await expect
    .poll(() => published.map((event) => event.seq))
    .toEqual(texts.map((_, index) => index + 1));
});

test("what waits, of all runs, goes into one batch", async () => {
  const { log, batches } = await openLog((append) => append);
  const runs = await Promise.all(Array.from({ length: 10 }, working));
  const logs = runs.map((it) => log.open(it, silent));
  for (const own of logs) own.write("a", "s", thought("one"));
  for (const own of logs) own.write("a", "s", thought("two"));
  await Promise.all(logs.map((own) => run(own.flushed)));
  expect(batches).toHaveLength(1);
  for (const it of runs) expect(await stored(it)).toEqual(["one", "two"]);
});

test("the rest is taken after what is under way, and nothing is stored twice", async () => {
  const { log } = await openLog((append) => append);
  const it = await working();
  const own = log.open(it, silent);
  own.write("a", "s", thought("appended"));
  await run(Effect.yieldNow);
  own.write("a", "s", thought("rest"));
  const rest = await run(own.takeRest);
  const texts = rest.events.map((event) => "thought" in event && event.thought);
  await run(own.flushed);
  expect([...(await stored(it)), ...texts]).toEqual(["appended", "rest"]);
  own.write("a", "s", thought("taken"));
  await run(own.takeRest);
  own.write("a", "s", thought("later"));
  await run(own.flushed);
  const last = (await stored(it)).slice(-1);
  expect(last).toEqual(["later"]);
});

test("a fenced run is told and stores nothing; the others of its batch do", async () => {
  const { log } = await openLog((append) => append);
  const [stale, live] = [await working(), await working()];
  await claim(backend, stale.user_id, stale.run_id);
  let fenced = 0;
  const lost = log.open(stale, { ...silent, fenced: () => (fenced += 1) });
  const kept = log.open(live, silent);
  lost.write("a", "s", thought("lost"));
  kept.write("a", "s", thought("kept"));
  await run(Effect.all([lost.flushed, kept.flushed]));
  expect(await stored(stale)).toEqual([]);
  expect(await stored(live)).toEqual(["kept"]);
  await expect.poll(() => fenced).toBe(1);
});

test("a stop that the store knows of is told with the next append", async () => {
  const { log } = await openLog((append) => append);
  const it = await working();
  let asked = 0;
  const own = log.open(it, { ...silent, stopRequested: () => (asked += 1) });
  await backend.run(
    Store.use((store) => store.requestStop(it.user_id, it.run_id, () => [])),
  );
  own.write("a", "s", thought("one"));
  await expect.poll(() => asked).toBe(1);
});

test("an outage delays events and loses none", async () => {
  let outages = 3;
  const away = new ServiceUnavailable({ service: "database", cause: "test" });
  const { log } = await openLog(
    (append) => (batch) =>
      Effect.suspend(() => (outages-- > 0 ? Effect.fail(away) : append(batch))),
  );
  const it = await working();
  const own = log.open(it, silent);
  own.write("a", "s", thought("one"));
  own.write("a", "s", thought("two"));
  await run(own.flushed);
  expect(outages).toBeLessThan(0);
  expect(await stored(it)).toEqual(["one", "two"]);
});

test("a defect in one run's events fences that run alone", async () => {
  const bad = await working();
  const { log } = await openLog(
    (append) => (batch) =>
      batch.some((it) => it.run_id === bad.run_id)
        ? Effect.die(new Error("a row the database refuses"))
        : append(batch),
  );
  const good = await working();
  let fenced = 0;
  const refused = log.open(bad, { ...silent, fenced: () => (fenced += 1) });
  const own = log.open(good, silent);
  refused.write("a", "s", thought("bad"));
  own.write("a", "s", thought("good"));
  await run(Effect.all([refused.flushed, own.flushed]));
  expect(await stored(good)).toEqual(["good"]);
  await expect.poll(() => fenced).toBe(1);
  own.write("a", "s", thought("goes on"));
  await run(own.flushed);
  expect(await stored(good)).toEqual(["good", "goes on"]);
});
