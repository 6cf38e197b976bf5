/**
 * The service machine under every order of failed calls, probes and time: it moves as the drawing says, probes alone bring it back, and
 * probing never stops. Replay a failure: pass the printed `seed` and `path` as second argument of fc.assert.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createActor, SimulatedClock } from "xstate";
import { serviceMachine } from "../../machines/service.ts";
import type { ServiceHost } from "../../machines/service.ts";
import {
  Controlled,
  endsOf,
  nameOf,
  pathsThrough,
  undrawn,
} from "../support/controlled.ts";

const EDGES = {
  probing: ["up", "down"],
  up: ["down", "probing"],
  down: ["probing"],
};
const INTERVAL_MS_MIN = 100;
const INTERVAL_MS_MAX = 1_000;
const PROBE_TIMEOUT_MS = 300;
const TICK_MS = 100;

type Step =
  | { readonly type: "call.failed" }
  | { readonly type: "call.doubted" }
  | { readonly type: "answers" }
  | { readonly type: "refuses" }
  | { readonly type: "tick" };
const sequences: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.constant({ type: "call.failed" as const }),
    fc.constant({ type: "call.doubted" as const }),
    fc.constant({ type: "answers" as const }),
    { weight: 3, arbitrary: fc.constant({ type: "refuses" as const }) },
    { weight: 8, arbitrary: fc.constant({ type: "tick" as const }) },
  ),
  { maxLength: 60 },
);

function start() {
  const clock = new SimulatedClock();
  const changes: string[] = [];
  const probe = new Controlled<unknown, unknown>();
  const host: ServiceHost = {
    name: "database",
    probeIntervalMsMin: INTERVAL_MS_MIN,
    probeIntervalMsMax: INTERVAL_MS_MAX,
    probeTimeoutMs: PROBE_TIMEOUT_MS,
    changed: (state) => void changes.push(state),
  };
  const actor = createActor(
    serviceMachine.provide({ actors: { probe: probe.logic } }),
    { clock, input: { host } },
  );
  actor.start();
  const apply = (step: Step) => {
    if (step.type === "answers") probe.succeed(undefined);
    else if (step.type === "refuses") probe.fail(new Error("refused"));
    else if (step.type === "tick") clock.increment(TICK_MS);
    else actor.send(step);
  };
  const state = () => nameOf(actor.getSnapshot().value);
  return { actor, host, probe, changes, apply, state };
}

/** The drawing, written down a second time, independently: where a step leads, and what is told. */
class Drawing {
  state: keyof typeof EDGES = "probing";
  readonly changes: string[] = [];
  #inStateMs = 0;
  #failures = 0;

  apply(step: Step): void {
    if (step.type === "tick") this.#inStateMs += TICK_MS;
    if (this.state === "up" && step.type === "call.failed") this.#fall();
    else if (this.state === "up" && step.type === "call.doubted")
      this.#enter("probing");
    else if (this.state === "probing") this.#probing(step);
    else if (this.state === "down" && this.#inStateMs >= this.#delayMs())
      this.#enter("probing");
  }

  #probing(step: Step): void {
    if (step.type === "answers") {
      this.#failures = 0;
      this.#enter("up");
      this.changes.push("up");
    }
    if (step.type !== "refuses" && this.#inStateMs < PROBE_TIMEOUT_MS) return;
    this.#failures += 1;
    this.#fall();
  }

  #fall(): void {
    this.#enter("down");
    this.changes.push("down");
  }

  #enter(state: keyof typeof EDGES): void {
    this.state = state;
    this.#inStateMs = 0;
  }

  #delayMs(): number {
    return Math.min(INTERVAL_MS_MAX, INTERVAL_MS_MIN * 2 ** this.#failures);
  }
}

test("every order of events moves as drawn, and each change is told once", () => {
  fc.assert(
    fc.property(sequences, (sequence) => {
      const { probe, changes, apply, state } = start();
      const drawing = new Drawing();
      for (const step of sequence) {
        apply(step);
        drawing.apply(step);
        expect(state()).toBe(drawing.state);
        expect(changes).toEqual(drawing.changes);
        expect(probe.running).toBe(Number(state() === "probing"));
      }
    }),
    { numRuns: 500 },
  );
});

test("from any point, a service that answers is up again within the longest interval and a probe", () => {
  fc.assert(
    fc.property(sequences, (sequence) => {
      const { apply, state } = start();
      sequence.forEach(apply);
      const worstMs = PROBE_TIMEOUT_MS + INTERVAL_MS_MAX;
      for (let ms = 0; ms <= worstMs && state() !== "up"; ms += TICK_MS) {
        apply({ type: "answers" });
        apply({ type: "tick" });
      }
      apply({ type: "answers" });
      expect(state()).toBe("up");
    }),
  );
});

test("once it was up, earlier failures no longer space the probes", () => {
  const { apply, state } = start();
  for (const _ of [1, 2, 3]) {
    apply({ type: "refuses" });
    for (let ms = 0; ms < INTERVAL_MS_MAX && state() === "down"; ms += TICK_MS)
      apply({ type: "tick" });
  }
  apply({ type: "answers" });
  apply({ type: "call.failed" });
  expect(state()).toBe("down");
  apply({ type: "tick" });
  expect(state()).toBe("probing");
});

test("every state is on a shortest path, and no path leaves the drawing", () => {
  const { host } = start();
  const paths = pathsThrough(
    serviceMachine,
    { host: { ...host, changed: () => undefined } },
    [
      { type: "call.failed" },
      { type: "call.doubted" },
      { type: "xstate.done.actor.0.service.probing" },
      { type: "xstate.after.probeDelay.service.down" },
    ],
  );
  expect(endsOf(paths)).toEqual(Object.keys(EDGES).toSorted());
  expect(undrawn(paths, EDGES)).toEqual([]);
});
