/**
 * The run machine, with the real agent machine below it, under every order of claims, stops, drains, fences and time: it moves as the
 * drawing says, has one agent at a time, and one ending, through `persisting`. Replay a failure: pass the printed `seed` and `path` as
 * second argument of fc.assert.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createActor, SimulatedClock } from "xstate";
import { runMachine } from "../../machines/run.ts";
import type { Claimed } from "../../machines/run.ts";
import {
  Controlled,
  endsOf,
  pathsThrough,
  undrawn,
} from "../support/controlled.ts";
import {
  FINALS,
  EDGES,
  STATE_OF,
  TICK_MS,
  RUN_TIMEOUT_MS,
  sequences,
  plans,
  Recorder,
  start,
  Drawing,
} from "./drawings/run.ts";

test("every order of events moves as drawn, one agent at a time, one ending, and whatever runs belongs to the state", () => {
  fc.assert(
    fc.property(plans, sequences, (planned, sequence) => {
      const { host, claim, persist, decide, apply, state } = start(planned);
      const drawing = new Drawing(planned);
      for (const step of sequence) {
        apply(step);
        drawing.apply(step);
        expect(state()).toBe(drawing.state);
        expect([claim.running, decide.running, persist.running]).toEqual([
          Number(state() === "queued"),
          Number(state() === "working"),
          Number(state() === "persisting"),
        ]);
        expect(host.open).toBe(decide.running);
      }
      expect(host.openMax).toBeLessThanOrEqual(1);
      const ended = FINALS.includes(state());
      expect(persist.inputs.length).toBeLessThanOrEqual(1);
      if (ended) expect(persist.inputs).toHaveLength(1);
      const begun = persist.inputs.length > 0 || host.openMax > 0;
      expect(host.announced).toBe(Number(begun));
    }),
    { numRuns: 1_000 },
  );
});

test("every run can be ended from every point: released, or persisted once", () => {
  fc.assert(
    fc.property(plans, sequences, (planned, sequence) => {
      const { actor, persist, apply } = start(planned);
      sequence.forEach(apply);
      apply({ type: "run.stop" });
      apply({ type: "claim", found: "mine" });
      apply({ type: "persist", final: "cancelled" });
      expect(actor.getSnapshot().status).toBe("done");
      expect(persist.inputs.length).toBeLessThanOrEqual(1);
    }),
  );
});

test.each([
  ["run.stop", "cancelled", ["stopped"]],
  ["run.fenced", "interrupted", ["fenced"]],
  ["run.interrupt", "interrupted", ["drained"]],
] as const)("%s ends the agent %s", (type, status, reasons) => {
  const { host, apply } = start(2);
  apply({ type: "claim", found: "mine" });
  apply({ type });
  expect(host.endings).toMatchObject([{ status }]);
  expect(host.reasons).toEqual(reasons);
});

test("time ends the agent timed_out and is counted from the run's first start, not from the claim", () => {
  const { host, apply, state } = start(2);
  for (let ms = 0; ms < RUN_TIMEOUT_MS; ms += TICK_MS) apply({ type: "tick" });
  apply({ type: "claim", found: "mine" });
  apply({ type: "tick" });
  expect(host.endings).toMatchObject([{ status: "timed_out" }]);
  expect(host.reasons).toEqual(["timedOut"]);
  expect(state()).toBe("persisting");
});

test("a drain waits for the step's end, and a stop or a fence meanwhile weighs more", () => {
  const drained = start(2);
  drained.apply({ type: "claim", found: "mine" });
  drained.apply({ type: "run.drain" });
  drained.apply({ type: "agentEnds" });
  expect(drained.state()).toBe("released");
  expect(drained.host.reasons).toEqual(["drained"]);

  const stopped = start(2);
  stopped.apply({ type: "claim", found: "mine" });
  stopped.apply({ type: "run.drain" });
  stopped.apply({ type: "run.stop" });
  expect(stopped.state()).toBe("persisting");
  expect(stopped.host.reasons).toEqual(["drained", "stopped"]);

  const fenced = start(2);
  fenced.apply({ type: "claim", found: "mine" });
  fenced.apply({ type: "run.drain" });
  fenced.apply({ type: "run.fenced" });
  expect(fenced.state()).toBe("released");
  expect(fenced.host.reasons).toEqual(["drained", "fenced"]);
});

test.each([
  ["stopped", ["stopped"]],
  ["exhausted", ["exhausted"]],
] as const)("a run claimed %s says so and is ended", (found, reasons) => {
  const { host, apply, state } = start(2);
  apply({ type: "claim", found });
  expect(state()).toBe("persisting");
  expect(host.reasons).toEqual(reasons);
});

test("an agent whose machine breaks leaves the run to its next claim", () => {
  const clock = new SimulatedClock();
  const host = new Recorder(1, clock);
  const claim = new Controlled<Claimed, unknown>();
  const broken = { ...host.next()!, thinking: () => raise() };
  const actor = createActor(
    runMachine.provide({ actors: { claim: claim.logic } }),
    {
      clock,
      input: {
        host: {
          planned: () => undefined,
          next: () => broken,
          remainingMs: () => RUN_TIMEOUT_MS,
          leaving: host.leaving,
        },
      },
    },
  );
  actor.start();
  claim.succeed("mine");
  expect(actor.getSnapshot().value).toBe("released");
  expect(host.reasons).toEqual(["fenced"]);
});

function raise(): never {
  throw new Error("a host that breaks its promise");
}

test("every state is on a shortest path, and no path leaves the drawing", () => {
  const happenings = [
    ...(["run.stop", "run.drain", "run.interrupt", "run.fenced"] as const).map(
      (type) => ({ type }),
    ),
    ...(["mine", "gone", "stopped", "exhausted"] as const).map((output) => ({
      type: "xstate.done.actor.0.run.queued",
      output,
    })),
    { type: "xstate.error.actor.0.run.queued" },
    { type: "xstate.done.actor.agent" },
    { type: "xstate.after.runTimeout.run.working" },
    ...Object.keys(STATE_OF).map((output) => ({
      type: "xstate.done.actor.0.run.persisting",
      output,
    })),
    { type: "xstate.error.actor.0.run.persisting" },
  ];
  const paths = [0, 1].flatMap((planned) => {
    const host = new Recorder(planned, new SimulatedClock());
    return pathsThrough(runMachine, { host }, happenings);
  });
  const settled = Object.keys(EDGES).filter((it) => it !== "planning");
  expect(endsOf(paths)).toEqual(settled.toSorted());
  expect(undrawn(paths, EDGES)).toEqual([]);
});
