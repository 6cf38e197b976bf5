/**
 * Tokens that end or are revoked on open connections of a cluster (§1, §5): in every state the connection closes at exp + 5 s, or within 5 s of
 * the revocation, on whatever node, unless it was refreshed in time; its runs go on and are resumed under a new token elsewhere.
 */
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import { Nodes } from "../support/nodes.ts";
import type { FrameOfType, TestSocket } from "../support/socket.ts";
import { adminToken, claimsOf } from "../support/tokens.ts";
import { Bystanders } from "./bystanders.ts";
import { amount, draw, seeded } from "./seed.ts";
import { pause, together, until } from "./until.ts";

let nodes: Nodes;
beforeAll(async () => {
  nodes = await Nodes.start(2);
});
afterEach(() => nodes.hangUp());
afterAll(() => nodes.stop());

/** Half of them have a run at work, and two nodes have places for 128. */
const HOLDERS = amount(24, 200);
/** A token of one second must last through its handshake. */
const ARRIVING_AT_ONCE = 25;
/** Of a sweep that comes late on a slow machine. */
const LATE_MS_MAX = 10_000;
const LONG_RUN = "alpha echo(a); beta sleep(12000); gamma noop!";

/** `iat` counts whole seconds, and the second of a revocation counts as before it. */
const nextSecond = () => pause(1_000 - (Date.now() % 1_000));

const holding = fc.record({
  lifetimeSeconds: fc.integer({ min: 1, max: 4 }),
  by: fc.constantFrom("token", "ticket"),
  state: fc.constantFrom("ready", "running"),
  refreshed: fc.boolean(),
});
type Holding = typeof holding extends fc.Arbitrary<infer T> ? T : never;

interface Opened {
  readonly place: number;
  readonly user: string;
  readonly socket: TestSocket;
  readonly endsAtMs: number;
}

/** An open connection under a token, or a ticket of it, that ends soon. */
async function open(
  place: number,
  { lifetimeSeconds, by }: Pick<Holding, "lifetimeSeconds" | "by">,
): Promise<Opened> {
  const user = `holder-${place}-${crypto.randomUUID()}`;
  const node = nodes.at(place);
  const token = await node.token(user, lifetimeSeconds);
  let socket = node.open({ token });
  if (by === "ticket") {
    socket.terminate();
    const issued = await fetch(`${nodes.at(place + 1).url}/api/tickets`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
    });
    const { ticket } = (await issued.json()) as { ticket: string };
    socket = node.open({ query: `?ticket=${ticket}` });
  }
  const { token_expires_at } = await socket.next("connection_ready");
  return { place, user, socket, endsAtMs: Date.parse(token_expires_at) };
}

/** It is closed as it should be, neither early nor late; answers nothing. */
async function expires(socket: TestSocket, endsAtMs: number): Promise<void> {
  expect(await socket.closed).toEqual({ code: 4401, reason: "token_expired" });
  const lateMs = Date.now() - endsAtMs - limits.tokenExpiryGraceMs;
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(LATE_MS_MAX);
}

async function hold(
  { place, user, socket, endsAtMs }: Opened,
  how: Holding,
): Promise<void> {
  if (how.state === "running")
    socket.send({ type: "user_message", text: LONG_RUN });
  const ack = how.state === "running" ? await socket.next("ack") : null;
  if (how.refreshed) {
    const token = await nodes.at(place).token(user);
    socket.send({ type: "token_refresh", token });
    await socket.next("token_refreshed");
    await pause(endsAtMs + limits.tokenExpiryGraceMs + 2_000 - Date.now());
    await socket.settle();
    if (ack !== null) await socket.run(ack.run_id);
    return socket.terminate();
  }
  await expires(socket, endsAtMs);
  if (ack === null) return;
  const cursor = socket.events().at(-1)?.seq ?? 0;
  const resumed = await nodes.at(place + 1).connect(user);
  const { run_id, thread_id } = ack;
  resumed.send({ type: "join_thread", thread_id, after_seq: cursor });
  const events = await resumed.run(run_id);
  expect(events[0]?.seq).toBe(cursor + 1);
  expect(events.at(-1)).toMatchObject({ status: "completed" });
  resumed.terminate();
}

test(
  seeded(
    `§1 §5 I1–I5 ${HOLDERS} tokens and tickets end on open connections of two nodes, ready and running, unless refreshed`,
  ),
  async () => {
    const bystanders = await Bystanders.start(nodes);
    const holdings = draw("holdings", holding, HOLDERS);
    const held: Promise<void>[] = [];
    for (let from = 0; from < HOLDERS; from += ARRIVING_AT_ONCE) {
      const arriving = holdings.slice(from, from + ARRIVING_AT_ONCE);
      const come = await together(
        arriving.map((it, index) => open(from + index, it)),
      );
      held.push(...come.map((it, index) => hold(it, arriving[index]!)));
    }
    await together(held);
    await bystanders.finish();
  },
  90_000,
);

