/**
 * What a node counts, by the names Prometheus reads: one place, so that a name is never given twice. Promises: counting is a synchronous
 * addition and never fails; labels take values from short fixed lists, never an id; times are seconds.
 */
import { Context, Metric } from "effect";

const NOWHERE = Context.empty();

/** Every family with its kind: what a dashboard or an alert may name. */
export const FAMILIES = new Map<string, "counter" | "gauge" | "histogram">();

function counter(
  name: string,
  description: string,
  label: string,
  values: readonly string[],
) {
  FAMILIES.set(name, "counter");
  const add = labelled(label, (attributes) =>
    Metric.counter(name, { description, attributes, incremental: true }),
  );
  // A series that is there from the start loses no increment to `rate`.
  for (const value of values) add(value, 0);
  return (value: string, count = 1) => add(value, count);
}

function total(name: string, description: string) {
  FAMILIES.set(name, "counter");
  const metric = Metric.counter(name, { description, incremental: true });
  metric.updateUnsafe(0, NOWHERE);
  return (count = 1) => metric.updateUnsafe(count, NOWHERE);
}

function gauge(name: string, description: string, label: string) {
  FAMILIES.set(name, "gauge");
  return labelled(label, (attributes) =>
    Metric.gauge(name, { description, attributes }),
  );
}

function level(name: string, description: string) {
  FAMILIES.set(name, "gauge");
  const metric = Metric.gauge(name, { description });
  return (value: number) => metric.updateUnsafe(value, NOWHERE);
}

function histogram(
  name: string,
  description: string,
  boundaries: readonly number[],
) {
  FAMILIES.set(name, "histogram");
  const metric = Metric.histogram(name, { description, boundaries });
  return (milliseconds: number) =>
    metric.updateUnsafe(Math.max(0, milliseconds) / 1_000, NOWHERE);
}

type Updatable = Pick<Metric.Metric<number, unknown>, "updateUnsafe">;

function labelled(
  label: string,
  make: (attributes: Record<string, string>) => Updatable,
) {
  const series = new Map<string, Updatable>();
  return (value: string, by: number): void => {
    const metric = series.get(value) ?? make({ [label]: value });
    series.set(value, metric);
    metric.updateUnsafe(by, NOWHERE);
  };
}

const QUICK = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const SLOW = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60];

// --- connections

export const gaugeConnections = gauge(
  "goldenpath_connections",
  "Connections by state",
  "state",
);
export const countHandshake = counter(
  "goldenpath_handshakes_total",
  "Requests for a WebSocket by outcome: accepted, why refused after the upgrade, http_STATUS before it, or gone",
  "outcome",
  [
    "accepted",
    "gone",
    "token_missing",
    "token_invalid",
    "token_expired",
    "token_revoked",
    "keys_unavailable",
    "too_many_connections",
    "authentication_timeout",
    "internal",
    "http_403",
    "http_404",
    "http_429",
    "http_503",
  ],
);
/** "none" where the client was gone before anything could be said. */
export const countConnectionClosed = counter(
  "goldenpath_connections_closed_total",
  "Connections closed, by close code; none where the client went by itself",
  "code",
  ["none", "1000", "1008", "1011", "1012", "4301", "4302", "4401"],
);

// --- runs

export const gaugeRunsActive = level(
  "goldenpath_runs_active",
  "Runs being worked on by this node",
);
export const countRunClaimed = counter(
  "goldenpath_runs_claimed_total",
  "Runs taken by this node: for the first time, or again after a crash or a drain",
  "attempt",
  ["first", "again"],
);
export const countRunEnded = counter(
  "goldenpath_runs_ended_total",
  "Runs that ended on this node, by status; released where another node goes on",
  "status",
  ["completed", "partial", "failed", "cancelled", "timed_out", "released"],
);
export const observeRun = histogram(
  "goldenpath_run_duration_seconds",
  "From a run's first start to its ending",
  SLOW,
);
export const gaugeQueueDepth = gauge(
  "goldenpath_queue_depth",
  "Runs of all nodes that nobody works on: due, or waiting for an earlier run or the user's cap",
  "state",
);
export const observeQueueWait = histogram(
  "goldenpath_queue_wait_seconds",
  "From a run's becoming due to its being taken for the first time",
  QUICK,
);

// --- events

export const countEventsAppended = total(
  "goldenpath_events_appended_total",
  "Events stored by this node",
);
export const countEventDelivered = total(
  "goldenpath_events_delivered_total",
  "Events written to sockets, replayed ones too",
);
export const observeDelivery = histogram(
  "goldenpath_delivery_latency_seconds",
  "From an event's timestamp to its being written to a socket, live events only",
  QUICK,
);
export const observeAcknowledgement = histogram(
  "goldenpath_acknowledgement_latency_seconds",
  "From an event's being written to a socket to ack_events",
  QUICK,
);
export const countReplay = total(
  "goldenpath_replays_total",
  "Joins that asked for stored events",
);
export const countEventReplayed = total(
  "goldenpath_events_replayed_total",
  "Stored events delivered to joins",
);

// --- the node

export const countRetry = counter(
  "goldenpath_store_retries_total",
  "Writes that failed for want of the database and were tried again",
  "operation",
  ["append", "ending"],
);
export const countDefect = total(
  "goldenpath_defects_total",
  "Defects of the server's own, in tools, agents, frames and connections",
);
export const gaugeService = gauge(
  "goldenpath_service_up",
  "1 while a service answers, 0 while its breaker is open",
  "service",
);
export const gaugeBuild = gauge(
  "goldenpath_build_info",
  "1, with the version of this node",
  "version",
);
export const gaugeReady = level(
  "goldenpath_ready",
  "1 while this node serves and has its database",
);
export const gaugeEventLoopDelay = gauge(
  "goldenpath_event_loop_delay_seconds",
  "How late the event loop was, by percentile, since the last scrape",
  "percentile",
);
