/**
 * Half-open peers on a cluster (§6, 4302): clients whose machine is gone without a word while their runs go on. They stop reading and answer no
 * ping. What they held is released; at another node they go on from their cursor without a gap.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Event } from "../../src/domain/protocol.ts";
import { Nodes } from "../support/nodes.ts";
import { Opcode, rawConnection, rawFrame } from "../support/raw.ts";
import type { RawClient } from "../support/raw.ts";
import { Bystanders } from "./bystanders.ts";
import { amount } from "./seed.ts";
import { together, until } from "./until.ts";

let nodes: Nodes;
beforeAll(async () => {
  nodes = await Nodes.start(2, { HEARTBEAT_INTERVAL_MS: "1500" });
});
afterEach(() => nodes.hangUp());
afterAll(() => nodes.stop());

const PEERS = amount(12, 200);
const say = (client: RawClient, frame: object) =>
  client.write(rawFrame(Opcode.text, JSON.stringify(frame)));

const eventsOf = (client: RawClient): Event[] =>
  client.texts().filter((it) => "seq" in it) as unknown as Event[];

test(`§6 R5 I1–I6 ${PEERS} peers that are gone without a word are closed with 4302, released, and go on elsewhere`, async () => {
  const [here, there] = [nodes.at(0), nodes.at(1)];
  const bystanders = await Bystanders.start(nodes);
  await bystanders.goOn(4);
  const before = here.held();
  const closedBefore = await here.closedWith(4302);
  const peers = await together(
    Array.from({ length: PEERS }, async (_, at) => {
      const user = `gone-${at}-${crypto.randomUUID()}`;
      const client = await rawConnection(here, user);
      const text = "alpha noop! ; beta sleep(1000); gamma noop!";
      say(client, { type: "user_message", text });
      await until("a first event", 20_000, () => eventsOf(client).length > 0);
      client.socket.pause();
      return { user, client };
    }),
  );
  await until(
    "all of them to be closed",
    30_000,
    async () => (await here.closedWith(4302)) - closedBefore === PEERS,
  );
  for (const { user, client } of peers) {
    expect(await here.get("/api/connections", user)).toMatchObject({
      items: [],
    });
    const seen = eventsOf(client);
    const { thread_id, run_id } = seen[0]!;
    const socket = await there.connect(user);
    socket.send({
      type: "join_thread",
      thread_id,
      after_seq: seen.at(-1)!.seq,
    });
    await socket.run(run_id);
    const log = await there.get<{ items: Event[] }>(
      `/api/threads/${thread_id}/events`,
      user,
    );
    expect([...seen, ...socket.events()]).toEqual(log.items);
    socket.terminate();
  }
  await until("the handles of the gone", 30_000, () => {
    const held = here.held();
    if (held === null || before === null) return true;
    return held.handles <= before.handles + 2;
  });
  await bystanders.finish();
  for (const { client } of peers) client.socket.destroy();
}, 120_000);
