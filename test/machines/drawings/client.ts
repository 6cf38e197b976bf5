/**
 * What a client is given in its tests, and the drawing of its machine. Promises: the drawing is written down from the design,
 * independently of the machine, and says where each step leads; the transport answers nothing by itself.
 */
import fc from "fast-check";
import { createActor, fromCallback, SimulatedClock } from "xstate";
import { clientMachine } from "../../../machines/client.ts";
import type {
  ClientEvent,
  Closing,
  TransportCommand,
} from "../../../machines/client.ts";
import { nameOf } from "../../support/controlled.ts";

const CODES = [
  1000, 1001, 1006, 1008, 1009, 1011, 1012, 1013, 4301, 4302, 4401, 4403, 4408,
  4429,
];
const ONLINE = ["online.ready", "online.running", "online.degraded"];
const LEFT = ["waiting", "refused", "offline"];
export const EDGES: Record<string, readonly string[]> = {
  offline: ["connecting"],
  connecting: [...ONLINE, ...LEFT],
  ...Object.fromEntries(ONLINE.map((it) => [it, [...ONLINE, ...LEFT]])),
  waiting: ["connecting", "offline"],
  refused: ["connecting", "offline"],
};

const closings = fc.record({
  type: fc.constant("CLOSED" as const),
  code: fc.constantFrom(...CODES),
  reason: fc.constantFrom("", "token_expired", "token_invalid"),
});
export const clientEvents: fc.Arbitrary<ClientEvent> = fc.oneof(
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
export type Step = ClientEvent | { readonly type: "time"; readonly ms: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: clientEvents },
  fc.record({
    type: fc.constant("time" as const),
    ms: fc.integer({ min: 1, max: 20_000 }),
  }),
);
/** Half of the sequences begin online, where most can happen. */
export const steps: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.constantFrom<Step[]>(
      [],
      [{ type: "CONNECT" }, { type: "READY", degraded: false, runs: 0 }],
    ),
    fc.array(anyStep, { maxLength: 60 }),
  )
  .map((it) => it.flat());

export function start(random: () => number = () => 0.5) {
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
  const apply = (step: Step) => {
    if (step.type === "time") clock.increment(step.ms);
    else actor.send(step);
  };
  const state = () => nameOf(actor.getSnapshot().value);
  const top = () => state().split(".")[0];
  return { actor, clock, commands, apply, state, top };
}

export function startOnline() {
  const started = start();
  started.actor.send({ type: "CONNECT" });
  started.actor.send({ type: "READY", degraded: false, runs: 0 });
  return started;
}

const CONNECT_TIMEOUT_MS = 10_000;
const STABLE_AFTER_MS = 5_000;
const STOPS = [1000, 1008, 1009];
const REFUSALS = [4401, 4403, 4408, 4429];

/** The drawing, written down a second time, independently: where a step leads, what is remembered, and what the transport is told. */
export class Drawing {
  state = "offline";
  closing: Closing | null = null;
  delayMs = 0;
  readonly commands: string[] = [];
  #attempt = 0;
  #floorMs = 0;
  #degraded = false;
  #runs = 0;
  #inStateMs = 0;

  apply(step: Step): void {
    if (step.type === "time") this.#pass(step.ms);
    else if (step.type === "CONNECT") this.#connect();
    else if (step.type === "CLOSE") this.#close();
    else if (this.state === "connecting") this.#connecting(step);
    else if (this.#isOnline()) this.#online(step);
  }

  #isOnline(): boolean {
    return this.state.startsWith("online");
  }

  #pass(ms: number): void {
    this.#inStateMs += ms;
    if (this.state === "connecting" && this.#inStateMs >= CONNECT_TIMEOUT_MS) {
      this.closing = { code: 1006, reason: "connect_timeout" };
      this.commands.push("close");
      this.#wait();
    } else if (this.state === "waiting" && this.#inStateMs >= this.delayMs)
      this.#open();
    else if (this.#isOnline() && this.#inStateMs >= STABLE_AFTER_MS)
      this.#attempt = 0;
  }

  /** Asked for by a person, it begins anew; in a wait it only cuts that short. */
  #connect(): void {
    if (this.state === "waiting") this.#open();
    if (this.state !== "offline" && this.state !== "refused") return;
    this.#attempt = 0;
    this.closing = null;
    this.#open();
  }

  #close(): void {
    if (this.state === "offline") return;
    if (this.state === "connecting" || this.#isOnline())
      this.commands.push("close");
    this.closing = null;
    this.#enter("offline");
  }

  #connecting(step: Step): void {
    if (step.type === "CLOSED") this.#closed(step, false);
    if (step.type !== "READY") return;
    this.closing = null;
    this.#degraded = step.degraded;
    this.#runs = step.runs;
    this.#inStateMs = 0;
    this.#settle();
  }

  #online(step: Step): void {
    if (step.type === "CLOSED") return this.#closed(step, true);
    if (step.type === "DRAINING") this.#floorMs = step.afterMs;
    if (step.type === "MODE") this.#degraded = step.degraded;
    if (step.type === "RUNS") this.#runs = step.runs;
    this.#settle();
  }

  #settle(): void {
    const idle = this.#runs > 0 ? "running" : "ready";
    this.state = `online.${this.#degraded ? "degraded" : idle}`;
  }

  #closed({ code, reason }: Closing, wasGood: boolean): void {
    this.closing = { code, reason };
    const expired = wasGood && code === 4401 && reason === "token_expired";
    if (STOPS.includes(code)) this.#enter("offline");
    else if (REFUSALS.includes(code) && !expired) this.#enter("refused");
    else this.#wait();
  }

  /** With luck of one half: 125 ms, doubled by each failure up to 7.5 s, and what the server asked for once. */
  #wait(): void {
    this.delayMs = this.#floorMs + Math.min(7_500, 125 * 2 ** this.#attempt);
    this.#attempt += 1;
    this.#floorMs = 0;
    this.#enter("waiting");
  }

  #open(): void {
    this.commands.push("open");
    this.#enter("connecting");
  }

  #enter(state: string): void {
    this.state = state;
    this.#inStateMs = 0;
  }
}
