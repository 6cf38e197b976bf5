/**
 * The trace of a run, as a collector gets it: message, transaction, queue, run, agents, tools, delivery, with their parents; one trace across a
 * crash and across nodes; nothing of the user's words in it; and a collector that is away costs nothing.
 */
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { ChildNode } from "../support/child.ts";
import { Collector } from "../support/collector.ts";
import type { Span } from "../support/collector.ts";
import { temporaryDirectory } from "../support/config.ts";
import { ownDatabase } from "../support/ownDatabase.ts";
import { serverForTest } from "../support/server.ts";

/** Several processes start in each test, on whatever machine. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const POSTGRES = inject("postgresUrl");

const named = (name: string, run: string) => (it: Span) =>
  it.name === name && it.attributes["run.id"] === run;

function expectChild(child: Span, parent: Span): void {
  expect(child.traceId, child.name).toBe(parent.traceId);
  expect(child.parentSpanId, child.name).toBe(parent.spanId);
}

test("a run is one trace: message → transaction, queue, run → agents → tools, delivery", async () => {
  const collector = await Collector.start();
  const server = await serverForTest({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  });
  const socket = await server.connect("traced");
  const { ack } = await socket.ask("alpha echo(secret-words) noop!; beta fail");
  const { run_id, thread_id } = ack;
  const find = (name: string) => collector.find(name, named(name, run_id));

  const message = await find("message");
  expect(message.parentSpanId).toBeUndefined();
  expect(message.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(message.attributes).toMatchObject({
    "user.id": "traced",
    "thread.id": thread_id,
    status: "accepted",
  });
  expectChild(await find("transaction"), message);
  expectChild(await find("queue"), message);
  expectChild(await find("delivery"), message);
  const run = await find("run");
  expectChild(run, message);
  expect(run.attributes).toMatchObject({
    "user.id": "traced",
    "thread.id": thread_id,
    attempt: 1,
    status: "partial",
  });
  const alpha = await find("agent alpha");
  const beta = await find("agent beta");
  for (const agent of [alpha, beta]) expectChild(agent, run);
  expect(alpha.attributes["status"]).toBe("completed");
  expectChild(await find("tool echo"), alpha);
  expectChild(await find("tool noop"), alpha);
  const fail = await find("tool fail");
  expectChild(fail, beta);
  expect(fail.status).toMatchObject({ code: 2, message: "broken" });

  for (const span of collector.spans) {
    expect(span.traceId).toBe(message.traceId);
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(
      BigInt(span.startTimeUnixNano),
    );
  }
  expect(collector.text).not.toMatch(/secret-words|as asked|Bearer|eyJ/);
});

test("a duplicate's delivery belongs to the first submission's trace", async () => {
  const collector = await Collector.start();
  const server = await serverForTest({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  });
  const [first, second] = [
    await server.connect("twice"),
    await server.connect("twice"),
  ];
  const message = {
    type: "user_message",
    message_id: crypto.randomUUID(),
    text: "alpha gate(a)",
  };
  first.send(message);
  const { run_id } = await first.next("ack");
  await server.gates.reached("a");
  second.send(message);
  await second.next("ack");
  await second.settle();
  server.gates.open("a");
  await Promise.all([first.run(run_id), second.run(run_id)]);
  const run = await collector.find("run", named("run", run_id));
  const seen = new Set<Span>();
  for (const which of ["first", "second"]) {
    const delivery = await collector.find(
      `delivery of the ${which}`,
      (it) => named("delivery", run_id)(it) && !seen.has(it),
    );
    seen.add(delivery);
    expect(delivery.traceId).toBe(run.traceId);
  }
});

test("after a crash the next attempt is a further span of the same trace", async () => {
  const collector = await Collector.start();
  const dataDir = temporaryDirectory();
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const first = await ChildNode.start(dataDir, env);
  const socket = await first.connect("crashed");
  socket.send({ type: "user_message", text: "alpha noop!; beta sleep(3000)" });
  const { run_id, thread_id } = await socket.next("ack");
  const message = await collector.find("message", named("message", run_id));
  await socket.next("tool_executing", (it) => it.agent_name === "beta");
  await first.kill();
  const second = await ChildNode.start(dataDir, env);
  const again = await second.connect("crashed");
  again.send({ type: "join_thread", thread_id });
  await again.run(run_id);
  const run = await collector.find(
    "the second attempt",
    (it) => named("run", run_id)(it) && it.attributes["attempt"] === 2,
  );
  expectChild(run, message);
  expectChild(
    await collector.find("agent beta", named("agent beta", run_id)),
    run,
  );
});

test.skipIf(POSTGRES === null)(
  "with two nodes the run is executed at the other one, in the message's trace",
  async () => {
    const collector = await Collector.start();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      DATABASE_URL: await ownDatabase(POSTGRES!),
    };
    const nodes = [
      await ChildNode.start(temporaryDirectory(), env),
      await ChildNode.start(temporaryDirectory(), env),
    ] as const;
    const sockets = [
      await nodes[0].connect("a"),
      await nodes[1].connect("b"),
    ] as const;
    // Whichever node hears of it first takes a run: asked at both, one is taken across before long.
    for (let round = 0; round < 40; round += 1) {
      for (const socket of sockets)
        socket.send({ type: "user_message", text: "alpha noop!" });
      const acks = await Promise.all(sockets.map((it) => it.next("ack")));
      for (const { run_id } of acks) {
        const message = await collector.find(
          "message",
          named("message", run_id),
        );
        const run = await collector.find("run", named("run", run_id));
        expectChild(run, message);
        if (run.attributes["node"] !== message.attributes["node"]) return;
      }
    }
    throw new Error("no run was taken by the other node");
  },
);

test("a collector that never answers, or is away, holds nothing up", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  for (const at of [port, 9]) {
    const server = await serverForTest({
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${at}` },
    });
    const socket = await server.connect("unheard");
    for (let run = 0; run < 3; run += 1) {
      const { events } = await socket.ask("alpha noop!");
      expect(events.at(-1)).toMatchObject({ status: "completed" });
    }
  }
});
