/**
 * One run on the node that works on it: queued → planning → working (step by step) → persisting → completed | partial | failed |
 * cancelled | timedOut, or released when it is another node's to end. Stop, time-out, drain and fencing are events here, not code
 * paths. Promises: one agent at a time, ended by an event; one ending, reached only through `persisting`.
 */
import { enqueueActions, sendTo, setup } from "xstate";
import type { ActorLogic, AnyEventObject, Snapshot } from "xstate";
import { agentMachine } from "./agent.ts";
import type { AgentEvent, AgentHost } from "./agent.ts";

export type RunFinal =
  "completed" | "partial" | "failed" | "cancelled" | "timed_out";

/** Why the run leaves its plan before the plan is done. */
export type Leaving =
  "stopped" | "timedOut" | "exhausted" | "drained" | "fenced";

/** A run that is being handed back may still be ended here; one that is another node's may not. Of equals, the first counts. */
const WEIGHT: Record<Leaving, number> = {
  drained: 1,
  stopped: 2,
  timedOut: 2,
  exhausted: 2,
  fenced: 3,
};

/** What the machine needs of its run. Methods are synchronous and must not throw. */
export interface RunHost {
  /** The supervisor's first events; called once per claim. */
  readonly planned: () => void;
  /** The next agent's host, or null when the plan is done. Stable between two finished steps. */
  readonly next: () => AgentHost | null;
  /** Milliseconds until RUN_TIMEOUT_MS is over, counted from the run's first start. */
  readonly remainingMs: () => number;
  /** Says why the run leaves early; a weightier reason may follow. */
  readonly leaving: (why: Leaving) => void;
}

export type RunEvent =
  | { type: "run.stop" }
  /** Leave at the next step boundary. */
  | { type: "run.drain" }
  /** Leave now, in the middle of a step. */
  | { type: "run.interrupt" }
  | { type: "run.fenced" };

/** What a claim found. */
export type Claimed = "mine" | "gone" | "stopped" | "exhausted";

interface RunContext {
  readonly host: RunHost;
  readonly leaving: Leaving | null;
}

type Logic<Output, Input> = ActorLogic<Snapshot<Output>, AnyEventObject, Input>;

export const runMachine = setup({
  types: {
    context: {} as RunContext,
    events: {} as RunEvent,
    input: {} as { host: RunHost },
  },
  actors: {
    /** Takes the run for this node. */
    claim: {} as Logic<Claimed, { host: RunHost }>,
    agent: agentMachine,
    /** Commits the ending. */
    persist: {} as Logic<RunFinal, { host: RunHost }>,
  },
  delays: {
    runTimeout: ({ context }) => Math.max(0, context.host.remainingMs()),
  },
  guards: {
    mustLeave: ({ context }) => context.leaving !== null,
    mustRelease: ({ context }) =>
      context.leaving === "drained" || context.leaving === "fenced",
    hasNext: ({ context }) => context.host.next() !== null,
  },
  actions: {
    announce: ({ context }) => context.host.planned(),
    leave: enqueueActions(({ context, enqueue }, { why }: { why: Leaving }) => {
      const known = context.leaving;
      if (known !== null && WEIGHT[known] >= WEIGHT[why]) return;
      enqueue.assign({ leaving: why });
      enqueue(() => context.host.leaving(why));
    }),
    stopAgent: sendTo(
      "agent",
      (_, params: { status: AgentEvent["status"] }) => ({
        type: "agent.stop" as const,
        status: params.status,
      }),
    ),
  },
}).createMachine({
  id: "run",
  context: ({ input }) => ({ host: input.host, leaving: null }),
  initial: "queued",
  states: {
    queued: {
      on: {
        "run.stop": { actions: { type: "leave", params: { why: "stopped" } } },
        "run.drain": { actions: { type: "leave", params: { why: "drained" } } },
        "run.interrupt": {
          actions: { type: "leave", params: { why: "drained" } },
        },
      },
      invoke: {
        src: "claim",
        input: ({ context }) => ({ host: context.host }),
        onDone: [
          { guard: ({ event }) => event.output === "gone", target: "released" },
          { guard: "mustRelease", target: "released" },
          {
            guard: ({ event }) => event.output === "stopped",
            target: "persisting",
            actions: [
              "announce",
              { type: "leave", params: { why: "stopped" } },
            ],
          },
          {
            guard: ({ event }) => event.output === "exhausted",
            target: "persisting",
            actions: [
              "announce",
              { type: "leave", params: { why: "exhausted" } },
            ],
          },
          { guard: "mustLeave", target: "persisting", actions: "announce" },
          { target: "planning" },
        ],
        onError: "released",
      },
    },
    planning: {
      entry: "announce",
      always: [
        { guard: "hasNext", target: "working" },
        { target: "persisting" },
      ],
    },
    working: {
      invoke: {
        id: "agent",
        src: "agent",
        input: ({ context }) => ({ host: context.host.next()! }),
        onDone: [
          { guard: "mustRelease", target: "released" },
          { guard: "mustLeave", target: "persisting" },
          { guard: "hasNext", target: "working", reenter: true },
          { target: "persisting" },
        ],
        onError: {
          target: "released",
          actions: { type: "leave", params: { why: "fenced" } },
        },
      },
      after: {
        runTimeout: {
          actions: [
            { type: "leave", params: { why: "timedOut" } },
            { type: "stopAgent", params: { status: "timed_out" } },
          ],
        },
      },
      on: {
        "run.stop": {
          actions: [
            { type: "leave", params: { why: "stopped" } },
            { type: "stopAgent", params: { status: "cancelled" } },
          ],
        },
        "run.drain": { actions: { type: "leave", params: { why: "drained" } } },
        "run.interrupt": {
          actions: [
            { type: "leave", params: { why: "drained" } },
            { type: "stopAgent", params: { status: "interrupted" } },
          ],
        },
        "run.fenced": {
          actions: [
            { type: "leave", params: { why: "fenced" } },
            { type: "stopAgent", params: { status: "interrupted" } },
          ],
        },
      },
    },
    persisting: {
      invoke: {
        src: "persist",
        input: ({ context }) => ({ host: context.host }),
        onDone: [
          {
            guard: ({ event }) => event.output === "completed",
            target: "completed",
          },
          {
            guard: ({ event }) => event.output === "partial",
            target: "partial",
          },
          { guard: ({ event }) => event.output === "failed", target: "failed" },
          {
            guard: ({ event }) => event.output === "cancelled",
            target: "cancelled",
          },
          { target: "timedOut" },
        ],
        onError: "released",
      },
    },
    completed: { type: "final" },
    partial: { type: "final" },
    failed: { type: "final" },
    cancelled: { type: "final" },
    timedOut: { type: "final" },
    released: { type: "final" },
  },
});
