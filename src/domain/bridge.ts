/**
 * The one bridge between XState and Effect: an Effect as actor logic. Promises: success is the actor's done, a typed failure or a
 * defect its error; stopping the actor interrupts the fiber, and what a stopped fiber still says is dropped.
 */
import { Cause, Data, Effect, Result } from "effect";
import type { Fiber, ManagedRuntime } from "effect";
import type {
  ActorLogic,
  AnyActorRef,
  AnyEventObject,
  EventObject,
  Snapshot,
} from "xstate";
import { causeOf } from "./causes.ts";
import { countDefect } from "./metrics.ts";

/** The runtime was taken down under the actor. */
export class Interrupted extends Data.TaggedError("Interrupted")<{}> {}

export type EffectLogic<Output, Input> = ActorLogic<
  Snapshot<Output>,
  AnyEventObject,
  Input
>;

/** Runs effects that need the services `R`. */
export type EffectRunner<R> = Pick<
  ManagedRuntime.ManagedRuntime<R, never>,
  "runFork"
>;

/** Who hears of a defect or a typed failure, and what the log lines of the effect carry. */
export interface Witness {
  readonly labels: Readonly<Record<string, string>>;
  readonly died?: (defect: unknown) => void;
  readonly failed?: (failure: unknown) => void;
}

const DONE = "effect.done";
const FAILED = "effect.failed";
const STOPPED = "xstate.stop";

/** Makes `fromEffect` for one runtime. */
export function makeFromEffect<R>(runner: EffectRunner<R>) {
  const fibers = new WeakMap<AnyActorRef, Fiber.Fiber<unknown, unknown>>();

  function run(
    self: AnyActorRef,
    effect: Effect.Effect<unknown, unknown, R>,
    witness: Witness | undefined,
  ): void {
    const fiber = runner.runFork(
      effect.pipe(
        Effect.tapDefect((defect) => {
          countDefect();
          witness?.died?.(defect);
          return Effect.logError("defect in an actor", causeOf(defect));
        }),
        Effect.tapError((failure) =>
          Effect.sync(() => witness?.failed?.(failure)),
        ),
        Effect.annotateLogs(witness?.labels ?? {}),
      ),
    );
    fibers.set(self, fiber);
    fiber.addObserver((exit) => {
      if (fibers.get(self) !== fiber) return;
      fibers.delete(self);
      self.send(
        exit._tag === "Success"
          ? { type: DONE, output: exit.value }
          : { type: FAILED, error: errorOf(exit.cause) },
      );
    });
  }

  /** Actor logic that runs `program` with the actor's input; `witnessOf` says who hears of its defects. */
  return function fromEffect<Output, Input>(
    program: (input: Input) => Effect.Effect<Output, unknown, R>,
    witnessOf?: (input: Input) => Witness,
  ): EffectLogic<Output, Input> {
    return {
      getInitialSnapshot: (_, input) =>
        ({
          status: "active",
          output: undefined,
          error: undefined,
          input,
        }) as Snapshot<Output>,
      getPersistedSnapshot: (snapshot) => snapshot,
      start: (snapshot, { self }) => {
        if (snapshot.status === "active") {
          const input = (snapshot as { input?: Input }).input as Input;
          run(self, program(input), witnessOf?.(input));
        }
      },
      transition: (snapshot, event, { self }) => {
        if (snapshot.status !== "active") return snapshot;
        if (event.type === DONE)
          return settled("done", event["output"] as Output);
        if (event.type === FAILED) return settled("error", event["error"]);
        if (event.type !== STOPPED) return snapshot;
        const fiber = fibers.get(self);
        fibers.delete(self);
        fiber?.interruptUnsafe();
        return settled("stopped", undefined);
      },
    };
  };
}

/** Tells an actor something that may come too late: one that has ended hears nothing. */
export function tell<E extends EventObject>(
  actor: {
    readonly send: (event: E) => void;
    readonly getSnapshot: () => { readonly status: string };
  },
  event: E,
): void {
  if (actor.getSnapshot().status === "active") actor.send(event);
}

function settled<Output>(
  status: "done" | "error" | "stopped",
  value: unknown,
): Snapshot<Output> {
  return {
    status,
    output: status === "done" ? value : undefined,
    error: status === "error" ? value : undefined,
  } as Snapshot<Output>;
}

/** The typed failure if there is one, else the defect, else Interrupted. */
function errorOf(cause: Cause.Cause<unknown>): unknown {
  const failure = Cause.findError(cause);
  if (Result.isSuccess(failure)) return failure.success;
  return Cause.hasDies(cause) ? Cause.squash(cause) : new Interrupted();
}
