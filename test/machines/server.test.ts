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
  "draining.finishing": ["draining.handingBack", "draining.closing"],
  "draining.handingBack": ["draining.interrupting", "draining.closing"],
  "draining.interrupting": ["draining.closing"],
  "draining.closing": ["stopped"],
  stopped: [],
};
const HOST = {
  finishTimeoutMs: 100,
  handBackTimeoutMs: 80,
  interruptTimeoutMs: 60,
  shutDownTimeoutMs: 50,
};
const TICK_MS = 10;

const ANSWERS = [
  "boots",
  "bootFails",
  "empties",
  "emptyingFails",
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
  const handBack = new Controlled<unknown, unknown>();
  const interrupt = new Controlled<unknown, unknown>();
  const shutDown = new Controlled<unknown, unknown>();
  const actor = createActor(
    serverMachine.provide({
      actors: {
        boot: boot.logic,
        finish: finish.logic,
        handBack: handBack.logic,
        interrupt: interrupt.logic,
        shutDown: shutDown.logic,
      },
    }),
    { clock, input: { host: HOST } },
  );
  actor.start();
  const answers: Record<(typeof ANSWERS)[number], () => void> = {
    boots: () => boot.succeed(undefined),
    bootFails: () => boot.fail(new Error("no port")),
    empties: () =>
      [finish, handBack, interrupt].forEach((it) => it.succeed(undefined)),
    emptyingFails: () =>
      [finish, handBack, interrupt].forEach((it) =>
        it.fail(new Error("no database")),
      ),
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
  const running = () =>
    [boot, finish, handBack, interrupt, shutDown].map((it) => it.running);
  return { actor, running, apply, state };
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
        return this.#leaving(
          type,
          HOST.finishTimeoutMs,
          "draining.handingBack",
        );
      case "draining.handingBack":
        return this.#leaving(
          type,
          HOST.handBackTimeoutMs,
          "draining.interrupting",
        );
      case "draining.interrupting":
        return this.#leaving(type, HOST.interruptTimeoutMs, "draining.closing");
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

  #leaving(
    type: Step["type"],
    timeoutMs: number,
    next: keyof typeof EDGES,
  ): keyof typeof EDGES {
    if (type === "empties" || type === "emptyingFails")
      return "draining.closing";
    return this.#inStateMs >= timeoutMs ? next : this.state;
  }
}

test("every order of events moves as drawn, and what runs belongs to the state", () => {
  fc.assert(
    fc.property(sequences, (sequence) => {
      const { running, apply, state } = start();
      const drawing = new Drawing();
      for (const step of sequence) {
        apply(step);
        drawing.apply(step);
        expect(state()).toBe(drawing.state);
        expect(running()).toEqual(
          [
            "starting",
            "draining.finishing",
            "draining.handingBack",
            "draining.interrupting",
            "draining.closing",
          ].map((it) => Number(state() === it)),
        );
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
      const worstMs = Object.values(HOST).reduce((sum, it) => sum + it);
      for (let ms = 0; ms < worstMs; ms += TICK_MS) apply({ type: "tick" });
      expect(actor.getSnapshot().value).toBe("stopped");
      expect(actor.getSnapshot().status).toBe("done");
    }),
  );
});

test.each([
  ["draining.finishing", 0],
  ["draining.handingBack", HOST.finishTimeoutMs],
  ["draining.interrupting", HOST.finishTimeoutMs + HOST.handBackTimeoutMs],
] as const)("%s ends when nothing is left, or nobody can say", (name, ms) => {
  for (const type of ["empties", "emptyingFails"] as const) {
    const { apply, state } = start();
    apply({ type: "boots" });
    apply({ type: "server.drain" });
    for (let passed = 0; passed < ms; passed += TICK_MS)
      apply({ type: "tick" });
    expect(state()).toBe(name);
    apply({ type });
    expect(state()).toBe("draining.closing");
  }
});

test("every state is on a shortest path, and no path leaves the drawing", () => {
  const paths = pathsThrough(serverMachine, { host: HOST }, [
    { type: "server.drain" },
    { type: "services.changed", degraded: true },
    { type: "services.changed", degraded: false },
    { type: "xstate.done.actor.0.server.starting" },
    { type: "xstate.error.actor.0.server.starting" },
    { type: "xstate.done.actor.0.server.draining.finishing" },
    { type: "xstate.after.finishTimeout.server.draining.finishing" },
    { type: "xstate.done.actor.0.server.draining.handingBack" },
    { type: "xstate.after.handBackTimeout.server.draining.handingBack" },
    { type: "xstate.done.actor.0.server.draining.interrupting" },
    { type: "xstate.done.actor.0.server.draining.closing" },
  ]);
  expect(endsOf(paths)).toEqual(Object.keys(EDGES).toSorted());
  expect(undrawn(paths, EDGES)).toEqual([]);
});
