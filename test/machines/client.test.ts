/** The client machine under every order of events: only the drawn edges, and no way out of `refused` but an explicit one. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createActor, fromCallback, SimulatedClock } from "xstate";
import { getShortestPaths } from "xstate/graph";
import {
  clientMachine,
  closePolicy,
  CONNECT_TIMEOUT_MS,
  RECONNECT_BASE_MS,
  RECONNECT_CEILING_MS,
  reconnectDelayMs,
  STABLE_AFTER_MS,
} from "../../machines/client.ts";
import type { ClientEvent, TransportCommand } from "../../machines/client.ts";

const CODES = [
  1000, 1001, 1006, 1008, 1009, 1011, 1012, 1013, 4301, 4302, 4401, 4403, 4408,
  4429,
];
/** Every edge between top states; staying is always allowed. */
const EDGES: Record<string, readonly string[]> = {
  offline: ["connecting"],
  connecting: ["online", "waiting", "refused", "offline"],
  online: ["waiting", "refused", "offline"],
  waiting: ["connecting", "offline"],
  refused: ["connecting", "offline"],
};

const closings = fc.record({
  type: fc.constant("CLOSED" as const),
  code: fc.constantFrom(...CODES),
  reason: fc.constantFrom("", "token_expired", "token_invalid"),
});
const clientEvents: fc.Arbitrary<ClientEvent> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: "CONNECT" as const }) },
  fc.constant({ type: "CLOSE" as const }),
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("READY" as const),
      degraded: fc.boolean(),
      runs: fc.nat(2),
    }),
  },
  { weight: 3, arbitrary: closings },
  fc.record({ type: fc.constant("MODE" as const), degraded: fc.boolean() }),
  fc.record({ type: fc.constant("RUNS" as const), runs: fc.nat(2) }),
  fc.record({ type: fc.constant("DRAINING" as const), afterMs: fc.nat(5_000) }),
);
const steps = fc.array(
  fc.oneof(
    clientEvents,
    fc.record({
      type: fc.constant("time" as const),
      ms: fc.integer({ min: 1, max: 20_000 }),
    }),
  ),
  { maxLength: 60 },
);

function start(random: () => number = () => 0.5) {
  const clock = new SimulatedClock();
  const commands: string[] = [];
  const transport = fromCallback<TransportCommand>(({ receive }) => {
    receive((command) => commands.push(command.type));
  });
  const actor = createActor(clientMachine.provide({ actors: { transport } }), {
    clock,
    input: { random },
  });
  actor.start();
  const top = () => {
    const { value } = actor.getSnapshot();
    return typeof value === "string" ? value : "online";
  };
  return { actor, clock, commands, top };
}

test("random event sequences move only along the drawn edges", () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const { actor, clock, top } = start();
      const trail = [top()];
      actor.subscribe(() => trail.push(top()));
      for (const step of sequence) {
        if (step.type === "time") clock.increment(step.ms);
        else actor.send(step);
      }
      for (const [i, state] of trail.entries()) {
        const before = trail[i - 1] ?? state;
        if (before !== state) expect(EDGES[before]).toContain(state);
      }
      expect(actor.getSnapshot().status).toBe("active");
    }),
  );
});

test("refused and offline leave only on CONNECT or CLOSE, whatever else comes and however long it takes", () => {
  const others = steps.map((all) =>
    all.filter((it) => it.type !== "CONNECT" && it.type !== "CLOSE"),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(4401, 4403, 4408, 4429, 1000, 1008, 1009),
      others,
      (code, sequence) => {
        const { actor, clock, commands, top } = start();
        actor.send({ type: "CONNECT" });
        actor.send({ type: "CLOSED", code, reason: "token_invalid" });
        const state = top();
        expect(state).toBe(code >= 4400 ? "refused" : "offline");
        for (const step of sequence) {
          if (step.type === "time") clock.increment(step.ms);
          else actor.send(step);
          expect(top()).toBe(state);
        }
        expect(commands).toEqual(["open"]);
        actor.send({ type: "CONNECT" });
        expect(top()).toBe("connecting");
      },
    ),
  );
});

