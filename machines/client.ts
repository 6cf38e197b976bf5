/**
 * The life of a client's connection: offline → connecting → online (ready, running, degraded) → waiting | refused.
 * Owns the reconnect policy of docs/PROTOCOL.md section 6. Promises: a refused or stopped client never reconnects by itself, and
 * every wait is full jitter under a cap. The socket itself is the actor `transport`, provided from outside.
 */
import { assign, fromCallback, sendTo, setup } from "xstate";

/** Milliseconds: the longest wait before a reconnect, and the ceiling of the first one. */
export const RECONNECT_CEILING_MS = 15_000;
export const RECONNECT_BASE_MS = 250;
/** Milliseconds without `connection_ready` after which an attempt is given up; the server's own verdict takes 5 s at most. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** Milliseconds online after which earlier failures are forgotten, so that a flapping server is not hammered. */
export const STABLE_AFTER_MS = 5_000;

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export type ClientEvent =
  /** Connect, retry now, or "something has changed": the only way out of `offline` and `refused`. */
  | { readonly type: "CONNECT" }
  | { readonly type: "CLOSE" }
  /** `connection_ready` has arrived. */
  | {
      readonly type: "READY";
      readonly degraded: boolean;
      readonly runs: number;
    }
  | ({ readonly type: "CLOSED" } & Closing)
  | { readonly type: "MODE"; readonly degraded: boolean }
  | { readonly type: "RUNS"; readonly runs: number }
  /** The server is about to close and names the earliest time to come back. */
  | { readonly type: "DRAINING"; readonly afterMs: number };

export type TransportCommand =
  { readonly type: "open" } | { readonly type: "close" };

export interface ClientContext {
  /** A number from 0 up to 1, evenly spread. */
  readonly random: () => number;
  /** Attempts since the connection was last stable. */
  readonly attempt: number;
  /** Milliseconds that `waiting` lasts. */
  readonly delayMs: number;
  /** Milliseconds the server asked to stay away, on top of the jitter. */
  readonly floorMs: number;
  readonly closing: Closing | null;
  readonly degraded: boolean;
  /** Active runs of joined threads. */
  readonly runs: number;
}

/** What a close code means for a client: the range is the policy (section 6). Unknown codes count as a lost line. */
export function closePolicy(code: number): "stop" | "refuse" | "reconnect" {
  if (code === 1000 || code === 1008 || code === 1009) return "stop";
  return code >= 4400 && code <= 4499 ? "refuse" : "reconnect";
}

/** Milliseconds to wait before attempt n (from 0): full jitter, `random * min(15 s, 250 ms * 2^n)`. */
export function reconnectDelayMs(
  attempt: number,
  random: () => number,
): number {
  return Math.round(
    random() * Math.min(RECONNECT_CEILING_MS, RECONNECT_BASE_MS * 2 ** attempt),
  );
}

/** What an event leaves in the context. */
function noted(event: ClientEvent): Partial<ClientContext> {
  switch (event.type) {
    case "READY":
      return { degraded: event.degraded, runs: event.runs };
    case "CLOSED":
      return { closing: { code: event.code, reason: event.reason } };
    case "MODE":
      return { degraded: event.degraded };
    case "RUNS":
      return { runs: event.runs };
    case "DRAINING":
      return { floorMs: event.afterMs };
    case "CONNECT":
    case "CLOSE":
      return {};
  }
}

const machine = setup({
  types: {
    context: {} as ClientContext,
    events: {} as ClientEvent,
    input: {} as { readonly random: () => number },
  },
  actors: {
    /** Owns at most one socket; answers `open` with READY or CLOSED. This default never answers. */
    transport: fromCallback<TransportCommand>(() => {}),
  },
  guards: {
    isStop: ({ event }) =>
      event.type === "CLOSED" && closePolicy(event.code) === "stop",
    isRefusal: ({ event }) =>
      event.type === "CLOSED" && closePolicy(event.code) === "refuse",
    /** The token was good until it ran out: a fresh one is the change that a 4401 asks for. */
    isExpiry: ({ event }) =>
      event.type === "CLOSED" &&
      event.code === 4401 &&
      event.reason === "token_expired",
    isDegraded: ({ context }) => context.degraded,
    isFull: ({ context }) => !context.degraded,
    isRunning: ({ context }) => context.runs > 0,
    isIdle: ({ context }) => context.runs === 0,
  },
  actions: {
    open: sendTo("transport", { type: "open" }),
    close: sendTo("transport", { type: "close" }),
    note: assign(({ event }) => noted(event)),
    noteTimeout: assign({ closing: { code: 1006, reason: "connect_timeout" } }),
    chooseDelay: assign(({ context }) => ({
      attempt: context.attempt + 1,
      delayMs:
        context.floorMs + reconnectDelayMs(context.attempt, context.random),
      floorMs: 0,
    })),
    forgetFailures: assign({ attempt: 0 }),
    forgetClosing: assign({ closing: null }),
  },
  delays: {
    reconnect: ({ context }) => context.delayMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    stable: STABLE_AFTER_MS,
  },
});

export const clientMachine = machine.createMachine({
  id: "client",
  context: ({ input }) => ({
    random: input.random,
    attempt: 0,
    delayMs: 0,
    floorMs: 0,
    closing: null,
    degraded: false,
    runs: 0,
  }),
  invoke: { src: "transport", id: "transport", onError: ".refused" },
  initial: "offline",
  states: {
    offline: {
      on: {
        CONNECT: {
          target: "connecting",
          actions: ["forgetFailures", "forgetClosing"],
        },
      },
    },
    connecting: {
      entry: "open",
      after: {
        connectTimeout: {
          target: "waiting",
          actions: ["close", "noteTimeout"],
        },
      },
      on: {
        READY: { target: "online", actions: "note" },
        CLOSED: [
          { guard: "isStop", target: "offline", actions: "note" },
          { guard: "isRefusal", target: "refused", actions: "note" },
          { target: "waiting", actions: "note" },
        ],
        CLOSE: { target: "offline", actions: ["close", "forgetClosing"] },
      },
    },
    online: {
      entry: "forgetClosing",
      after: { stable: { actions: "forgetFailures" } },
      initial: "ready",
      states: {
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
        degraded: { always: { guard: "isFull", target: "ready" } },
      },
      on: {
        MODE: { actions: "note" },
        RUNS: { actions: "note" },
        DRAINING: { actions: "note" },
        CLOSED: [
          { guard: "isStop", target: "offline", actions: "note" },
          { guard: "isExpiry", target: "waiting", actions: "note" },
          { guard: "isRefusal", target: "refused", actions: "note" },
          { target: "waiting", actions: "note" },
        ],
        CLOSE: { target: "offline", actions: "close" },
      },
    },
    waiting: {
      entry: "chooseDelay",
      after: { reconnect: "connecting" },
      on: {
        CONNECT: "connecting",
        CLOSE: { target: "offline", actions: "forgetClosing" },
      },
    },
    refused: {
      on: {
        CONNECT: {
          target: "connecting",
          actions: ["forgetFailures", "forgetClosing"],
        },
        CLOSE: { target: "offline", actions: "forgetClosing" },
      },
    },
  },
});