const REVOKED = { code: 4401, reason: "token_revoked" };
const REVOKED_WITHIN_MS = 5_000;
const REVOKED_PEOPLE = amount(6, 60);

const revocation = fc.record({
  by: fc.constantFrom("jti", "user_id"),
  at: fc.nat({ max: 1 }),
  busy: fc.boolean(),
});
type Revocation = typeof revocation extends fc.Arbitrary<infer T> ? T : never;

/** Somebody with one token and a connection at each node, one of them with a run at work where busy. */
interface Holder {
  readonly user: string;
  readonly token: string;
  readonly sockets: readonly TestSocket[];
  readonly ack: FrameOfType<"ack"> | null;
}

async function arrive({ busy }: Revocation): Promise<Holder> {
  const user = `revoked-${crypto.randomUUID()}`;
  const token = await nodes.at(0).token(user);
  const sockets = nodes.all.map((it) => it.open({ token }));
  for (const it of sockets) await it.next("connection_ready");
  if (!busy) return { user, token, sockets, ack: null };
  sockets[0]!.send({ type: "user_message", text: LONG_RUN });
  return { user, token, sockets, ack: await sockets[0]!.next("ack") };
}

/** Says at one node that a token, or all of a user's so far, are no good. */
async function revoke(
  { user, token }: Holder,
  { by, at }: Revocation,
): Promise<void> {
  const name = by === "jti" ? claimsOf(token).jti : user;
  const response = await fetch(`${nodes.at(at).url}/api/revocations`, {
    method: "POST",
    headers: { Authorization: `Bearer ${await adminToken()}` },
    body: JSON.stringify({ [by]: name }),
  });
  expect(response.status).toBe(201);
}

/** What was at work under the revoked token goes on, and is there for a later token at the other node. */
async function goesOn({ user, sockets, ack }: Holder): Promise<void> {
  if (ack === null) return;
  const after_seq = sockets[0]!.events().at(-1)?.seq ?? 0;
  const resumed = await nodes.at(1).connect(user);
  const { run_id, thread_id } = ack;
  resumed.send({ type: "join_thread", thread_id, after_seq });
  const events = await resumed.run(run_id);
  expect(events[0]?.seq).toBe(after_seq + 1);
  expect(events.at(-1)).toMatchObject({ status: "completed" });
}

test(
  seeded(
    `§1 I1–I5 ${REVOKED_PEOPLE} people's tokens are revoked, by token and by user, on open connections of two nodes, ready and running: closed within 5 s`,
  ),
  async () => {
    const bystanders = await Bystanders.start(nodes);
    const revocations = draw("revocations", revocation, REVOKED_PEOPLE);
    const people = await together(revocations.map(arrive));
    await together(
      people.map(async (it, place) => {
        const beganMs = performance.now();
        await revoke(it, revocations[place]!);
        const ends = await Promise.all(it.sockets.map((each) => each.closed));
        expect(performance.now() - beganMs).toBeLessThan(REVOKED_WITHIN_MS);
        expect(ends).toEqual(it.sockets.map(() => REVOKED));
        for (const node of nodes.all)
          expect(await node.open({ token: it.token }).closed).toEqual(REVOKED);
      }),
    );
    await nextSecond();
    await together(people.map(goesOn));
    const witnesses = people.flatMap(({ user, sockets }) =>
      sockets.map(({ frames }) => ({ user, canary: user, frames })),
    );
    await bystanders.finish(witnesses);
  },
  90_000,
);

test("§1 §8 a token ends on a degraded connection too, and a refresh keeps it there too", async () => {
  const short = { lifetimeSeconds: 4, by: "token" } as const;
  const ending = await open(0, short);
  const refreshed = await open(1, short);
  await nodes.redis.stop();
  for (const { socket } of [ending, refreshed]) {
    // Whoever needs the cache finds out that it is gone.
    socket.send({ type: "user_message", text: "alpha noop!" });
    await socket.next("service_status", (it) => it.mode === "degraded");
  }
  const token = await nodes.at(1).token(refreshed.user);
  refreshed.socket.send({ type: "token_refresh", token });
  await refreshed.socket.next("token_refreshed");
  await expires(ending.socket, ending.endsAtMs);
  await refreshed.socket.settle();
  await nodes.redis.start();
  await refreshed.socket.next("service_status", (it) => it.mode === "full");
  refreshed.socket.terminate();
  await until("nodes without trouble", 20_000, async () => {
    const troubles = await nodes.troubles();
    return troubles.length === 0;
  });
}, 60_000);
