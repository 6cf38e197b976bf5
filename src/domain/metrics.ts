/** What a node counts, by the names Prometheus reads. One place, so that a name is never given twice. */
import { Effect, Metric } from "effect";

const runsEnded = Metric.counter("goldenpath_runs_ended_total", {
  description: "Runs that ended on this node, by status",
  incremental: true,
});
const eventsAppended = Metric.counter("goldenpath_events_appended_total", {
  description: "Events stored by this node",
  incremental: true,
});
const connectionsClosed = Metric.counter(
  "goldenpath_connections_closed_total",
  { description: "Connections closed, by close code", incremental: true },
);
const connections = Metric.gauge("goldenpath_connections", {
  description: "Connections by state",
});
const runsActive = Metric.gauge("goldenpath_runs_active", {
  description: "Runs being worked on by this node",
});

export const countRunEnded = (status: string): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(runsEnded, { status }), 1);

export const countEventsAppended = (count: number): Effect.Effect<void> =>
  Metric.update(eventsAppended, count);

/** `code` is "none" where the client was gone before anything could be said. */
export const countConnectionClosed = (
  code: number | "none",
): Effect.Effect<void> =>
  Metric.update(
    Metric.withAttributes(connectionsClosed, { code: String(code) }),
    1,
  );

export const gaugeConnections = (
  state: string,
  count: number,
): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(connections, { state }), count);

export const gaugeRunsActive = (count: number): Effect.Effect<void> =>
  Metric.update(runsActive, count);
