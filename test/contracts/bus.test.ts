/** The Bus port: whoever listens to a topic hears what is published there, once, in order; a handler that throws harms nobody else. */
import { Effect, Exit, ManagedRuntime, Scope } from "effect";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { memoryBusLayer } from "../../src/adapters/memory/bus.ts";
import { redisBusLayer } from "../../src/adapters/redis/bus.ts";
import type { RunId } from "../../src/domain/model.ts";
import { Bus } from "../../src/domain/ports.ts";
import type { BusMessage } from "../../src/domain/ports.ts";

const SERVER = inject("redisUrl");
const backends = [
  { name: "memory", layer: memoryBusLayer },
  ...(SERVER === null ? [] : [{ name: "redis", layer: redisBusLayer(SERVER) }]),
];
const stop = (run: string): BusMessage => ({
  kind: "stop",
  run_id: run as RunId,
});

describe.each(backends)("Bus on $name", ({ layer }) => {
  let bus: Bus["Service"];
  let runtime: ManagedRuntime.ManagedRuntime<Bus, never>;
  beforeEach(async () => {
    runtime = ManagedRuntime.make(layer);
    bus = await runtime.runPromise(Bus.use(Effect.succeed));
  });
  afterEach(() => runtime.dispose());

  /** A subscriber that keeps what it hears. */
  async function listen(topic: string) {
    const scope = Scope.makeUnsafe();
    const heard: BusMessage[] = [];
    await Effect.runPromise(
      Scope.provide(
        bus.subscribe(topic, (it) => void heard.push(it)),
        scope,
      ),
    );
    const leave = () => Effect.runPromise(Scope.close(scope, Exit.void));
    return { heard, leave };
  }
  const publish = (topic: string, message: BusMessage) =>
    Effect.runPromise(bus.publish(topic, message));

  test("every subscriber of a topic hears each message once, in order; other topics hear nothing", async () => {
    const [one, two, other] = [
      await listen("t"),
      await listen("t"),
      await listen("other"),
    ];
    const messages = ["a", "b", "c"].map(stop);
    for (const it of messages) await publish("t", it);
    await expect.poll(() => one.heard).toEqual(messages);
    await expect.poll(() => two.heard).toEqual(messages);
    expect(other.heard).toEqual([]);
  });

  test("after its scope has closed a subscriber hears nothing, and the others go on", async () => {
    const [leaving, staying] = [await listen("t"), await listen("t")];
    await publish("t", stop("a"));
    await expect.poll(() => leaving.heard).toHaveLength(1);
    await leaving.leave();
    await publish("t", stop("b"));
    await expect.poll(() => staying.heard).toHaveLength(2);
    expect(leaving.heard).toEqual([stop("a")]);
  });

  test("a topic that nobody hears takes messages, and later subscribers miss them", async () => {
    await publish("t", stop("lost"));
    const { heard, leave } = await listen("t");
    await leave();
    const again = await listen("t");
    await publish("t", stop("a"));
    await expect.poll(() => again.heard).toEqual([stop("a")]);
    expect(heard).toEqual([]);
  });

  test("a handler that throws harms neither the publisher nor the others", async () => {
    await Effect.runPromise(
      Scope.provide(
        bus.subscribe("t", () => {
          throw new Error("a subscriber's defect");
        }),
        Scope.makeUnsafe(),
      ),
    );
    const { heard } = await listen("t");
    await publish("t", stop("a"));
    await publish("t", stop("b"));
    await expect.poll(() => heard).toEqual([stop("a"), stop("b")]);
  });

  test("a handler may leave and join while it is called", async () => {
    const scope = Scope.makeUnsafe();
    const late: BusMessage[] = [];
    const { heard } = await listen("t");
    await Effect.runPromise(
      Scope.provide(
        bus.subscribe("t", () => {
          Effect.runFork(Scope.close(scope, Exit.void));
          Effect.runFork(
            Scope.provide(
              bus.subscribe("t", (it) => void late.push(it)),
              Scope.makeUnsafe(),
            ),
          );
        }),
        scope,
      ),
    );
    await publish("t", stop("a"));
    await publish("t", stop("b"));
    await expect.poll(() => late).toEqual([stop("b")]);
    expect(heard).toEqual([stop("a"), stop("b")]);
  });
});
