/**
 * The connection machine under every order of verdicts, services, runs, time and ends: it moves as the drawing says, greets once, and
 * releases once, with the reason that came first. Replay a failure: pass the printed `seed` and `path` as second argument of fc.assert.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { connectionMachine } from "../../machines/connection.ts";
import { endsOf, pathsThrough, undrawn } from "../support/controlled.ts";
import {
  EDGES,
  TICK_MS,
  AUTHENTICATION_TIMEOUT_MS,
  ENDS,
  DEFECT,
  moving,
  sequences,
  Recorder,
  start,
  Drawing,
} from "./drawings/connection.ts";
import type { EndingType } from "./drawings/connection.ts";

test("every order of events moves as drawn; greeted once before any work, released once, closed for good", () => {
  fc.assert(
    fc.property(fc.boolean(), sequences, (degraded, sequence) => {
      const { actor, host, verify, open, apply, state } = start(degraded);
      const drawing = new Drawing(degraded);
      const trail = [state()];
      for (const step of sequence) {
        apply(step);
        drawing.apply(step);
        trail.push(state());
        expect(state()).toBe(drawing.state);
        expect([verify.running, open.running]).toEqual([
          Number(state() === "connecting"),
          Number(state() === "authenticated"),
        ]);
        const working = ["ready", "running", "degraded"].includes(state());
        if (working) expect(host.greeted).toBe(1);
        expect(host.released).toEqual(
          drawing.end === null ? [] : [drawing.end],
        );
      }
      expect(undrawn([trail], EDGES)).toEqual([]);
      expect(host.greeted).toBe(Number(trail.some((it) => isGreeted(it))));
      expect(actor.getSnapshot().status).toBe(
        state() === "closed" ? "done" : "active",
      );
    }),
    { numRuns: 1_000 },
  );
});

function isGreeted(state: string): boolean {
  return state === "ready" || state === "running" || state === "degraded";
}

test("no state is left without a way to be closed", () => {
  const everyEnd = fc.constantFrom(...(Object.keys(ENDS) as EndingType[]));
  fc.assert(
    fc.property(fc.array(moving), everyEnd, (sequence, type) => {
      const { host, apply, state } = start(false);
      sequence.forEach(apply);
      const early = host.released.length;
      apply({ type });
      expect(state()).toBe("closed");
      expect(host.released).toHaveLength(1);
      if (early === 0) expect(host.released).toEqual([{ kind: ENDS[type] }]);
    }),
  );
});

test("the verdict has a time limit, and nothing after the verdict counts against it", () => {
  const slow = start(false);
  for (let ms = 0; ms < AUTHENTICATION_TIMEOUT_MS; ms += TICK_MS)
    slow.apply({ type: "tick" });
  expect(slow.host.released).toEqual([{ kind: "authenticationTimeout" }]);
  expect(slow.verify.running).toBe(0);

  const quick = start(false);
  quick.apply({ type: "verified" });
  for (let ms = 0; ms <= AUTHENTICATION_TIMEOUT_MS; ms += TICK_MS)
    quick.apply({ type: "tick" });
  quick.apply({ type: "opened" });
  expect(quick.state()).toBe("ready");
});

test("every state is on a shortest path, and no path leaves the drawing", () => {
  const happenings = [
    ...Object.keys(ENDS).map((type) => ({ type })),
    { type: "defect.found", error: DEFECT },
    { type: "xstate.done.actor.0.connection.connecting" },
    { type: "xstate.error.actor.0.connection.connecting" },
    { type: "xstate.after.authenticationTimeout.connection.connecting" },
    { type: "xstate.done.actor.0.connection.authenticated" },
    { type: "xstate.error.actor.0.connection.authenticated" },
    { type: "runs.changed", active: 1 },
    { type: "runs.changed", active: 0 },
    { type: "services.changed", degraded: true },
    { type: "services.changed", degraded: false },
  ];
  const input = { host: new Recorder(), degraded: false };
  const paths = pathsThrough(connectionMachine, input, happenings);
  expect(endsOf(paths)).toEqual(Object.keys(EDGES).toSorted());
  expect(undrawn(paths, EDGES)).toEqual([]);
});
