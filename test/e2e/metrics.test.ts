/** What /metrics says after a session, family by family, against what happened in it. A process of its own, so that nobody else counts. */
import { WebSocket } from "ws";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { FAMILIES } from "../../src/domain/metrics.ts";
import { ChildNode } from "../support/child.ts";
import { temporaryDirectory } from "../support/config.ts";
import { hasPostgres, OwnPostgres } from "../support/ownServers.ts";
import { Metrics } from "../support/prometheus.ts";
import { TestSocket } from "../support/socket.ts";

/** Several processes start in each test, on whatever machine. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Looks until the metrics fit; answers them, or those seen last. */
async function until(
  url: string,
  fits: (metrics: Metrics) => boolean,
): Promise<Metrics> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const metrics = await Metrics.of(url);
    if (fits(metrics) || Date.now() > deadline) return metrics;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const countOf = (family: string) => (it: Metrics) =>
  it.value(`${family}_count`);

/** The status of a refused upgrade. */
function upgradeStatus(url: string, headers: Record<string, string> = {}) {
  return new Promise<number>((resolve) => {
    const socket = new WebSocket(url, { headers });
    socket.on("error", () => undefined);
    socket.on("unexpected-response", (_, it) => resolve(it.statusCode ?? 0));
  });
}

const ends: (() => void)[] = [];
afterAll(() => ends.forEach((end) => end()));

let before: Metrics;
let after: Metrics;
let delivered: number;
let stored: number;
let replayed: number;

/** One session with everything in it that a family counts. */
beforeAll(async () => {
  const node = await ChildNode.start(temporaryDirectory(), {}, (end) =>
    ends.push(end),
  );
  const wsUrl = `${node.url.replace("http", "ws")}`;
  before = await Metrics.of(node.url);
  const socket = await node.connect("measured");
  const { ack, events } = await socket.ask("alpha noop!; beta noop!");
  const { thread_id } = ack;
  socket.send({ type: "ack_events", thread_id, seq: events.at(-1)!.seq });
  await socket.ask("alpha fail", { thread_id });
  await socket.ask("alpha die!; beta noop!", { thread_id });
  const stopped = crypto.randomUUID();
  socket.send({
    type: "user_message",
    message_id: stopped,
    text: "alpha hang",
    thread_id,
  });
  const { run_id } = await socket.next(
    "ack",
    (it) => it.message_id === stopped,
  );
  socket.send({ type: "user_message", text: "alpha noop", thread_id });
  await until(
    node.url,
    (it) => it.value('goldenpath_queue_depth{state="waiting"}') === 1,
  );
  socket.send({ type: "stop_run", run_id });
  await socket.run(run_id);
  const last = await socket.next("ack", (it) => it.message_id !== stopped);
  await socket.run(last.run_id);
  stored = socket.events().length;

  const reader = await node.connect("measured");
  reader.send({ type: "join_thread", thread_id });
  await reader.run(last.run_id);
  replayed = reader.events().length;
  delivered = stored + replayed;
  reader.close();
  await reader.closed;

  await TestSocket.open(`${wsUrl}/ws`, {}).closed;
  await TestSocket.open(`${wsUrl}/ws`, { token: "nonsense" }).closed;
  expect(await upgradeStatus(`${wsUrl}/elsewhere`)).toBe(404);
  expect(
    await upgradeStatus(`${wsUrl}/ws`, { Origin: "http://evil.example" }),
  ).toBe(403);
  after = await until(
    node.url,
    (it) =>
      it.value("goldenpath_runs_active") === 0 &&
      it.value('goldenpath_connections{state="ready"}') === 1,
  );
});

test("every family of metrics.ts is there, with its type and a help text, and no other of ours", () => {
  const told = [...after.families].map(([name, { type, help }]) => {
    expect(help, name).not.toBe(null);
    return [name, type];
  });
  expect(told.toSorted()).toEqual([...FAMILIES].toSorted());
});

test("no label carries an id of a user, a run or a connection", () => {
  for (const { samples } of after.families.values())
    for (const series of samples.keys())
      expect(series).not.toMatch(/measured|[0-9a-f]{8}-[0-9a-f]{4}/);
});

