/**
 * The bus's link over Redis, by sharded publish and subscribe (Redis 7 and later), on a single server or a cluster: a node hears only the
 * topics it listens to. Owns its two connections. Promises: messages of a topic go in order; after every break all topics are subscribed
 * again before the other nodes count as heard.
 */
import { Effect, Schedule } from "effect";
import { Cluster } from "ioredis";
import { limits } from "../../domain/limits.ts";
import { textOf } from "../bus.ts";
import type { Link, LinkEars, OpenLink } from "../bus.ts";
import {
  connect,
  firstAttempt,
  isRefusal,
  PREFIX,
  renew,
} from "./connection.ts";
import type { Client } from "./connection.ts";

export const redisLink =
  (url: string): OpenLink =>
  (ears) =>
    Effect.gen(function* () {
      const publisher = yield* connect(url);
      const subscriber = yield* connect(url, "topics");
      const context = yield* Effect.context<never>();
      const warn = (error: unknown) =>
        void Effect.runFork(
          Effect.logWarning("Redis refuses to subscribe a topic", error).pipe(
            Effect.provideContext(context),
          ),
        );
      const channels = new Channels(subscriber, ears, warn);
      yield* probe(subscriber);
      yield* firstAttempt(publisher);
      yield* firstAttempt(subscriber);
      return {
        send: makeSend(publisher, channels),
        hear: (topic) => channels.subscribe(topic),
        ignore: (topic) => channels.unsubscribe(topic),
      };
    });

/** What is on its way is bounded; beyond that, and while Redis is away, another link has to do. */
function makeSend(publisher: Client, channels: Channels): Link["send"] {
  let underWay = 0;
  return (parcel, refused) => {
    const full = underWay >= limits.busQueuedMessagesMax;
    if (full || publisher.status !== "ready") return refused();
    underWay += 1;
    publisher
      .spublish(channels.nameOf(parcel.topic), textOf(parcel))
      .catch((error: unknown) => {
        renew(publisher, error);
        refused();
      })
      .finally(() => (underWay -= 1));
  };
}

/** The subscribing end. Commands go out in the order of the listeners' coming and going, so the last one holds. */
class Channels {
  readonly #client: Client;
  readonly #ears: LinkEars;
  readonly #warn: (error: unknown) => void;

  constructor(client: Client, ears: LinkEars, warn: (error: unknown) => void) {
    this.#client = client;
    this.#ears = ears;
    this.#warn = warn;
    client.on("smessage", (_channel: string, text: string) =>
      ears.received(text),
    );
    const restore = () => void this.#subscribeAll();
    client.on("ready", restore);
    // Of a cluster: a shard's connection has been made anew.
    client.on("subscribersReady", restore);
  }

  /** Databases of one server share its channels, so the number is part of the name. */
  nameOf(topic: string): string {
    const database =
      this.#client instanceof Cluster ? 0 : (this.#client.options.db ?? 0);
    return `${PREFIX}bus:${database}:${topic}`;
  }

  async subscribe(topic: string): Promise<void> {
    if (this.#client.status !== "ready") return;
    await this.#settle(this.#client.ssubscribe(this.nameOf(topic)));
  }

  unsubscribe(topic: string): void {
    if (this.#client.status !== "ready") return;
    void this.#settle(this.#client.sunsubscribe(this.nameOf(topic)));
  }

  async #subscribeAll(): Promise<void> {
    if (this.#client.status !== "ready") return;
    const names = this.#ears.topics().map((it) => this.nameOf(it));
    const commands =
      this.#client instanceof Cluster
        ? names.map((it) => subscribeAnew(this.#client, it))
        : chunksOf(names).map((it) => this.#client.ssubscribe(...it));
    await Promise.all(commands.map((it) => this.#settle(it)));
    this.#ears.restored();
  }

  async #settle(command: Promise<unknown>): Promise<void> {
    try {
      await command;
    } catch (error) {
      renew(this.#client, error);
      if (isRefusal(error)) this.#warn(error);
    }
  }
}

/** The cluster's client keeps a list of its own, which grows by every call: leaving first keeps the name in it once. */
function subscribeAnew(client: Client, name: string): Promise<unknown> {
  client.sunsubscribe(name).catch(() => undefined);
  return client.ssubscribe(name);
}

/** One slot a command is a cluster's rule only. */
function chunksOf(names: readonly string[]): string[][] {
  const size = limits.busTopicsPerCommandMax;
  return Array.from({ length: Math.ceil(names.length / size) }, (_, index) =>
    names.slice(index * size, (index + 1) * size),
  );
}

/** A connection that only hears does not notice that the other end is gone, unless it asks. */
function probe(client: Client) {
  if (client instanceof Cluster) return Effect.void;
  const ask = Effect.promise(async () => {
    if (client.status !== "ready") return;
    await client.ping().catch((error: unknown) => renew(client, error));
  });
  return Effect.forkScoped(
    Effect.repeat(ask, Schedule.spaced(limits.busProbeIntervalMs)),
  );
}
