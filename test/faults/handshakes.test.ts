/**
 * Handshakes on a cluster by clients that mean harm (§1, §6): headers that trickle, sockets that say nothing, tokens that are no good, one
 * ticket at two nodes at the same moment, more connections than a user may have. Others still connect, and everything is given back.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";
import {
  afterAll,
  afterEach,
  beforeAll,
  expect,
  onTestFinished,
  test,
} from "vitest";
import { limits } from "../../src/domain/limits.ts";
import { Nodes } from "../support/nodes.ts";
import type { NodeProcess } from "../support/nodes.ts";
import { RawClient, upgradeRequest } from "../support/raw.ts";
import { Bystanders } from "./bystanders.ts";
import { amount, seeded } from "./seed.ts";
import { until } from "./until.ts";

const HANDSHAKES_PER_ADDRESS = 60;
const CONNECTIONS_PER_USER = 5;

let nodes: Nodes;
beforeAll(async () => {
  nodes = await Nodes.start(2, {
    HANDSHAKES_PER_ADDRESS: String(HANDSHAKES_PER_ADDRESS),
    CONNECTIONS_PER_USER: String(CONNECTIONS_PER_USER),
    TRUST_PROXY: "127.0.0.1",
  });
});
afterEach(() => nodes.hangUp());
afterAll(() => nodes.stop());

/** A socket that sends a byte now and then, or nothing at all; answers whether the server has let go of it. */
function slowly(node: NodeProcess, bytes: string): Socket {
  const { hostname, port } = new URL(node.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => undefined);
  socket.resume();
  let at = 0;
  const trickle = setInterval(() => {
    if (at < bytes.length) socket.write(bytes[at++]!);
  }, 100);
  socket.once("close", () => clearInterval(trickle));
  return socket;
}

const SLOW = amount(300, 2_000);

test(`§1 ${SLOW} sockets that send their headers a byte at a time, or nothing, hold up nobody and are given up on`, async () => {
  const bystanders = await Bystanders.start(nodes);
  const node = nodes.at(0);
  const startedMs = performance.now();
  const request = upgradeRequest("/ws", { Cookie: "x".repeat(500) });
  const sockets = Array.from({ length: SLOW }, (_, at) =>
    slowly(node, at % 3 === 0 ? "" : request),
  );
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await bystanders.goOn(10);
  const quick = await node.connect("quick");
  await quick.ask("alpha noop!");
  quick.terminate();
  const left = () => sockets.filter((it) => !it.destroyed).length;
  await until("the end of the slow", 60_000, () => left() === 0);
  expect(performance.now() - startedMs).toBeGreaterThan(
    limits.handshakeHeadersTimeoutMs - 1_000,
  );
  await bystanders.finish();
}, 120_000);

test("§1 §6 who lingers after a refusal fills its own address's places, never another's, and each is given back", async () => {
  const node = nodes.at(1);
  const bystanders = await Bystanders.start(nodes);
  const knock = () => {
    const client = RawClient.open(node.url, true);
    client.write(upgradeRequest("/ws", { Authorization: "Bearer nonsense" }));
    return client;
  };
  const clients = Array.from({ length: HANDSHAKES_PER_ADDRESS * 2 }, knock);
  const heads = await Promise.all(clients.map((it) => it.head()));
  const statuses = heads.map((it) => it.status);
  const upgraded = clients.filter((_, at) => statuses[at] === 101);
  expect(upgraded).toHaveLength(HANDSHAKES_PER_ADDRESS);
  expect(statuses.filter((it) => it === 429)).toHaveLength(
    HANDSHAKES_PER_ADDRESS,
  );
  for (const client of upgraded) expect(await client.closeCode()).toBe(4401);
  const headers = { "X-Forwarded-For": "203.0.113.9" };
  const elsewhere = await node.connect("elsewhere", { headers });
  elsewhere.terminate();
  await bystanders.goOn(4);
  for (const client of clients) client.socket.destroy();
  await until("a free place", 20_000, async () => {
    const client = knock();
    const { status } = await client.head();
    client.socket.destroy();
    return status === 101;
  });
  await bystanders.finish();
});

const TICKETS = amount(40, 300);

test(
  seeded(
    `§1 each of ${TICKETS} tickets, used at two nodes at the same moment, opens one connection`,
  ),
  async () => {
    for (let round = 0; round < TICKETS; round += 1) {
      const user = `twofold-${round}`;
      const issued = await nodes
        .at(round)
        .fetch("/api/tickets", user, { method: "POST" });
      const { ticket } = (await issued.json()) as { ticket: string };
      const sockets = [0, 1, 2, 3].map((at) =>
        nodes.at(at).open({ query: `?ticket=${ticket}` }),
      );
      const firsts = await Promise.all(
        sockets.map((it) => it.find(() => true)),
      );
      const greeted = firsts.filter((it) => it.type === "connection_ready");
      const refused = firsts.filter(
        (it) => it.type === "error" && it.reason === "token_invalid",
      );
      expect([greeted.length, refused.length]).toEqual([1, 3]);
      for (const socket of sockets) socket.close();
      await Promise.all(sockets.map((it) => it.closed));
    }
    expect(await nodes.troubles()).toEqual([]);
  },
  60_000,
);

const RUSH = amount(200, 2_000);

test(`§6 of ${RUSH} connections of one user across the nodes, none is over the cap of its node, and all places are given back`, async () => {
  const bystanders = await Bystanders.start(nodes);
  const token = await nodes.at(0).token("crowd");
  const sockets = Array.from({ length: RUSH }, (_, at) =>
    nodes.at(at).open({ token }),
  );
  const refused = sockets.map((it) => it.refused.then(() => "http" as const));
  const firsts = await Promise.all(
    sockets.map((it, at) =>
      Promise.race([
        it.find(() => true).then((frame) => frame.type),
        refused[at]!,
      ]),
    ),
  );
  const open = firsts.filter((it) => it === "connection_ready").length;
  expect(open).toBeGreaterThanOrEqual(CONNECTIONS_PER_USER);
  expect(open).toBeLessThanOrEqual(CONNECTIONS_PER_USER * nodes.all.length);
  await bystanders.goOn(4);
  for (const socket of sockets) socket.terminate();
  await until("room for the user again", 20_000, async () => {
    const socket = nodes.at(1).open({ token });
    const first = await socket.find(() => true);
    socket.terminate();
    return first.type === "connection_ready";
  });
  await bystanders.finish();
}, 120_000);