test("ready, running and degraded follow mode and active runs", () => {
  fc.assert(
    fc.property(
      fc.array(
        clientEvents.filter((it) => it.type === "MODE" || it.type === "RUNS"),
      ),
      (sequence) => {
        const { actor } = start();
        actor.send({ type: "CONNECT" });
        actor.send({ type: "READY", degraded: false, runs: 0 });
        for (const event of sequence) {
          actor.send(event);
          const { context, value } = actor.getSnapshot();
          const idle = context.runs > 0 ? "running" : "ready";
          expect(value).toEqual({
            online: context.degraded ? "degraded" : idle,
          });
        }
      },
    ),
  );
});

test("a lost line waits with full jitter under the cap, and stability forgets the failures", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(2_000),
      (luck, attempt) => {
        const delay = reconnectDelayMs(attempt, () => luck);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(
          Math.min(RECONNECT_CEILING_MS, RECONNECT_BASE_MS * 2 ** attempt),
        );
      },
    ),
  );
  const { actor, clock, top } = start();
  actor.send({ type: "CONNECT" });
  for (const expected of [125, 250, 500, 1_000]) {
    actor.send({ type: "CLOSED", code: 1006, reason: "" });
    expect(actor.getSnapshot().context.delayMs).toBe(expected);
    clock.increment(expected - 1);
    expect(top()).toBe("waiting");
    clock.increment(1);
    expect(top()).toBe("connecting");
  }
  actor.send({ type: "READY", degraded: false, runs: 0 });
  clock.increment(STABLE_AFTER_MS);
  actor.send({ type: "CLOSED", code: 1012, reason: "" });
  expect(actor.getSnapshot().context.delayMs).toBe(125);
});

test("draining adds the server's own wait once", () => {
  const { actor, clock, top } = start();
  actor.send({ type: "CONNECT" });
  actor.send({ type: "READY", degraded: false, runs: 0 });
  actor.send({ type: "DRAINING", afterMs: 1_000 });
  actor.send({ type: "CLOSED", code: 1012, reason: "restart" });
  expect(actor.getSnapshot().context).toMatchObject({
    delayMs: 1_125,
    floorMs: 0,
  });
  clock.increment(1_125);
  expect(top()).toBe("connecting");
});

test("an expired token is refreshed after it was good, and refused when it never was", () => {
  const expired = {
    type: "CLOSED",
    code: 4401,
    reason: "token_expired",
  } as const;
  const { actor, clock, top } = start();
  actor.send({ type: "CONNECT" });
  actor.send({ type: "READY", degraded: false, runs: 0 });
  actor.send(expired);
  expect(top()).toBe("waiting");
  clock.increment(RECONNECT_CEILING_MS);
  actor.send(expired);
  expect(top()).toBe("refused");
});

test("an attempt without an answer is given up in time, and its socket closed", () => {
  const { actor, clock, commands, top } = start();
  actor.send({ type: "CONNECT" });
  clock.increment(CONNECT_TIMEOUT_MS);
  expect(top()).toBe("waiting");
  expect(commands).toEqual(["open", "close"]);
});

test("every state is on a shortest path, and each path ends where the drawing says", () => {
  const paths = getShortestPaths(clientMachine, {
    input: { random: () => 0.5 },
    events: [
      { type: "CONNECT" },
      { type: "CLOSE" },
      { type: "READY", degraded: false, runs: 0 },
      { type: "MODE", degraded: true },
      { type: "RUNS", runs: 1 },
      ...CODES.map(
        (code) => ({ type: "CLOSED", code, reason: "" }) as ClientEvent,
      ),
    ],
    serializeState: (state) => JSON.stringify(state.value),
    limit: 10_000,
  });
  const reached = paths.map((path) => JSON.stringify(path.state.value));
  const online = ["ready", "running", "degraded"].map((it) => ({ online: it }));
  const top = Object.keys(EDGES).filter((it) => it !== "online");
  const wanted = [...top, ...online].map((it) => JSON.stringify(it));
  expect(reached.toSorted()).toEqual(wanted.toSorted());
});

test.each([
  ["stop", [1000, 1008, 1009]],
  ["refuse", [4401, 4403, 4408, 4429]],
  ["reconnect", [1001, 1006, 1011, 1012, 1013, 4301, 4302]],
] as const)("section 6: %s on %j", (policy, codes) => {
  for (const code of codes) expect(closePolicy(code)).toBe(policy);
});
