/**
 * What a connection is given and heard in its tests, and the drawing of its machine. Promises: the drawing is written
 * down from the design, independently of the machine, and says where each step leads.
 */
import fc from "fast-check";
import { createActor, SimulatedClock } from "xstate";
import { connectionMachine } from "../../../machines/connection.ts";
import type {
  ConnectionEnd,
  ConnectionEvent,
  ConnectionHost,
} from "../../../machines/connection.ts";
import { Controlled, nameOf } from "../../support/controlled.ts";

export const EDGES = {
  connecting: ["authenticated", "closed"],
  authenticated: ["ready", "running", "degraded", "closed"],
  ready: ["running", "degraded", "closed"],
  running: ["ready", "degraded", "closed"],
  degraded: ["ready", "running", "closed"],
  closed: [],
};
export const TICK_MS = 10;
export const AUTHENTICATION_TIMEOUT_MS = 30;
/** What ends a connection from outside, and what its end is then. */
export const ENDS = {
  "socket.closed": "gone",
  "token.expired": "tokenExpired",
  "token.revoked": "revoked",
  "identity.changed": "identityChanged",
  "heartbeat.missed": "heartbeatMissed",
  "consumer.stalled": "consumerStalled",
  "policy.violated": "policyViolated",
  "connection.removed": "removed",
  "server.stopped": "serverStopped",
} as const satisfies Partial<
  Record<ConnectionEvent["type"], ConnectionEnd["kind"]>
>;
export type EndingType = keyof typeof ENDS;

const REFUSAL = { reason: "token_invalid" };
export const DEFECT = new Error("a defect");

type Step =
  | { readonly type: "verified" }
  | { readonly type: "opened" }
  | { readonly type: "verifyFails" }
  | { readonly type: "openFails" }
  | { readonly type: "tick" }
  | ConnectionEvent;

export const moving: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ type: "verified" as const }) },
  { weight: 3, arbitrary: fc.constant({ type: "opened" as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("runs.changed" as const),
      active: fc.nat(2),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("services.changed" as const),
      degraded: fc.boolean(),
    }),
  },
  fc.constant({ type: "tick" as const }),
);
const ending: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom(...(Object.keys(ENDS) as EndingType[])).map((type) => ({
    type,
  })),
  fc.constant({ type: "defect.found" as const, error: DEFECT }),
  fc.constantFrom(
    { type: "verifyFails" as const },
    { type: "openFails" as const },
  ),
);
export const sequences = fc.array(
  fc.oneof({ weight: 12, arbitrary: moving }, ending),
  { maxLength: 40 },
);

export class Recorder implements ConnectionHost {
  readonly authenticationTimeoutMs = AUTHENTICATION_TIMEOUT_MS;
  greeted = 0;
  readonly released: ConnectionEnd[] = [];
  greet = () => void (this.greeted += 1);
  release = (end: ConnectionEnd) => void this.released.push(end);
}

export function start(degraded: boolean) {
  const clock = new SimulatedClock();
  const host = new Recorder();
  const verify = new Controlled<unknown, unknown>();
  const open = new Controlled<unknown, unknown>();
  const actor = createActor(
    connectionMachine.provide({
      actors: { verify: verify.logic, open: open.logic },
    }),
    { clock, input: { host, degraded } },
  );
  actor.start();
  const apply = (step: Step) => {
    if (step.type === "verified") verify.succeed(undefined);
    else if (step.type === "verifyFails") verify.fail(REFUSAL);
    else if (step.type === "opened") open.succeed(undefined);
    else if (step.type === "openFails") open.fail(REFUSAL);
    else if (step.type === "tick") clock.increment(TICK_MS);
    else if (actor.getSnapshot().status === "active") actor.send(step);
  };
  const state = () => nameOf(actor.getSnapshot().value);
  return { actor, host, verify, open, apply, state };
}

/** The drawing, written down a second time, independently: where a step leads from a state, and with which end. */
export class Drawing {
  state = "connecting";
  end: ConnectionEnd | null = null;
  #degraded: boolean;
  #active = 0;
  #elapsedMs = 0;

  constructor(degraded: boolean) {
    this.#degraded = degraded;
  }

  apply(step: Step): void {
    if (this.state === "closed") return;
    if (step.type === "tick") this.#elapsedMs += TICK_MS;
    if (step.type === "runs.changed") this.#active = step.active;
    if (step.type === "services.changed") this.#degraded = step.degraded;
    if (step.type in ENDS) this.#close({ kind: ENDS[step.type as EndingType] });
    else if (step.type === "defect.found")
      this.#close({ kind: "defect", error: step.error });
    else if (this.state === "connecting") this.#connecting(step);
    else if (this.state === "authenticated") this.#authenticated(step);
    else this.state = this.#settled();
  }

  #connecting(step: Step): void {
    if (step.type === "verified") this.state = "authenticated";
    if (step.type === "verifyFails")
      this.#close({ kind: "refused", error: REFUSAL });
    if (step.type === "tick" && this.#elapsedMs >= AUTHENTICATION_TIMEOUT_MS)
      this.#close({ kind: "authenticationTimeout" });
  }

  #authenticated(step: Step): void {
    if (step.type === "opened") this.state = this.#settled();
    if (step.type === "openFails")
      this.#close({ kind: "refused", error: REFUSAL });
  }

  #settled(): string {
    if (this.#degraded) return "degraded";
    return this.#active > 0 ? "running" : "ready";
  }

  #close(end: ConnectionEnd): void {
    this.state = "closed";
    this.end = end;
  }
}
