/**
 * One node from start to stop, driven by the server machine: compose and listen, tell and finish, close. Promises: nothing is accepted
 * before `serving`; a stop ends by itself, within DRAIN_TIMEOUT_MS for the work and limits.shutDownTimeoutMs for the closing.
 */
import { createAdaptorServer } from "@hono/node-server";
import { Cause, Effect, Exit, Scope } from "effect";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createActor, waitFor } from "xstate";
import { serverMachine } from "../../machines/server.ts";
import type { ServerHost } from "../../machines/server.ts";
import { acceptSockets } from "../adapters/socket.ts";
import { makeFromEffect } from "../domain/bridge.ts";
import { Connections } from "../domain/connections.ts";
import { Health } from "../domain/health.ts";
import type { HealthStatus } from "../domain/health.ts";
import { limits } from "../domain/limits.ts";
import { countHandshake } from "../domain/metrics.ts";
import { Runs } from "../domain/runs.ts";
import { addressOf, refusalOf } from "./admission.ts";
import type { AppConfig } from "./config.ts";
import { compose } from "./compose.ts";
import type { Composed, ComposeOptions } from "./compose.ts";
import { makeHttp } from "./http.ts";

export interface Node {
  readonly url: string;
  readonly port: number;
  readonly services: Composed["runtime"];
  /** Fails when the node turns out to be of no use, for good; the caller stops it. */
  readonly failed: Composed["failed"];
  /** Drains and stops; done when everything is closed. */
  readonly stop: () => Promise<void>;
}

interface Parts {
  readonly composed: Composed;
  readonly server: Server;
}

/**
 * Starts a node.
 * @throws what kept it from starting, after closing what had been opened.
 */
export async function startNode(
  options: Omit<ComposeOptions, "isDraining">,
): Promise<Node> {
  const scope = Scope.makeUnsafe();
  let parts: Parts | null = null;
  let failure: unknown = null;
  const stateOf = () => {
    const { value } = actor.getSnapshot();
    return (typeof value === "string" ? value : Object.keys(value)[0]) as
      "starting" | "serving" | "draining" | "stopped";
  };
  const boot = Effect.gen(function* () {
    const composed = yield* compose({
      ...options,
      isDraining: () => stateOf() === "draining",
    });
    const server = yield* listen(options, composed, stateOf);
    parts = { composed, server };
  }).pipe(
    Scope.provide(scope),
    Effect.tapCause((cause) =>
      Effect.sync(() => void (failure = Cause.squash(cause))),
    ),
  );
  const leave = (how: keyof Leaving) =>
    Effect.suspend(() => leaveRuns(parts!.composed, how));
  const shutDown = Effect.suspend(() => closeSockets(parts)).pipe(
    Effect.andThen(Scope.close(scope, Exit.void)),
  );

  const machine = provideServer({ boot, leave, shutDown });
  const host = timesOf(options.config);
  const actor = createActor(machine, { input: { host } });
  actor.subscribe({ error: (error) => void (failure = error) });
  actor.start();

  const settled = await waitFor(
    actor,
    (it) => it.matches("serving") || it.status !== "active",
  );
  if (!settled.matches("serving") || parts === null) throw failure;
  const { composed, server } = parts as Parts;
  const unwatch = await watchHealth(composed, (degraded) =>
    actor.send({ type: "services.changed", degraded }),
  );
  const { port } = server.address() as AddressInfo;
  const url = urlOf(options.config.host, port);
  composed.lock?.announce(url);
  return {
    url,
    port,
    services: composed.runtime,
    failed: composed.failed,
    stop: async () => {
      unwatch();
      actor.send({ type: "server.drain" });
      await waitFor(actor, (it) => it.status !== "active");
    },
  };
}

/** DRAIN_TIMEOUT_MS and what follows it, as the machine knows them. */
function timesOf({ drainTimeoutMs }: AppConfig): ServerHost {
  const finishTimeoutMs = drainTimeoutMs * limits.drainFinishShare;
  return {
    finishTimeoutMs,
    handBackTimeoutMs: drainTimeoutMs - finishTimeoutMs,
    interruptTimeoutMs: limits.interruptTimeoutMs,
    shutDownTimeoutMs: limits.shutDownTimeoutMs,
  };
}

