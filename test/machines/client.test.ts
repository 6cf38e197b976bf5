/**
 * The client machine under every order of events: it moves as the drawing says, and there is no way out of `refused` but an explicit one.
 * Replay a failure: pass the printed `seed` and `path` as second argument of fc.assert.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createActor, fromCallback, SimulatedClock } from "xstate";
import {
  clientMachine,
  closePolicy,
  CONNECT_TIMEOUT_MS,
  RECONNECT_BASE_MS,
  RECONNECT_CEILING_MS,
  reconnectDelayMs,
  STABLE_AFTER_MS,
} from "../../machines/client.ts";
import type { TransportCommand } from "../../machines/client.ts";
import { endsOf, pathsThrough, undrawn } from "../support/controlled.ts";
import {
  EDGES,
  clientEvents,
  steps,
  start,
  startOnline,
  Drawing,
} from "./drawings/client.ts";

test("every order of events moves as drawn, and remembers and commands what is drawn", () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const { actor, commands, apply, state } = start();
      const drawing = new Drawing();
      for (const step of sequence) {
        apply(step);
        drawing.apply(step);
        expect(state()).toBe(drawing.state);
        const { closing, delayMs } = actor.getSnapshot().context;
        expect([closing, delayMs]).toEqual([drawing.closing, drawing.delayMs]);
        expect(commands).toEqual(drawing.commands);
      }
      expect(actor.getSnapshot().status).toBe("active");
    }),
    { numRuns: 1_000 },
  );
});

test("a transport that breaks is refused: it is left to the person, not tried again and again", () => {
  const transport = fromCallback<TransportCommand>(() => {
    throw new Error("there are no sockets here");
  });
  const clock = new SimulatedClock();
  const actor = createActor(clientMachine.provide({ actors: { transport } }), {
    clock,
    input: { random: () => 0.5 },
  });
  actor.start();
  clock.increment(RECONNECT_CEILING_MS);
  expect(actor.getSnapshot().value).toBe("refused");
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
        const { actor, commands, apply, top } = start();
        actor.send({ type: "CONNECT" });
        actor.send({ type: "CLOSED", code, reason: "token_invalid" });
        const state = top();
        expect(state).toBe(code >= 4400 ? "refused" : "offline");
        for (const step of sequence) {
          apply(step);
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
  const changes = clientEvents.filter(
    (it) => it.type === "MODE" || it.type === "RUNS",
  );
  fc.assert(
    fc.property(fc.array(changes), (sequence) => {
      const { actor, state } = startOnline();
      for (const event of sequence) {
        actor.send(event);
        const { context } = actor.getSnapshot();
        const idle = context.runs > 0 ? "running" : "ready";
        expect(state()).toBe(`online.${context.degraded ? "degraded" : idle}`);
      }
    }),
  );
});

test.each([
  ["refused", 4403],
  ["offline", 1000],
] as const)(
  "asked for again by a person when %s, it begins anew",
  (state, code) => {
    const { actor, top } = start();
    actor.send({ type: "CONNECT" });
    actor.send({ type: "CLOSED", code: 1006, reason: "" });
    actor.send({ type: "CONNECT" });
    actor.send({ type: "CLOSED", code, reason: "why" });
    expect(top()).toBe(state);
    expect(actor.getSnapshot().context.closing).toEqual({
      code,
      reason: "why",
    });
    actor.send({ type: "CONNECT" });
    expect(actor.getSnapshot().context.closing).toBeNull();
    actor.send({ type: "CLOSED", code: 1006, reason: "" });
    expect(actor.getSnapshot().context.delayMs).toBe(125);
  },
);

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
  const { actor, clock, top } = startOnline();
  actor.send({ type: "DRAINING", afterMs: 1_000 });
  actor.send({ type: "CLOSED", code: 1012, reason: "restart" });
  const { delayMs, floorMs } = actor.getSnapshot().context;
  expect([delayMs, floorMs]).toEqual([1_125, 0]);
  clock.increment(1_125);
  expect(top()).toBe("connecting");
});

test("an expired token is refreshed after it was good, and refused when it never was", () => {
  const expired = {
    type: "CLOSED",
    code: 4401,
    reason: "token_expired",
  } as const;
  const { actor, clock, top } = startOnline();
  actor.send(expired);
  expect(top()).toBe("waiting");
  expect(actor.getSnapshot().context.closing).toMatchObject({ code: 4401 });
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

test("CONNECT cuts a wait short, and CLOSE leads offline from everywhere and closes what is open", () => {
  const { actor, commands, top } = start();
  actor.send({ type: "CONNECT" });
  actor.send({ type: "CLOSED", code: 1006, reason: "" });
  actor.send({ type: "CONNECT" });
  expect(top()).toBe("connecting");
  actor.send({ type: "CLOSE" });
  expect([top(), commands.at(-1)]).toEqual(["offline", "close"]);
  actor.send({ type: "CONNECT" });
  actor.send({ type: "READY", degraded: false, runs: 0 });
  actor.send({ type: "CLOSE" });
  expect([top(), commands.at(-1)]).toEqual(["offline", "close"]);
});

test("every state is on a shortest path, and no path leaves the drawing", () => {
  const paths = pathsThrough(clientMachine, { random: () => 0.5 }, [
    { type: "CONNECT" },
    { type: "READY", degraded: false, runs: 0 },
    { type: "MODE", degraded: true },
    { type: "RUNS", runs: 1 },
    { type: "CLOSED", code: 1006, reason: "" },
    { type: "CLOSED", code: 4403, reason: "" },
  ]);
  expect(endsOf(paths)).toEqual(Object.keys(EDGES).toSorted());
  expect(undrawn(paths, EDGES)).toEqual([]);
});

test.each([
  ["stop", [1000, 1008, 1009]],
  ["refuse", [4401, 4403, 4408, 4429]],
  ["reconnect", [1001, 1006, 1011, 1012, 1013, 4301, 4302]],
] as const)("section 6: %s on %j", (policy, codes) => {
  for (const code of codes) expect(closePolicy(code)).toBe(policy);
});
