/**
 * What /metrics reads at the moment it is asked: connections, runs, services, the queue, the event loop. Owns the event loop's monitor. Promises:
 * the database is asked once a second at most, however many scrape; a scrape is answered without it too, with the depth last known.
 */
import { Effect } from "effect";
import { PrometheusMetrics } from "effect/observability";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Connections } from "../domain/connections.ts";
import { Health } from "../domain/health.ts";
import { limits } from "../domain/limits.ts";
import {
  gaugeBuild,
  gaugeConnections,
  gaugeEventLoopDelay,
  gaugeQueueDepth,
  gaugeReady,
  gaugeRunsActive,
  gaugeService,
} from "../domain/metrics.ts";
import { Store } from "../domain/ports.ts";
import { Runs } from "../domain/runs.ts";
import { VERSION } from "./version.ts";

const STATES = ["connecting", "authenticated", "ready", "running", "degraded"];
const PERCENTILES = [50, 99];
const NANOSECONDS = 1e9;

/** The text for one scrape. */
export function makeScrape(isServing: () => boolean) {
  const eventLoop = monitorEventLoopDelay({
    resolution: limits.eventLoopResolutionMs,
  });
  eventLoop.enable();
  const gaugeLoop = () => {
    // The monitor measures from tick to tick; what is beyond the tick itself is delay.
    const delay = (percentile: number) =>
      eventLoop.count === 0
        ? 0
        : Math.max(
            0,
            eventLoop.percentile(percentile) / NANOSECONDS -
              limits.eventLoopResolutionMs / 1_000,
          );
    for (const it of PERCENTILES) gaugeEventLoopDelay(String(it), delay(it));
    eventLoop.reset();
  };
  const gaugeQueue = makeGaugeQueue();

  return Effect.gen(function* () {
    const counts = (yield* Connections).countByState();
    for (const state of STATES) gaugeConnections(state, counts.get(state) ?? 0);
    gaugeRunsActive((yield* Runs).active());
    const { services } = (yield* Health).status();
    for (const [name, state] of Object.entries(services))
      if (state !== "absent") gaugeService(name, state === "up" ? 1 : 0);
    gaugeReady(isServing() && services.database !== "down" ? 1 : 0);
    gaugeBuild(VERSION, 1);
    gaugeLoop();
    yield* gaugeQueue;
    return yield* PrometheusMetrics.format();
  });
}

function makeGaugeQueue(): Effect.Effect<void, never, Store> {
  let askedMs = -Infinity;
  return Effect.gen(function* () {
    if (performance.now() - askedMs < limits.queueDepthIntervalMs) return;
    askedMs = performance.now();
    const { due, waiting } = yield* (yield* Store).queueDepth;
    gaugeQueueDepth("due", due);
    gaugeQueueDepth("waiting", waiting);
  }).pipe(
    Effect.timeout(limits.queueDepthTimeoutMs),
    Effect.catchCause((cause) =>
      Effect.logDebug("the queue's depth could not be read", cause),
    ),
  );
}
