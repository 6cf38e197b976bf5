/**
 * One dependency as this node sees it: up ⇄ down, probing between. A failed call takes it down, a doubtful one makes a probe look, a probe
 * alone brings it back. Promises: while it is down nobody else calls it; probes are spaced by a delay that doubles up to a bound, and each
 * ends; `absent` services have no machine.
 */
import { assign, setup } from "xstate";
import type { ActorLogic, AnyEventObject, Snapshot } from "xstate";

export interface ServiceHost {
  readonly name: string;
  readonly probeIntervalMsMin: number;
  readonly probeIntervalMsMax: number;
  readonly probeTimeoutMs: number;
  /** Called on each entry of `up` and of `down`. Synchronous, must not throw. */
  readonly changed: (state: "up" | "down") => void;
}

export type ServiceEvent =
  | { type: "call.failed" }
  /** A call has had no answer for long, or was cut off: the service may be away, or just that call. */
  | { type: "call.doubted" };

interface ServiceContext {
  readonly host: ServiceHost;
  /** Probes that failed since it was last up. */
  readonly failures: number;
}

export const serviceMachine = setup({
  types: {
    context: {} as ServiceContext,
    events: {} as ServiceEvent,
    input: {} as { host: ServiceHost },
  },
  actors: {
    probe: {} as ActorLogic<
      Snapshot<unknown>,
      AnyEventObject,
      { host: ServiceHost }
    >,
  },
  delays: {
    probeDelay: ({ context }) =>
      Math.min(
        context.host.probeIntervalMsMax,
        context.host.probeIntervalMsMin * 2 ** context.failures,
      ),
    probeTimeout: ({ context }) => context.host.probeTimeoutMs,
  },
  actions: {
    announceUp: ({ context }) => context.host.changed("up"),
    announceDown: ({ context }) => context.host.changed("down"),
    countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    forgetFailures: assign({ failures: 0 }),
  },
}).createMachine({
  id: "service",
  context: ({ input }) => ({ host: input.host, failures: 0 }),
  initial: "probing",
  states: {
    up: {
      entry: ["forgetFailures", "announceUp"],
      on: { "call.failed": "down", "call.doubted": "probing" },
    },
    down: { entry: "announceDown", after: { probeDelay: "probing" } },
    probing: {
      invoke: {
        src: "probe",
        input: ({ context }) => ({ host: context.host }),
        onDone: "up",
        onError: { target: "down", actions: "countFailure" },
      },
      after: { probeTimeout: { target: "down", actions: "countFailure" } },
    },
  },
});
