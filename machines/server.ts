/**
 * The life of a node: starting → serving (full ⇄ degraded) → draining → stopped. Promises: nothing is accepted before `serving` or
 * after it; draining ends by itself, when all work is done or its time is up; `stopped` is reached from everywhere.
 */
import { assign, setup } from "xstate";
import type { ActorLogic, AnyEventObject, Snapshot } from "xstate";

export interface ServerHost {
  readonly drainTimeoutMs: number;
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
    /** Tells clients, lets runs finish or hands them back; done when nothing is left. */
    finish: {} as Logic,
    /** Closes sockets, then everything that was opened. */
    shutDown: {} as Logic,
  },
  delays: {
    drainTimeout: ({ context }) => context.host.drainTimeoutMs,
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
          after: { drainTimeout: "closing" },
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
