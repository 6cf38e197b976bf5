/**
 * The bus on Redis, for nodes that share it. Owns its two connections. Promises: what one node publishes every node hears, its own listeners
 * at once and even while Redis is away.
 */
import { Effect, Layer } from "effect";
import { v4 as uuid } from "uuid";
import { Bus } from "../../domain/ports.ts";
import type { BusMessage } from "../../domain/ports.ts";
import { memoryBusLayer } from "../memory/bus.ts";
import { attempt, connect, PREFIX } from "./connection.ts";

const CHANNEL = `${PREFIX}bus`;

interface Envelope {
  readonly from: string;
  readonly topic: string;
  readonly message: BusMessage;
}

/** Local listeners hear at once; other nodes hear through Redis, and what comes from there goes to the local listeners alone. */
export function redisBusLayer(url: string): Layer.Layer<Bus> {
  return Layer.effect(
    Bus,
    Effect.gen(function* () {
      const node = uuid();
      const local = yield* Bus;
      const publisher = yield* connect(url);
      const subscriber = yield* connect(url);
      subscriber.on(
        "ready",
        () => void subscriber.subscribe(CHANNEL).catch(() => undefined),
      );
      subscriber.on("message", (_channel: string, text: string) => {
        const { from, topic, message } = JSON.parse(text) as Envelope;
        if (from !== node) Effect.runFork(local.publish(topic, message));
      });
      return Bus.of({
        subscribe: local.subscribe,
        publish: (topic, message) => {
          const envelope: Envelope = { from: node, topic, message };
          const send = attempt(() =>
            publisher.publish(CHANNEL, JSON.stringify(envelope)),
          );
          return Effect.andThen(
            local.publish(topic, message),
            Effect.ignore(send),
          );
        },
      });
    }),
  ).pipe(Layer.provide(memoryBusLayer));
}