/** The server machine with its actors. */
function provideServer(work: {
  readonly boot: Effect.Effect<void, unknown>;
  readonly leave: (how: keyof Leaving) => Effect.Effect<void>;
  readonly shutDown: Effect.Effect<void>;
}) {
  const fromEffect = makeFromEffect<never>({
    runFork: (effect) => Effect.runFork(effect),
  });
  type Input = { host: ServerHost };
  return serverMachine.provide({
    actors: {
      boot: fromEffect<unknown, Input>(() => work.boot),
      finish: fromEffect<unknown, Input>(() => work.leave("finish")),
      handBack: fromEffect<unknown, Input>(() => work.leave("handBack")),
      interrupt: fromEffect<unknown, Input>(() => work.leave("interrupt")),
      shutDown: fromEffect<unknown, Input>(() => work.shutDown),
    },
  });
}

/** An IPv6 address stands in brackets. */
function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The server machine hears of the mode and every change of it; answers how to stop that. */
async function watchHealth(
  { runtime }: Composed,
  changed: (degraded: boolean) => void,
): Promise<() => void> {
  const scope = Scope.makeUnsafe();
  const watch = Effect.gen(function* () {
    const health = yield* Health;
    const tell = ({ mode }: HealthStatus) => changed(mode === "degraded");
    yield* health.onChange(tell);
    tell(health.status());
  });
  await runtime.runPromise(Scope.provide(watch, scope));
  return () => void Effect.runFork(Scope.close(scope, Exit.void));
}

/** Listens for HTTP and for WebSockets. */
function listen(
  options: Omit<ComposeOptions, "isDraining">,
  { runtime }: Composed,
  serverState: () => "starting" | "serving" | "draining" | "stopped",
) {
  return Effect.gen(function* () {
    const { config } = options;
    const connections = yield* Effect.promise(() =>
      runtime.runPromise(Effect.map(Connections, (it) => it)),
    );
    const app = makeHttp({
      config,
      serverState,
      run: (effect) => runtime.runPromiseExit(effect),
    });
    const server = createAdaptorServer({
      fetch: app.fetch,
      serverOptions: {
        headersTimeout: limits.handshakeHeadersTimeoutMs,
        connectionsCheckingInterval: limits.sweepIntervalMs,
        // Clients that offer h2c, as some do by default, ask for HTTP and get it.
        shouldUpgradeCallback: ({ headers }) =>
          headers.upgrade?.toLowerCase() === "websocket",
      },
    }) as Server;
    acceptSockets(server, {
      paths: ["/ws", "/websocket"],
      handshakesPerAddress: config.handshakesPerAddress,
      addressOf: (request) => addressOf(request, config.trustedProxies),
      refuse: (request, open) =>
        refusalOf(request, config, serverState(), open),
      refused: (status) => countHandshake(`http_${status}`),
      open: connections.open,
    });
    yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: async () => {
          server.listen({
            port: config.port,
            host: config.host,
            backlog: limits.acceptBacklog,
          });
          await once(server, "listening");
        },
        catch: (cause) => cause,
      }),
      () =>
        Effect.sync(() => void (server.close(), server.closeAllConnections())),
    );
    return server;
  });
}

type Leaving = Runs["Service"]["leaving"];

const tellOfDrain = Effect.gen(function* () {
  const connections = yield* Connections;
  const open = [...connections.countByState().values()];
  const counts = {
    runs: (yield* Runs).active(),
    connections: open.reduce((sum, it) => sum + it, 0),
  };
  yield* Effect.annotateLogs(Effect.logInfo("drain begun"), counts);
  connections.tellAll({
    type: "server_draining",
    reconnect_after_ms: limits.reconnectAfterMs,
  });
});

/** Clients hear of it with the first and mildest way. */
function leaveRuns(
  { runtime }: Composed,
  how: keyof Leaving,
): Effect.Effect<void> {
  const leave = Effect.gen(function* () {
    if (how === "finish") yield* tellOfDrain;
    yield* (yield* Runs).leaving[how];
  });
  return Effect.promise((signal) => runtime.runPromise(leave, { signal }));
}

function closeSockets(parts: Parts | null): Effect.Effect<void> {
  if (parts === null) return Effect.void;
  const close = Effect.gen(function* () {
    const runs = (yield* Runs).active();
    yield* Effect.annotateLogs(Effect.logInfo("drain ended"), { runs });
    yield* (yield* Connections).closeAll;
  });
  return Effect.promise(() => parts.composed.runtime.runPromise(close));
}
