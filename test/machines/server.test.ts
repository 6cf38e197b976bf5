/**
 * The server machine under every order of boots, services, drains and time: it moves as the drawing says, and a drain always ends.
 * Replay a failure: pass the printed `seed` and `path` as second argument of fc.assert.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createActor, SimulatedClock } from "xstate";
import { serverMachine } from "../../machines/server.ts";
import {
  Controlled,
  endsOf,
  nameOf,
  pathsThrough,
  undrawn,
} from "../support/controlled.ts";

const EDGES = {
  starting: ["serving.full", "serving.degraded", "draining.closing"],
  "serving.full": ["serving.degraded", "draining.finishing"],
  "serving.degraded": ["serving.full", "draining.finishing"],
  "draining.finishing": ["draining.closing"],
  "draining.closing": ["stopped"],
  stopped: [],
};
const HOST = { drainTimeoutMs: 100, shutDownTimeoutMs: 50 };
const TICK_MS = 10;

const ANSWERS = [
  "boots",
  "bootFails",
  "finishes",
  "finishFails",
  "shutsDown",
  "shutDownFails",
  "tick",
] as const;
type Step =
  | { readonly type: (typeof ANSWERS)[number] }
  | { readonly type: "services.changed"; readonly degraded: boolean }
  | { readonly type: "server.drain" };

const changes = fc.record({
  type: fc.constant("services.changed" as const),
  degraded: fc.boolean(),
});
const later: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: changes },
  fc.constant({ type: "server.drain" as const }),
  { weight: 6, arbitrary: fc.constant({ type: "tick" as const }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...ANSWERS).map((type) => ({ type })),
  },
);
const sequences: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.array(later, { maxLength: 2 }),
    fc.constantFrom("boots" as const, "boots" as const, "bootFails" as const),
    fc.array(later, { maxLength: 40 }),
  )
  .map(([before, type, after]) => [...before, { type }, ...after]);

function start() {
  const clock = new SimulatedClock();
  const boot = new Controlled<unknown, unknown>();
  const finish = new Controlled<unknown, unknown>();
  const shutDown = new Controlled<unknown, unknown>();
  const actor = createActor(
    serverMachine.provide({
      actors: {
        boot: boot.logic,
        finish: finish.logic,
        shutDown: shutDown.logic,
      },
    }),
    { clock, input: { host: HOST } },
  );
  actor.start();
  const answers: Record<(typeof ANSWERS)[number], () => void> = {
    boots: () => boot.succeed(undefined),
    bootFails: () => boot.fail(new Error("no port")),
    finishes: () => finish.succeed(undefined),
    finishFails: () => finish.fail(new Error("no database")),
    shutsDown: () => shutDown.succeed(undefined),
    shutDownFails: () => shutDown.fail(new Error("stuck")),
    tick: () => clock.increment(TICK_MS),
  };
  const apply = (step: Step) => {
    if (step.type !== "services.changed" && step.type !== "server.drain")
      answers[step.type]();
    else if (actor.getSnapshot().status === "active") actor.send(step);
  };
  const state = () => nameOf(actor.getSnapshot().value);
  return { actor, boot, finish, shutDown, apply, state };
}

/** The drawing, written down a second time, independently: where a step leads from a state. */
class Drawing {
  state: keyof typeof EDGES = "starting";
  #degraded = false;
  #inStateMs = 0;

  apply(step: Step): void {
    const before = this.state;
    if (step.type === "tick") this.#inStateMs += TICK_MS;
    if (step.type === "services.changed") this.#degraded = step.degraded;
    this.state = this.#after(step.type);
    if (this.state !== before) this.#inStateMs = 0;
  }

  #after(type: Step["type"]): keyof typeof EDGES {
    const serving = this.#degraded ? "serving.degraded" : "serving.full";
    switch (this.state) {
      case "starting":
        if (type === "boots") return serving;
        return type === "bootFails" || type === "server.drain"
          ? "draining.closing"
          : "starting";
      case "serving.full":
      case "serving.degraded":
        return type === "server.drain" ? "draining.finishing" : serving;
      case "draining.finishing":
        return type === "finishes" ||
          type === "finishFails" ||
          this.#inStateMs >= HOST.drainTimeoutMs
          ? "draining.closing"
          : this.state;
      case "draining.closing":
        return type === "shutsDown" ||
          type === "shutDownFails" ||
          this.#inStateMs >= HOST.shutDownTimeoutMs
          ? "stopped"
          : this.state;
      case "stopped":
        return this.state;
    }
  }
}

test("every order of events moves as drawn, and what runs belongs to the state", () => {
  fc.assert(
    fc.property(sequences, (sequence) => {
      const { boot, finish, shutDown, apply, state } = start();
      const drawing = new Drawing();
      for (const step of sequence) {
        apply(step);
        drawing.apply(step);
        expect(state()).toBe(drawing.state);
        expect([boot.running, finish.running, shutDown.running]).toEqual([
          Number(state() === "starting"),
          Number(state() === "draining.finishing"),
          Number(state() === "draining.closing"),
        ]);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a drain always ends, by time alone, from any point", () => {
  fc.assert(
    fc.property(sequences, (sequence) => {
      const { actor, apply } = start();
      sequence.forEach(apply);
      apply({ type: "server.drain" });
      const worstMs = HOST.drainTimeoutMs + HOST.shutDownTimeoutMs;
      for (let ms = 0; ms < worstMs; ms += TICK_MS) apply({ type: "tick" });
      expect(actor.getSnapshot().value).toBe("stopped");
      expect(actor.getSnapshot().status).toBe("done");
    }),
  );
});

test("every state is on a shortest path, and no path leaves the drawing", () => {
  const paths = pathsThrough(serverMachine, { host: HOST }, [
    { type: "server.drain" },
    { type: "services.changed", degraded: true },
    { type: "services.changed", degraded: false },
    { type: "xstate.done.actor.0.server.starting" },
    { type: "xstate.error.actor.0.server.starting" },
    { type: "xstate.done.actor.0.server.draining.finishing" },
    { type: "xstate.after.drainTimeout.server.draining.finishing" },
    { type: "xstate.done.actor.0.server.draining.closing" },
  ]);
  expect(endsOf(paths)).toEqual(Object.keys(EDGES).toSorted());
  expect(undrawn(paths, EDGES)).toEqual([]);
});
