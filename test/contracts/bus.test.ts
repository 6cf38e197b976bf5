/**
 * The Bus port: whoever listens to a topic hears what is published there, on this node and on others, once and in order while nothing
 * breaks; a handler that throws harms nobody else.
 */
import { Effect, Exit, Scope } from "effect";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { describe, expect, test } from "vitest";
import type { Event } from "../../src/domain/protocol.ts";
import type { RunId, ThreadId } from "../../src/domain/model.ts";
import type { BusMessage } from "../../src/domain/ports.ts";
import { BusNode, buses, linkedBuses } from "../support/buses.ts";
import type { BusBackend } from "../support/buses.ts";

const stop = (run: string): BusMessage => ({
  kind: "stop",
  run_id: run as RunId,
});
/** Servers are shared: a topic is one test's own. */
const newTopic = () => `test:${crypto.randomUUID()}`;

describe.each(buses)("Bus on $name, within a node", ({ open }) => {
  let backend: BusBackend;
  let node: BusNode;
  let topic: string;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());
  beforeEach(async () => {
    topic = newTopic();
    node = await BusNode.open(backend.layer);
  });
  afterEach(() => node.close());

  const subscribe = (handler: () => void, scope = Scope.makeUnsafe()) =>
    Scope.provide(node.bus.subscribe(topic, handler), scope);

  test("every subscriber of a topic hears each message once, in order, at once; other topics hear nothing", async () => {
    const [one, two, other] = [
      await node.listen(topic),
      await node.listen(topic),
      await node.listen(newTopic()),
    ];
    const messages = ["a", "b", "c"].map(stop);
    for (const it of messages) await node.publish(topic, it);
    expect(one.heard).toEqual(messages);
    expect(two.heard).toEqual(messages);
    expect(other.heard).toEqual([]);
  });

  test("after its scope has closed a subscriber hears nothing, and the others go on", async () => {
    const [leaving, staying] = [
      await node.listen(topic),
      await node.listen(topic),
    ];
    await node.publish(topic, stop("a"));
    await leaving.leave();
    await node.publish(topic, stop("b"));
    expect(staying.heard).toHaveLength(2);
    expect(leaving.heard).toEqual([stop("a")]);
  });

  test("a topic that nobody hears takes messages, and later subscribers miss them", async () => {
    await node.publish(topic, stop("lost"));
    const { heard, leave } = await node.listen(topic);
    await leave();
    const again = await node.listen(topic);
    await node.publish(topic, stop("a"));
    expect(again.heard).toEqual([stop("a")]);
    expect(heard).toEqual([]);
  });

  test("a handler that throws harms neither the publisher nor the others", async () => {
    const broken = subscribe(() => {
      throw new Error("a subscriber's defect");
    });
    await Effect.runPromise(broken);
    const { heard } = await node.listen(topic);
    await node.publish(topic, stop("a"));
    await node.publish(topic, stop("b"));
    expect(heard).toEqual([stop("a"), stop("b")]);
  });

  test("a handler may leave and join while it is called", async () => {
    const scope = Scope.makeUnsafe();
    let late = 0;
    const { heard } = await node.listen(topic);
    const changing = subscribe(() => {
      Effect.runFork(Scope.close(scope, Exit.void));
      Effect.runFork(subscribe(() => void (late += 1)));
    }, scope);
    await Effect.runPromise(changing);
    await node.publish(topic, stop("a"));
    await node.publish(topic, stop("b"));
    expect(late).toBe(1);
    expect(heard).toEqual([stop("a"), stop("b")]);
  });

  test("what is told stays on the node, and the topics heard are known", async () => {
    const { heard, leave } = await node.listen(topic);
    expect(node.bus.heard()).toContain(topic);
    await Effect.runPromise(node.bus.tell(topic, stop("a")));
    expect(heard).toEqual([stop("a")]);
    await leave();
    expect(node.bus.heard()).not.toContain(topic);
  });
});

describe.each(linkedBuses)("Bus on $name, between nodes", ({ open }) => {
  let backend: BusBackend;
  let here: BusNode;
  let there: BusNode;
  beforeAll(async () => {
    backend = await open();
    here = await BusNode.open(backend.layer);
    there = await BusNode.open(backend.layer);
  });
  afterAll(async () => {
    await here.close();
    await there.close();
    await backend.close();
  });

  test("each hears the other, once and in order, from the moment it has subscribed; nobody waits for the network", async () => {
    const topics = Array.from({ length: 20 }, newTopic);
    const messages = Array.from({ length: 50 }, (_, index) => stop(`${index}`));
    const own = await Promise.all(topics.map((it) => here.listen(it)));
    const others = await Promise.all(topics.map((it) => there.listen(it)));
    for (const message of messages)
      for (const topic of topics) await here.publish(topic, message);
    for (const { heard } of own) expect(heard).toEqual(messages);
    for (const { heard } of others)
      await expect.poll(() => heard, { timeout: 10_000 }).toEqual(messages);
    await there.publish(topics[0]!, stop("back"));
    await expect
      .poll(() => own[0]!.heard.slice(messages.length), { timeout: 10_000 })
      .toEqual([stop("back")]);
    for (const { heard } of own.slice(1)) expect(heard).toEqual(messages);
  });

  test("however fast listeners come and go, who listens in the end hears, and who has left does not", async () => {
    const [kept, left, marker] = [newTopic(), newTopic(), newTopic()];
    for (let turn = 0; turn < 20; turn += 1) {
      const [one, two] = await Promise.all([
        there.listen(kept),
        there.listen(left),
      ]);
      await Promise.all([one.leave(), two.leave()]);
    }
    const [staying, leaving] = [
      await there.listen(kept),
      await there.listen(left),
    ];
    await leaving.leave();
    const end = await there.listen(marker);
    await here.publish(kept, stop("a"));
    await here.publish(left, stop("b"));
    await here.publish(marker, stop("c"));
    await expect
      .poll(() => [staying.heard, end.heard], { timeout: 10_000 })
      .toEqual([[stop("a")], [stop("c")]]);
    expect(leaving.heard).toEqual([]);
  });

  test("a message of any size arrives, if need be without its events", async () => {
    const topic = newTopic();
    const { heard } = await there.listen(topic);
    const thread_id = crypto.randomUUID() as ThreadId;
    const event = { thought: "ö".repeat(100_000) } as unknown as Event;
    const message = { kind: "events", thread_id, last_seq: 7 } as const;
    await here.publish(topic, { ...message, events: [event] });
    await expect
      .poll(() => heard, { timeout: 10_000 })
      .toMatchObject([message]);
    const [got] = heard;
    expect([[], [event]]).toContainEqual(
      got?.kind === "events" ? got.events : null,
    );
  });
});
