/**
 * What a run is given and heard in its tests, and the drawing of its machine. Promises: the drawing is written
 * down from the design, independently of the machine, and says where each step leads.
 */
import fc from "fast-check";
import { createActor, SimulatedClock } from "xstate";
import { agentMachine } from "../../../machines/agent.ts";
import type {
  AgentDecision,
  AgentEnding,
  AgentHost,
} from "../../../machines/agent.ts";
import { runMachine } from "../../../machines/run.ts";
import type {
  Claimed,
  Leaving,
  RunEvent,
  RunFinal,
  RunHost,
} from "../../../machines/run.ts";
import { Controlled, nameOf } from "../../support/controlled.ts";

export const FINALS = [
  "completed",
  "partial",
  "failed",
  "cancelled",
  "timedOut",
];
export const EDGES = {
  queued: ["planning", "working", "persisting", "released"],
  planning: ["working", "persisting"],
  working: ["persisting", "released"],
  persisting: [...FINALS, "released"],
  released: [],
  ...Object.fromEntries(FINALS.map((it) => [it, []])),
};
export const STATE_OF: Record<RunFinal, string> = {
  completed: "completed",
  partial: "partial",
  failed: "failed",
  cancelled: "cancelled",
  timed_out: "timedOut",
};
export const TICK_MS = 10;
export const RUN_TIMEOUT_MS = 100;

type Step =
  | { readonly type: "claim"; readonly found: Claimed }
  | { readonly type: "claimFails" }
  | { readonly type: "agentEnds" }
  | { readonly type: "persist"; readonly final: RunFinal }
  | { readonly type: "persistFails" }
  | { readonly type: "tick" }
  | RunEvent;

const claims = fc.record({
  type: fc.constant("claim" as const),
  found: fc.oneof(
    { weight: 5, arbitrary: fc.constant("mine" as const) },
    fc.constantFrom("gone" as const, "stopped" as const, "exhausted" as const),
  ),
});
const events = fc.record({
  type: fc.constantFrom("run.stop", "run.drain", "run.interrupt", "run.fenced"),
});
const others: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: "agentEnds" as const }) },
  { weight: 3, arbitrary: fc.constant({ type: "tick" as const }) },
  fc.record({
    type: fc.constant("persist" as const),
    final: fc.constantFrom(...(Object.keys(STATE_OF) as RunFinal[])),
  }),
  fc.constant({ type: "persistFails" as const }),
  events,
);
/** Most sequences are claimed early; some never. */
export const sequences: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.array(others, { maxLength: 3 }),
    fc.oneof(
      { weight: 9, arbitrary: claims },
      fc.constant({ type: "claimFails" as const }),
    ),
    fc.array(others, { maxLength: 30 }),
  )
  .map(([before, claim, after]) => [...before, claim, ...after]);
export const plans = fc.nat(3);

/** A run with a plan of so many agents; knows which of them are open. */
export class Recorder implements RunHost {
  announced = 0;
  readonly reasons: Leaving[] = [];
  readonly endings: AgentEnding[] = [];
  open = 0;
  openMax = 0;
  readonly #planned: number;
  readonly #clock: SimulatedClock;

  constructor(planned: number, clock: SimulatedClock) {
    this.#planned = planned;
    this.#clock = clock;
  }

  planned = () => void (this.announced += 1);
  next = () => (this.endings.length < this.#planned ? this.#agent : null);
  remainingMs = () => RUN_TIMEOUT_MS - this.#clock.now();
  leaving = (why: Leaving) => void this.reasons.push(why);

  readonly #agent: AgentHost = {
    agentTimeoutMs: 1_000_000,
    toolTimeoutMs: 1_000_000,
    started: () => {
      this.open += 1;
      this.openMax = Math.max(this.openMax, this.open);
    },
    thinking: () => undefined,
    toolExecuting: () => undefined,
    toolCompleted: () => undefined,
    completed: (ending) => {
      this.open -= 1;
      this.endings.push(ending);
    },
  };
}

export function start(planned: number) {
  const clock = new SimulatedClock();
  const host = new Recorder(planned, clock);
  const claim = new Controlled<Claimed, unknown>();
  const persist = new Controlled<RunFinal, unknown>();
  const decide = new Controlled<AgentDecision, unknown>();
  const agent = agentMachine.provide({ actors: { decide: decide.logic } });
  const actor = createActor(
    runMachine.provide({
      actors: { claim: claim.logic, persist: persist.logic, agent },
    }),
    { clock, input: { host } },
  );
  actor.start();
  const apply = (step: Step) => {
    if (step.type === "claim") claim.succeed(step.found);
    else if (step.type === "claimFails") claim.fail(new Error("no database"));
    else if (step.type === "persist") persist.succeed(step.final);
    else if (step.type === "persistFails") persist.fail(new Error("fenced"));
    else if (step.type === "agentEnds") decide.succeed(FINISHED);
    else if (step.type === "tick") clock.increment(TICK_MS);
    else if (actor.getSnapshot().status === "active") actor.send(step);
  };
  const state = () => nameOf(actor.getSnapshot().value);
  return { actor, host, claim, persist, decide, apply, state };
}

const FINISHED: AgentDecision = {
  kind: "finish",
  status: "completed",
  summary: "",
  result: null,
};

/** The drawing, written down a second time, independently: where a step leads from a state. */
export class Drawing {
  state = "queued";
  #left: number;
  #elapsedMs = 0;
  #drained = false;
  #stopped = false;

  constructor(planned: number) {
    this.#left = planned;
  }

  apply(step: Step): void {
    if (step.type === "tick") this.#elapsedMs += TICK_MS;
    if (this.state === "queued") this.#queued(step);
    else if (this.state === "working") this.#working(step);
    else if (this.state === "persisting") this.#persisting(step);
  }

  #queued(step: Step): void {
    if (step.type === "run.stop") this.#stopped = true;
    if (step.type === "run.drain" || step.type === "run.interrupt")
      this.#drained = true;
    if (step.type === "claimFails") this.state = "released";
    if (step.type !== "claim") return;
    if (step.found === "gone") this.state = "released";
    else if (this.#stopped) this.state = "persisting";
    else if (this.#drained) this.state = "released";
    else if (step.found !== "mine") this.state = "persisting";
    else this.state = this.#left > 0 ? "working" : "persisting";
  }

  #working(step: Step): void {
    const outOfTime = step.type === "tick" && this.#elapsedMs >= RUN_TIMEOUT_MS;
    if (step.type === "run.stop" || outOfTime) this.state = "persisting";
    if (step.type === "run.fenced" || step.type === "run.interrupt")
      this.state = "released";
    if (step.type === "run.drain") this.#drained = true;
    if (step.type !== "agentEnds") return;
    this.#left -= 1;
    if (this.#drained) this.state = "released";
    else if (this.#left === 0) this.state = "persisting";
  }

  #persisting(step: Step): void {
    if (step.type === "persist") this.state = STATE_OF[step.final];
    if (step.type === "persistFails") this.state = "released";
  }
}
