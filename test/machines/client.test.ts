/** The client machine under every order of events: only the drawn edges, and no way out of `refused` but an explicit one. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  clientMachine,
  closePolicy,
  CONNECT_TIMEOUT_MS,
  RECONNECT_BASE_MS,
  RECONNECT_CEILING_MS,
  reconnectDelayMs,
  STABLE_AFTER_MS,
} from "../../machines/client.ts";
import { endsOf, pathsThrough } from "../support/controlled.ts";
import {
  EDGES,
  clientEvents,
  steps,
  start,
  startOnline,
} from "./drawings/client.ts";

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
        const { actor } = startOnline();
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

test("every state is on a shortest path", () => {
  const paths = pathsThrough(clientMachine, { random: () => 0.5 }, [
    { type: "CONNECT" },
    { type: "READY", degraded: false, runs: 0 },
    { type: "MODE", degraded: true },
    { type: "RUNS", runs: 1 },
    { type: "CLOSED", code: 1006, reason: "" },
    { type: "CLOSED", code: 4403, reason: "" },
  ]);
  const states = Object.keys(EDGES).flatMap((it) =>
    it === "online"
      ? ["online.ready", "online.running", "online.degraded"]
      : it,
  );
  expect(endsOf(paths)).toEqual(states.toSorted());
});

test.each([
  ["stop", [1000, 1008, 1009]],
  ["refuse", [4401, 4403, 4408, 4429]],
  ["reconnect", [1001, 1006, 1011, 1012, 1013, 4301, 4302]],
] as const)("section 6: %s on %j", (policy, codes) => {
  for (const code of codes) expect(closePolicy(code)).toBe(policy);
});
