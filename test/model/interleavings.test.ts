/**
 * Orders of what happens at once: verdicts that come late, two sockets of one user with frames sent too early, the same message on both,
 * stops, cut lines and returns during runs. fast-check's scheduler chooses the order. MODEL_RUNS (orders, 30 by default) makes it longer.
 * Replay a failure: pass the printed `seed` and `path` as second argument of fc.assert.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Event } from "../../src/domain/protocol.ts";
import { brokenPromises } from "../support/promises.ts";
import { brokenRules } from "../support/rules.ts";
import { TestServer } from "../support/server.ts";
import type { TestSocket } from "../support/socket.ts";
import { Client, MESSAGES, REFUSED, SlowVerifier, World } from "./clients.ts";
import type { Action } from "./clients.ts";

const ORDERS = Number(process.env["MODEL_RUNS"] ?? 30);
const SHRINKING_MS_MAX = 60_000 + ORDERS * 2_000;

const verifier = new SlowVerifier();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    verifier: verifier.layer,
    env: { CONNECTIONS_PER_USER: "100" },
  });
});
afterAll(() => server.stop());

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      message: fc.constantFrom(...MESSAGES),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("stop" as const, "letGo" as const),
      message: fc.constantFrom(...MESSAGES),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("cut" as const, "close" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constant({ do: "comeBack" as const }),
  },
);
const script = fc.array(action, { minLength: 1, maxLength: 6 });

test(
  "whatever the order: greeted first, acks before events, one run a message, one ending a run, and the refused change nothing",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), script, script, async (s, one, two) => {
        const world = new World();
        verifier.decideBy(s.scheduleFunction(async () => undefined));
        const intruder = await openAll(world);
        for (const [index, steps] of [one, two].entries())
          s.scheduleSequence(
            steps.map((it) => ({
              label: `${index}: ${JSON.stringify(it)}`,
              builder: () => world.clients[index]!.act(it),
            })),
          );
        while (s.count() > 0) {
          await s.waitNext(1);
          await world.quiesce(false);
        }
        verifier.decideBy(async () => undefined);
        for (const message of MESSAGES) server.gates.open(world.gate(message));
        await judge(world, intruder);
      }),
      { numRuns: ORDERS, interruptAfterTimeLimit: SHRINKING_MS_MAX },
    );
  },
  SHRINKING_MS_MAX + 30_000,
);

/** Two clients and an intruder, all of them waiting for their verdicts; answers the intruder. */
async function openAll(world: World): Promise<TestSocket> {
  const asked = verifier.asked;
  for (const _ of [1, 2])
    world.clients.push(
      new Client(
        { server, verifier },
        world,
        await server.open({ token: world.user }),
      ),
    );
  const intruder = await server.open({ token: REFUSED });
  intruder.ws.once("open", () =>
    intruder.send({ type: "user_message", message_id: "mine", text: "alpha" }),
  );
  await verifier.untilAsked(asked + 3);
  return intruder;
}

async function judge(world: World, intruder: TestSocket): Promise<void> {
  expect(await intruder.closed).toMatchObject({ code: 4401 });
  expect(intruder.frames.map((it) => it.type)).toEqual(["error"]);
  await world.quiesce(true);
  const observer = await server.open({ token: world.user });
  await observer.next("connection_ready");
  const runs = await readAll(observer, world);
  for (const socket of world.sockets())
    expect(brokenPromises(socket.frames, world.user)).toEqual([]);
  for (const message of MESSAGES) {
    const acks = world.acks().filter((it) => it.message_id === message);
    expect(new Set(acks.map((it) => it.run_id)).size).toBeLessThanOrEqual(1);
    const accepted = acks.filter((it) => it.status === "accepted");
    expect(accepted.length).toBeLessThanOrEqual(1);
  }
  for (const { run_id } of world.acks()) expect(runs.has(run_id)).toBe(true);
  expect(runs.size).toBeLessThanOrEqual(MESSAGES.length);
  for (const [run_id, events] of runs) {
    expect(brokenRules(events)).toEqual([]);
    if (!world.stopped.has(run_id))
      expect(events.at(-1)).toMatchObject({ status: "completed" });
  }
  for (const socket of [observer, ...world.sockets()]) socket.terminate();
}

/** Every run of the user, read from the start by somebody who was not there. */
async function readAll(
  observer: TestSocket,
  { user }: World,
): Promise<Map<string, Event[]>> {
  const response = await fetch(`${server.url}/api/threads`, {
    headers: { Authorization: `Bearer ${user}` },
  });
  const { items } = (await response.json()) as {
    items: { thread_id: string }[];
  };
  const runs = new Map<string, Event[]>();
  for (const { thread_id } of items) {
    observer.send({ type: "join_thread", thread_id });
    const first = (await observer.find(
      (it) => "seq" in it && it.thread_id === thread_id,
    )) as Event;
    runs.set(first.run_id, await observer.run(first.run_id));
  }
  return runs;
}
