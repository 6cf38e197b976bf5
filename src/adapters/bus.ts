/**
 * The bus between nodes, over one or more links: a message goes by the first link that takes it, and every link is listened to all the
 * time. Owns the links. Promises: this node's listeners hear at once; its own messages that come back are dropped; what no link takes is
 * lost, as the port allows.
 */
import { Effect, Layer } from "effect";
import type { Scope } from "effect";
import { newId } from "../domain/ids.ts";
import { limits } from "../domain/limits.ts";
import { Bus } from "../domain/ports.ts";
import type { BusMessage } from "../domain/ports.ts";
import { Listeners } from "./memory/bus.ts";

/** A message on its way between nodes. */
export interface Parcel {
  readonly from: string;
  readonly topic: string;
  readonly message: BusMessage;
}

/** A parcel as text. Its sender stands first, and is as long as any: a node drops its own, which come back, without reading them. */
export function textOf({ from, topic, message }: Parcel): string {
  return from + JSON.stringify([topic, message]);
}

/** What a link tells of the other nodes. */
export interface LinkEars {
  readonly received: (text: string) => void;
  /** The other nodes are heard (again): what they said before is lost. */
  readonly restored: () => void;
  /** The topics that this node listens to at this moment. */
  readonly topics: () => readonly string[];
}

/** A way to the other nodes. None of its methods throws. */
export interface Link {
  /** Sends in the order called; calls `refused`, at once or later, when it may not have arrived. */
  readonly send: (parcel: Parcel, refused: () => void) => void;
  /** Done when the topic is heard from other nodes, or cannot be for now; then it is as soon as the link is there again. */
  readonly hear: (topic: string) => Promise<void>;
  readonly ignore: (topic: string) => void;
}

/** Opens a link, which finds its way back by itself whenever it breaks, until the scope closes. */
export type OpenLink = (
  ears: LinkEars,
) => Effect.Effect<Link, never, Scope.Scope>;

/** The first link is the one to use; the others stand in for it, in order. */
export function linkedBusLayer(
  openLinks: readonly OpenLink[],
): Layer.Layer<Bus> {
  return Layer.effect(
    Bus,
    Effect.gen(function* () {
      const node = newId();
      const links: Link[] = [];
      const restored = new Set<() => void>();
      const listeners = new Listeners({
        first: async (topic) => {
          await Promise.all(links.map((it) => it.hear(topic)));
        },
        last: (topic) => links.forEach((it) => it.ignore(topic)),
      });
      const ears = yield* openEars(node, listeners, restored);
      links.push(
        ...(yield* Effect.forEach(openLinks, (open) => open(ears), {
          concurrency: "unbounded",
        })),
      );
      return Bus.of({
        tell: (topic, message) => listeners.tell(topic, message),
        publish: (topic, message) =>
          Effect.andThen(
            listeners.tell(topic, message),
            Effect.sync(() => sendBy(links, { from: node, topic, message })),
          ),
        heard: () => listeners.topics(),
        subscribe: (topic, handler) => subscribe(listeners, topic, handler),
        onRestored: (callback) =>
          Effect.acquireRelease(
            Effect.sync(() => void restored.add(callback)),
            () => Effect.sync(() => void restored.delete(callback)),
          ),
      });
    }),
  );
}

function openEars(
  node: string,
  listeners: Listeners,
  restored: ReadonlySet<() => void>,
): Effect.Effect<LinkEars> {
  return Effect.map(Effect.context<never>(), (context) => ({
    topics: () => listeners.topics(),
    restored: () => restored.forEach((callback) => callback()),
    received: (text) => {
      const content = text.startsWith(node) ? null : read(text, node.length);
      if (content === null) return;
      const telling = listeners.tell(...content);
      Effect.runFork(Effect.provideContext(telling, context));
    },
  }));
}

/** Null for what is none of ours: anybody may write to a channel. */
function read(text: string, from: number): [string, BusMessage] | null {
  try {
    const content: unknown = JSON.parse(text.slice(from));
    return Array.isArray(content) ? (content as [string, BusMessage]) : null;
  } catch {
    return null;
  }
}

function sendBy([link, ...others]: readonly Link[], parcel: Parcel): void {
  link?.send(parcel, () => sendBy(others, parcel));
}

/** Waits for the other nodes only so long: whoever hears them late finds in the log what they said. */
function subscribe(
  listeners: Listeners,
  topic: string,
  handler: (message: BusMessage) => void,
): Effect.Effect<void, never, Scope.Scope> {
  return Effect.acquireRelease(
    Effect.sync(() => ({ heard: listeners.add(topic, handler) })),
    () => Effect.sync(() => listeners.remove(topic, handler)),
  ).pipe(
    Effect.flatMap(({ heard }) => Effect.promise(() => heard)),
    Effect.timeoutOption(limits.busSubscribeTimeoutMs),
    Effect.asVoid,
  );
}
