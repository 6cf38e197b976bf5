/**
 * What a client is given in its tests, and the edges of its machine. Promises: the edges are written down from the design, independently
 * of the machine; the transport answers nothing by itself.
 */
import fc from "fast-check";
import { createActor, fromCallback, SimulatedClock } from "xstate";
import { clientMachine } from "../../../machines/client.ts";
import type {
  ClientEvent,
  TransportCommand,
} from "../../../machines/client.ts";

const CODES = [
  1000, 1001, 1006, 1008, 1009, 1011, 1012, 1013, 4301, 4302, 4401, 4403, 4408,
  4429,
];
/** Every edge between top states; staying is always allowed. */
export const EDGES: Record<string, readonly string[]> = {
  offline: ["connecting"],
  connecting: ["online", "waiting", "refused", "offline"],
  online: ["waiting", "refused", "offline"],
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
export const steps = fc.array(
  fc.oneof(
    clientEvents,
    fc.record({
      type: fc.constant("time" as const),
      ms: fc.integer({ min: 1, max: 20_000 }),
    }),
  ),
  { maxLength: 60 },
);

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
  const top = () => {
    const { value } = actor.getSnapshot();
    return typeof value === "string" ? value : "online";
  };
  return { actor, clock, commands, top };
}

export function startOnline() {
  const started = start();
  started.actor.send({ type: "CONNECT" });
  started.actor.send({ type: "READY", degraded: false, runs: 0 });
  return started;
}