/** What the session did, by series. */
const expected: readonly (readonly [string, () => number])[] = [
  ['goldenpath_handshakes_total{outcome="accepted"}', () => 2],
  ['goldenpath_handshakes_total{outcome="token_missing"}', () => 1],
  ['goldenpath_handshakes_total{outcome="token_invalid"}', () => 1],
  ['goldenpath_handshakes_total{outcome="http_404"}', () => 1],
  ['goldenpath_handshakes_total{outcome="http_403"}', () => 1],
  ['goldenpath_connections_closed_total{code="none"}', () => 1],
  ['goldenpath_connections_closed_total{code="4401"}', () => 2],
  ['goldenpath_connections_closed_total{code="1011"}', () => 0],
  ['goldenpath_runs_claimed_total{attempt="first"}', () => 5],
  ['goldenpath_runs_claimed_total{attempt="again"}', () => 0],
  ['goldenpath_runs_ended_total{status="completed"}', () => 2],
  ['goldenpath_runs_ended_total{status="partial"}', () => 1],
  ['goldenpath_runs_ended_total{status="failed"}', () => 1],
  ['goldenpath_runs_ended_total{status="cancelled"}', () => 1],
  ['goldenpath_runs_ended_total{status="released"}', () => 0],
  ["goldenpath_run_duration_seconds_count", () => 5],
  ["goldenpath_queue_wait_seconds_count", () => 5],
  ["goldenpath_events_appended_total", () => stored],
  ["goldenpath_events_delivered_total", () => delivered],
  ["goldenpath_events_replayed_total", () => replayed],
  ["goldenpath_replays_total", () => 1],
  ["goldenpath_delivery_latency_seconds_count", () => stored],
  ["goldenpath_acknowledgement_latency_seconds_count", () => 1],
  ["goldenpath_defects_total", () => 1],
  ['goldenpath_store_retries_total{operation="append"}', () => 0],
  ['goldenpath_store_retries_total{operation="ending"}', () => 0],
];

test.each(expected)("%s counts what happened", (series, value) => {
  expect(after.value(series) - before.value(series)).toBe(value());
});

test("gauges say how it is: one open connection, an empty queue, services up, a loop that turns", () => {
  expect(after.value("goldenpath_ready")).toBe(1);
  expect(after.value('goldenpath_service_up{service="database"}')).toBe(1);
  expect(after.value('goldenpath_service_up{service="cache"}')).toBe(1);
  expect(after.value('goldenpath_queue_depth{state="due"}')).toBe(0);
  expect(after.value('goldenpath_connections{state="ready"}')).toBe(1);
  for (const percentile of [50, 99]) {
    const delay = after.value(
      `goldenpath_event_loop_delay_seconds{percentile="${percentile}"}`,
    );
    expect(delay).toBeGreaterThanOrEqual(0);
    expect(delay).toBeLessThan(10);
  }
});

test("histograms are in seconds and add up", () => {
  for (const [name, { type, samples }] of after.families) {
    if (type !== "histogram") continue;
    expect(name).toMatch(/_seconds$/);
    const buckets = [...samples].filter(([it]) => it.includes("_bucket"));
    const counts = buckets.map(([, count]) => count);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(buckets.at(-1)![0]).toContain('le="+Inf"');
    expect(counts.at(-1)).toBe(samples.get(`${name}_count`));
    // Ten minutes of anything here would be milliseconds by mistake.
    expect(samples.get(`${name}_sum`)).toBeLessThan(600);
  }
  expect(countOf("goldenpath_run_duration_seconds")(after)).toBe(5);
});

test.skipIf(!hasPostgres())(
  "an outage of the database shows: breaker open, not ready, writes tried again, and all of it back",
  async () => {
    const postgres = await OwnPostgres.start();
    onTestFinished(() => postgres.remove());
    const node = await ChildNode.start(temporaryDirectory(), {
      DATABASE_URL: postgres.url,
    });
    const socket = await node.connect("outage");
    socket.send({
      type: "user_message",
      text: "alpha sleep(1000); beta sleep(500); gamma noop!",
    });
    const { run_id } = await socket.next("ack");
    await socket.next("tool_executing");
    await postgres.stop("SIGQUIT");
    const down = await until(
      node.url,
      (it) =>
        it.value('goldenpath_store_retries_total{operation="append"}') > 0 &&
        it.value("goldenpath_ready") === 0,
    );
    expect(down.value('goldenpath_service_up{service="database"}')).toBe(0);
    expect(down.value("goldenpath_ready")).toBe(0);
    expect(
      down.value('goldenpath_store_retries_total{operation="append"}'),
    ).toBeGreaterThan(0);
    await postgres.start();
    const up = await until(
      node.url,
      (it) => it.value("goldenpath_ready") === 1,
    );
    expect(up.value('goldenpath_service_up{service="database"}')).toBe(1);
    await socket.run(run_id);
  },
);
