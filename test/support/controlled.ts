/**
 * An actor whose end is the test's to decide, and the shortest paths through a machine. Promises: it never ends by itself, and knows
 * whether it runs.
 */
import type {
  ActorLogic,
  AnyActorRef,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  Snapshot,
  StateValue,
} from "xstate";
import { getShortestPaths } from "xstate/graph";

const SUCCEED = "test.succeed";
const FAIL = "test.fail";

export class Controlled<Output, Input> {
  /** Inputs of all that were started, in order. */
  readonly inputs: Input[] = [];
  readonly #running = new Set<AnyActorRef>();

  readonly logic: ActorLogic<Snapshot<Output>, AnyEventObject, Input> = {
    getInitialSnapshot: (_, input) => {
      this.inputs.push(input);
      return snapshot<Output>("active");
    },
    getPersistedSnapshot: (it) => it,
    start: (_, { self }) => void this.#running.add(self),
    transition: (before, event, { self }) => {
      if (event.type === SUCCEED) {
        this.#running.delete(self);
        return snapshot<Output>("done", event["output"]);
      }
      if (event.type === FAIL) {
        this.#running.delete(self);
        return snapshot<Output>("error", event["error"]);
      }
      if (event.type !== "xstate.stop") return before;
      this.#running.delete(self);
      return snapshot<Output>("stopped");
    },
  };

  /** How many run at this moment. */
  get running(): number {
    return this.#running.size;
  }

  /** Ends what runs; nothing happens when nothing does. */
  succeed(output: Output): void {
    for (const actor of new Set(this.#running))
      actor.send({ type: SUCCEED, output });
  }

  fail(error: unknown): void {
    for (const actor of new Set(this.#running))
      actor.send({ type: FAIL, error });
  }
}

function snapshot<Output>(
  status: "active" | "done" | "error" | "stopped",
  value?: unknown,
): Snapshot<Output> {
  return {
    status,
    output: status === "done" ? value : undefined,
    error: status === "error" ? value : undefined,
  } as Snapshot<Output>;
}

/** A state as one word: `draining.closing`. */
export function nameOf(value: StateValue): string {
  if (typeof value === "string") return value;
  return Object.entries(value)
    .map(([outer, inner]) => `${outer}.${nameOf(inner!)}`)
    .join(" ");
}

/** The shortest path to every state that the events lead to, as the names of the states on it. */
export function pathsThrough(
  machine: AnyStateMachine,
  input: object,
  events: readonly AnyEventObject[],
): string[][] {
  const paths = getShortestPaths(machine, {
    input,
    events,
    serializeState: (it) => JSON.stringify([it.value, contextOf(it)]),
    limit: 10_000,
  });
  return paths.map(({ steps, state }) => [
    ...steps.map((it) => nameOf(it.state.value)),
    nameOf(state.value),
  ]);
}

/** What of the context decides about the next state: not the host, which has no text, nor a count of attempts, which has no end. */
function contextOf({ context }: AnyMachineSnapshot): object {
  const { host: _, attempt: __, ...rest } = context as Record<string, unknown>;
  return rest;
}

/** The states that paths end in, each once. */
export function endsOf(paths: readonly (readonly string[])[]): string[] {
  return [...new Set(paths.map((it) => it.at(-1)!))].toSorted();
}

/** The moves of all paths that are not drawn; staying is always allowed. */
export function undrawn(
  paths: readonly (readonly string[])[],
  edges: Readonly<Record<string, readonly string[]>>,
): string[] {
  return paths.flatMap((path) =>
    path.flatMap((state, index) => {
      const before = path[index - 1] ?? state;
      return before === state || edges[before]?.includes(state) === true
        ? []
        : [`${before} → ${state}`];
    }),
  );
}
