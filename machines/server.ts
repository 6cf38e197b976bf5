/**
 * The life of a node: starting → serving (full ⇄ degraded) → draining (finishing → handingBack → interrupting → closing) → stopped. Promises:
 * nothing is accepted before `serving` or after it; each part of draining ends by itself, when nothing is left to do or its time is up;
 * `stopped` is reached from everywhere.
 */
import { assign, setup } from "xstate";
import type { ActorLogic, AnyEventObject, Snapshot } from "xstate";

export interface ServerHost {
  readonly finishTimeoutMs: number;
  readonly handBackTimeoutMs: number;
  readonly interruptTimeoutMs: number;
  readonly shutDownTimeoutMs: number;
}

export type ServerEvent =
  { type: "services.changed"; degraded: boolean } | { type: "server.drain" };

type Logic = ActorLogic<
  Snapshot<unknown>,
  AnyEventObject,
  { host: ServerHost }
>;

export const serverMachine = setup({
  types: {
    context: {} as { host: ServerHost; degraded: boolean },
    events: {} as ServerEvent,
    input: {} as { host: ServerHost },
  },
  actors: {
    /** Brings everything up; done when the first connection may come. */
    boot: {} as Logic,
    /** Tells clients, takes no more runs and lets those at work finish; done when none is left. */
    finish: {} as Logic,
    /** Hands runs back at their next step boundary; done when none is left. */
    handBack: {} as Logic,
    /** Ends what is inside a step and hands that back too; done when none is left. */
    interrupt: {} as Logic,
    /** Closes sockets, then everything that was opened. */
    shutDown: {} as Logic,
  },
  delays: {
    finishTimeout: ({ context }) => context.host.finishTimeoutMs,
    handBackTimeout: ({ context }) => context.host.handBackTimeoutMs,
    interruptTimeout: ({ context }) => context.host.interruptTimeoutMs,
    shutDownTimeout: ({ context }) => context.host.shutDownTimeoutMs,
  },
  guards: {
    isDegraded: ({ context }) => context.degraded,
    isRestored: ({ context }) => !context.degraded,
  },
}).createMachine({
  id: "server",
  context: ({ input }) => ({ host: input.host, degraded: false }),
  initial: "starting",
  on: {
    "services.changed": {
      actions: assign({ degraded: ({ event }) => event.degraded }),
    },
  },
  states: {
    starting: {
      invoke: {
        src: "boot",
        input: ({ context }) => ({ host: context.host }),
        onDone: "serving",
        onError: "draining.closing",
      },
      on: { "server.drain": "draining.closing" },
    },
    serving: {
      initial: "full",
      on: { "server.drain": "draining" },
      states: {
        full: { always: { guard: "isDegraded", target: "degraded" } },
        degraded: { always: { guard: "isRestored", target: "full" } },
      },
    },
    draining: {
      initial: "finishing",
      states: {
        finishing: {
          invoke: {
            src: "finish",
            input: ({ context }) => ({ host: context.host }),
            onDone: "closing",
            onError: "closing",
          },
          after: { finishTimeout: "handingBack" },
        },
        handingBack: {
          invoke: {
            src: "handBack",
            input: ({ context }) => ({ host: context.host }),
            onDone: "closing",
            onError: "closing",
          },
          after: { handBackTimeout: "interrupting" },
        },
        interrupting: {
          invoke: {
            src: "interrupt",
            input: ({ context }) => ({ host: context.host }),
            onDone: "closing",
            onError: "closing",
          },
          after: { interruptTimeout: "closing" },
        },
        closing: {
          invoke: {
            src: "shutDown",
            input: ({ context }) => ({ host: context.host }),
            onDone: "#server.stopped",
            onError: "#server.stopped",
          },
          after: { shutDownTimeout: "#server.stopped" },
        },
      },
    },
    stopped: { type: "final" },
  },
});
