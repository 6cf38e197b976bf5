/** A client against a peer: both made fresh for every test, both gone after it. */
import { afterEach, beforeEach } from "vitest";
import { createClient } from "../../src/client/index.ts";
import type {
  Client,
  ClientOptions,
  ConnectionState,
} from "../../src/client/index.ts";
import type { Event, ServerFrame } from "../../src/domain/protocol.ts";
import { Peer } from "./peer.ts";
import type { Line } from "./peer.ts";

export const TOKEN = "aaa.bbb-c_c.ddd";
export let peer: Peer;
const clients: Client[] = [];

beforeEach(async () => {
  peer = await Peer.start();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.dispose();
  await peer.stop();
});

export function makeClient(options: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    url: peer.url,
    token: () => Promise.resolve(TOKEN),
    random: () => 0,
    ...options,
  });
  clients.push(client);
  return client;
}

/** A client whose connection is ready, and its line. */
export async function online(
  options: Partial<ClientOptions> = {},
): Promise<{ client: Client; line: Line }> {
  const client = makeClient(options);
  client.connect();
  const line = await peer.accept();
  line.ready();
  await state(client, "ready");
  return { client, line };
}

function until(client: Client, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!holds()) return;
      stop();
      resolve();
    };
    const stop = client.subscribe(check);
    check();
  });
}

/** Resolves once the client is in a state. */
export const state = (client: Client, wanted: ConnectionState) =>
  until(client, () => client.getSnapshot().connection === wanted);

/** Resolves with the events once `last` was let through. */
export function eventsUntil(client: Client, last: number): Promise<Event[]> {
  const seen: Event[] = [];
  return new Promise((resolve) => {
    const stop = client.onFrame((frame: ServerFrame) => {
      if (!("event_id" in frame)) return;
      seen.push(frame);
      if (frame.seq !== last) return;
      stop();
      resolve(seen);
    });
  });
}
