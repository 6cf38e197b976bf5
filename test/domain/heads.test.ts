/**
 * What the bus loses, the node finds by itself (R5, §5): events, deletions and stops whose messages never came. On the real store, with a bus
 * on which nothing is ever published.
 */
import { Effect, Exit, Layer, ManagedRuntime, Scope } from "effect";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { memoryBusLayer } from "../../src/adapters/memory/bus.ts";
import { deliverThread } from "../../src/domain/delivery.ts";
import { headsLayer } from "../../src/domain/heads.ts";
import { limits } from "../../src/domain/limits.ts";
import type { RunId, ThreadId, UserId } from "../../src/domain/model.ts";
import { Bus, Store, topics } from "../../src/domain/ports.ts";
import type { BusMessage, Claim } from "../../src/domain/ports.ts";
import type { Event } from "../../src/domain/protocol.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";
import { appendTo, claim, submit, thought } from "../support/filled.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await backends[0]!.open();
});
afterAll(() => backend.close());

const store = <A, E>(use: (it: Store["Service"]) => Effect.Effect<A, E>) =>
  backend.run(Store.use(use));

async function working(): Promise<Claim> {
  const user = crypto.randomUUID() as UserId;
  const { run_id } = await submit(backend, user);
  return (await claim(backend, user, run_id))!;
}

/** A node that looks; `restore` says that its way to the others is there again. */
async function openNode() {
  const asked: (readonly [readonly ThreadId[], readonly RunId[]])[] = [];
  const callbacks = new Set<() => void>();
  const counting = Layer.effect(
    Store,
    Effect.promise(async () => {
      const real = await store(Effect.succeed);
      return Store.of({
        ...real,
        readHeads: (...ids) => (asked.push(ids), real.readHeads(...ids)),
      });
    }),
  );
  const restorable = Layer.effect(
    Bus,
    Effect.map(Bus, (bus) => ({
      ...bus,
      onRestored: (callback: () => void) =>
        Effect.sync(() => void callbacks.add(callback)),
    })),
  ).pipe(Layer.provide(memoryBusLayer));
  const runtime = ManagedRuntime.make(
    headsLayer.pipe(Layer.provideMerge(Layer.merge(counting, restorable))),
  );
  await runtime.context();
  onTestFinished(() => runtime.dispose());
  const scope = Scope.makeUnsafe();
  onTestFinished(() => Effect.runPromise(Scope.close(scope, Exit.void)));
  return {
    asked,
    restore: () => callbacks.forEach((it) => it()),
    run: <A>(effect: Effect.Effect<A, never, Bus | Store | Scope.Scope>) =>
      runtime.runPromise(Scope.provide(effect, scope)),
  };
}

type Node = Awaited<ReturnType<typeof openNode>>;

async function deliver(node: Node, { user_id, thread_id }: Claim) {
  const got: Event[] = [];
  const gone: ThreadId[] = [];
  const outlet = {
    deliver: (event: Event) => void got.push(event),
    isWritable: () => true,
    writable: Effect.void,
    gone: (thread: ThreadId) => void gone.push(thread),
  };
  await node.run(deliverThread(outlet, user_id, thread_id, 0));
  return { got, gone };
}

async function listen(node: Node, topic: string): Promise<BusMessage[]> {
  const heard: BusMessage[] = [];
  await node.run(
    Bus.use((bus) => bus.subscribe(topic, (it) => void heard.push(it))),
  );
  return heard;
}

const write = (it: Claim, text: string) =>
  store((log) => log.append([appendTo(it, { events: [thought(text)] })]));

test("R5 an event whose message was lost is delivered as soon as the link is there again, and by the clock without", async () => {
  const node = await openNode();
  const it = await working();
  const { got } = await deliver(node, it);
  await write(it, "first");
  node.restore();
  await expect.poll(() => got.length, { timeout: 3_000 }).toBe(1);
  await write(it, "second");
  await expect
    .poll(() => got.length, { timeout: limits.headsIntervalMs + 10_000 })
    .toBe(2);
  expect(got.map((event) => event.seq)).toEqual([1, 2]);
});

test("§5 a thread whose deletion was not heard of is gone all the same", async () => {
  const node = await openNode();
  const [kept, deleted] = [await working(), await working()];
  const [one, two] = [await deliver(node, kept), await deliver(node, deleted)];
  await store((it) => it.deleteThread(deleted.user_id, deleted.thread_id));
  node.restore();
  await expect.poll(() => two.gone).toContain(deleted.thread_id);
  expect(one.gone).toEqual([]);
});

test("§5 a stop whose message was lost reaches the run, and no other run", async () => {
  const node = await openNode();
  const [going, stopped] = [await working(), await working()];
  const others = await listen(node, topics.run(going.run_id));
  const own = await listen(node, topics.run(stopped.run_id));
  await store((it) =>
    it.requestStop(stopped.user_id, stopped.run_id, () => []),
  );
  node.restore();
  await expect
    .poll(() => own)
    .toContainEqual({ kind: "stop", run_id: stopped.run_id });
  expect(others).toEqual([]);
});

test("where nobody listens to threads or runs, nothing is asked", async () => {
  const node = await openNode();
  await listen(node, topics.user("somebody" as UserId));
  await listen(node, topics.work);
  node.restore();
  const it = await working();
  await new Promise((resolve) => setImmediate(resolve));
  const { got } = await deliver(node, it);
  await write(it, "one");
  node.restore();
  await expect.poll(() => got.length).toBe(1);
  for (const [threads] of node.asked) expect(threads).toEqual([it.thread_id]);
});

test("many threads are asked about in pieces", async () => {
  const node = await openNode();
  const count = limits.headsPerQueryMax * 2 + 1;
  const ids = Array.from(
    { length: count },
    () => crypto.randomUUID() as ThreadId,
  );
  const heard = await Promise.all(
    ids.map((it) => listen(node, topics.thread(it))),
  );
  node.restore();
  await expect
    .poll(() => heard.every((it) => it.length > 0), { timeout: 10_000 })
    .toBe(true);
  const sizes = node.asked.map(([threads]) => threads.length);
  expect(Math.max(...sizes)).toBe(limits.headsPerQueryMax);
  expect(sizes.slice(0, 3).reduce((sum, it) => sum + it, 0)).toBe(count);
});
