/**
 * One WebSocket connection: connecting → authenticated → ready ⇄ running, degraded beside them, closed. Owns the lifecycle only;
 * data frames are gated on its current state. Promises: no state before `authenticated` has a socket, no frame is handled before
 * `ready`, and `closed` is reached from everywhere, once, and releases all that the connection owned.
 */
import { assign, setup } from "xstate";
import type { ActorLogic, AnyEventObject, Snapshot } from "xstate";

/** Why a connection ended; the close code and text follow from it. */
export type ConnectionEnd =
  | { readonly kind: "refused"; readonly error: unknown }
  | { readonly kind: "authenticationTimeout" }
  | { readonly kind: "gone" }
  | { readonly kind: "tokenExpired" }
  | { readonly kind: "revoked" }
  | { readonly kind: "identityChanged" }
  | { readonly kind: "heartbeatMissed" }
  | { readonly kind: "consumerStalled" }
  | { readonly kind: "policyViolated" }
  | { readonly kind: "removed" }
  | { readonly kind: "serverStopped" }
  | { readonly kind: "defect"; readonly error: unknown };

/** What the machine needs of its connection. Methods are synchronous and must not throw. */
export interface ConnectionHost {
  /** Called once, on leaving `authenticated` for `ready`: greets, and starts to handle frames. */
  readonly greet: () => void;
  /** Called on entry of `closed`, once: says why, closes the socket, releases everything. */
  readonly release: (end: ConnectionEnd) => void;
  readonly authenticationTimeoutMs: number;
}

export type ConnectionEvent =
  | { type: "socket.closed" }
  | { type: "runs.changed"; active: number }
  | { type: "services.changed"; degraded: boolean }
  | { type: "token.expired" }
  | { type: "token.revoked" }
  | { type: "identity.changed" }
  | { type: "heartbeat.missed" }
  | { type: "consumer.stalled" }
  | { type: "policy.violated" }
  | { type: "connection.removed" }
  | { type: "server.stopped" }
  | { type: "defect.found"; error: unknown };

interface ConnectionContext {
  readonly host: ConnectionHost;
  /** `gone`, unless what closes it says otherwise. */
  readonly end: ConnectionEnd;
  /** Active runs of the threads it joined. */
  readonly activeRuns: number;
  readonly degraded: boolean;
}

type Logic<Output, Input> = ActorLogic<Snapshot<Output>, AnyEventObject, Input>;

export const connectionMachine = setup({
  types: {
    context: {} as ConnectionContext,
    events: {} as ConnectionEvent,
    input: {} as { host: ConnectionHost; degraded: boolean },
  },
  actors: {
    /** Holds the upgrade until there is a verdict on the token. */
    verify: {} as Logic<unknown, { host: ConnectionHost }>,
    /** Completes the upgrade and builds the user context. */
    open: {} as Logic<unknown, { host: ConnectionHost }>,
  },
  delays: {
    authenticationTimeout: ({ context }) =>
      context.host.authenticationTimeoutMs,
  },
  guards: {
    isDegraded: ({ context }) => context.degraded,
    isRunning: ({ context }) => context.activeRuns > 0,
    isRestored: ({ context }) => !context.degraded,
    isIdle: ({ context }) => context.activeRuns === 0,
  },
  actions: {
    greet: ({ context }) => context.host.greet(),
    release: ({ context }) => context.host.release(context.end),
    endAs: assign({ end: (_, end: ConnectionEnd) => end }),
  },
}).createMachine({
  id: "connection",
  context: ({ input }) => ({
    host: input.host,
    end: { kind: "gone" },
    activeRuns: 0,
    degraded: input.degraded,
  }),
  initial: "connecting",
  on: {
    "runs.changed": {
      actions: assign({ activeRuns: ({ event }) => event.active }),
    },
    "services.changed": {
      actions: assign({ degraded: ({ event }) => event.degraded }),
    },
    "socket.closed": ".closed",
    "token.expired": {
      target: ".closed",
      actions: { type: "endAs", params: { kind: "tokenExpired" } },
    },
    "token.revoked": {
      target: ".closed",
      actions: { type: "endAs", params: { kind: "revoked" } },
    },
    "identity.changed": {
      target: ".closed",
      actions: { type: "endAs", params: { kind: "identityChanged" } },
    },
    "heartbeat.missed": {
      target: ".closed",
      actions: { type: "endAs", params: { kind: "heartbeatMissed" } },
    },
    "consumer.stalled": {
      target: ".closed",
      actions: { type: "endAs", params: { kind: "consumerStalled" } },
    },
    "policy.violated": {
      target: ".closed",
      actions: { type: "endAs", params: { kind: "policyViolated" } },
    },
    "connection.removed": {
      target: ".closed",
      actions: { type: "endAs", params: { kind: "removed" } },
    },
    "server.stopped": {
      target: ".closed",
      actions: { type: "endAs", params: { kind: "serverStopped" } },
    },
    "defect.found": {
      target: ".closed",
      actions: {
        type: "endAs",
        params: ({ event }) => ({ kind: "defect", error: event.error }),
      },
    },
  },
  states: {
    connecting: {
      after: {
        authenticationTimeout: {
          target: "closed",
          actions: { type: "endAs", params: { kind: "authenticationTimeout" } },
        },
      },
      invoke: {
        src: "verify",
        input: ({ context }) => ({ host: context.host }),
        onDone: "authenticated",
        onError: {
          target: "closed",
          actions: {
            type: "endAs",
            params: ({ event }) => ({ kind: "refused", error: event.error }),
          },
        },
      },
    },
    authenticated: {
      invoke: {
        src: "open",
        input: ({ context }) => ({ host: context.host }),
        onDone: { target: "ready", actions: "greet" },
        onError: {
          target: "closed",
          actions: {
            type: "endAs",
            params: ({ event }) => ({ kind: "refused", error: event.error }),
          },
        },
      },
    },
    ready: {
      always: [
        { guard: "isDegraded", target: "degraded" },
        { guard: "isRunning", target: "running" },
      ],
    },
    running: {
      always: [
        { guard: "isDegraded", target: "degraded" },
        { guard: "isIdle", target: "ready" },
      ],
    },
    degraded: { always: { guard: "isRestored", target: "ready" } },
    closed: { type: "final", entry: "release" },
  },
});
