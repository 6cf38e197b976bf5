/**
 * Which dependencies this node can reach, one service machine each, and what follows: mode `full` or `degraded`. Owns the machines.
 * Promises: a failed call takes a service down, a probe alone brings it back; everybody who listens hears each change once.
 */
import { Context, Effect, Layer } from "effect";
import type { Scope } from "effect";
import { createActor } from "xstate";
import { serviceMachine } from "../../machines/service.ts";
import type { ServiceEvent, ServiceHost } from "../../machines/service.ts";
import { makeFromEffect, tell } from "./bridge.ts";
import { limits } from "./limits.ts";
import type { ConnectionFrameOf } from "./protocol.ts";

export type ServiceName = "database" | "cache" | "model";
export type HealthStatus = Omit<ConnectionFrameOf<"service_status">, "type">;

export class Health extends Context.Service<
  Health,
  {
    /** Watches a service by its probe, until the scope closes; done when the first probe has answered. Unwatched ones are `absent`. */
    readonly watch: (
      name: ServiceName,
      probe: Effect.Effect<void, unknown>,
    ) => Effect.Effect<void, never, Scope.Scope>;
    /** Says that a call failed for want of the service. */
    readonly failed: (name: ServiceName) => void;
    /** Says that a call takes so long, or was cut off in such a way, that the service may be away: a probe is to look. */
    readonly doubted: (name: ServiceName) => void;
    /** While it is down only probes call it. */
    readonly isDown: (name: ServiceName) => boolean;
    readonly status: () => HealthStatus;
    readonly onChange: (
      listener: (status: HealthStatus) => void,
    ) => Effect.Effect<void, never, Scope.Scope>;
  }
>()("goldenpath/Health") {}

type State = "up" | "down" | "absent";

export const healthLayer: Layer.Layer<Health> = Layer.effect(
  Health,
  Effect.map(Effect.context<never>(), makeHealth),
);

function makeHealth(context: Context.Context<never>): Health["Service"] {
  const states = new Map<ServiceName, State>();
  const report = new Map<ServiceName, (event: ServiceEvent) => void>();
  const listeners = new Set<(status: HealthStatus) => void>();
  const stateOf = (name: ServiceName): State => states.get(name) ?? "absent";
  const status = (): HealthStatus => ({
    mode: [...states.values()].includes("down") ? "degraded" : "full",
    services: {
      database: stateOf("database"),
      cache: stateOf("cache"),
      model: stateOf("model"),
    },
  });
  const note = (name: ServiceName, state: State) => {
    const before = stateOf(name);
    if (before === state) return;
    states.set(name, state);
    if (before !== "absent" || state === "down")
      logChange(name, state, context);
    for (const listener of listeners) listener(status());
  };

  const watch = (name: ServiceName, probe: Effect.Effect<void, unknown>) =>
    Effect.acquireRelease(
      Effect.callback<ReturnType<typeof startService>>((resume) => {
        const actor = startService(name, probe, (state) => {
          note(name, state);
          resume(Effect.sync(() => actor));
        });
        report.set(name, (event) => tell(actor, event));
      }),
      (actor) => Effect.sync(() => void actor.stop()),
    ).pipe(
      // The answer comes from inside a machine's action; what follows must not run there.
      Effect.andThen(Effect.yieldNow),
    );

  return Health.of({
    watch,
    status,
    failed: (name) => report.get(name)?.({ type: "call.failed" }),
    doubted: (name) => report.get(name)?.({ type: "call.doubted" }),
    isDown: (name) => stateOf(name) === "down",
    onChange: (listener) =>
      Effect.acquireRelease(
        Effect.sync(() => void listeners.add(listener)),
        () => Effect.sync(() => void listeners.delete(listener)),
      ),
  });
}

/** An outage and its end are an operator's to know; a first `up` is no news. */
function logChange(
  name: ServiceName,
  state: State,
  context: Context.Context<never>,
): void {
  const line =
    state === "down"
      ? Effect.logWarning("a service is down")
      : Effect.logInfo("a service is up");
  Effect.runFork(
    line.pipe(
      Effect.annotateLogs({ service: name }),
      Effect.provideContext(context),
    ),
  );
}

function startService(
  name: ServiceName,
  probe: Effect.Effect<void, unknown>,
  changed: (state: "up" | "down") => void,
) {
  const fromEffect = makeFromEffect<never>({
    runFork: (effect) => Effect.runFork(effect),
  });
  const machine = serviceMachine.provide({
    actors: { probe: fromEffect<unknown, { host: ServiceHost }>(() => probe) },
  });
  const actor = createActor(machine, {
    input: {
      host: {
        name,
        probeIntervalMsMin: limits.probeIntervalMsMin,
        probeIntervalMsMax: limits.probeIntervalMsMax,
        probeTimeoutMs: limits.probeTimeoutMs,
        changed,
      },
    },
  });
  actor.subscribe({ error: () => changed("down") });
  return actor.start();
}
