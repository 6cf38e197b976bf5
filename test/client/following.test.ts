/** The client over real sockets: what it lets through of a thread, what it asks for when something is missing, what it shows. */
import { expect, test } from "vitest";
import { eventsUntil, online, peer, state } from "./harness.ts";
import { ending, joined, thinking } from "./peer.ts";

test("followed threads resume after the last seq, and repeats are dropped", async () => {
  const { client, line } = await online();
  const seen = eventsUntil(client, 4);
  client.join("t1");
  expect(await line.next()).toEqual({
    type: "join_thread",
    thread_id: "t1",
    after_seq: 0,
  });
  line.send(joined("t1", 2), thinking(1), thinking(2), thinking(2));
  await eventsUntil(client, 2);
  line.cut();
  const again = await peer.accept();
  again.ready();
  expect(await again.next()).toEqual({
    type: "join_thread",
    thread_id: "t1",
    after_seq: 2,
  });
  again.send(joined("t1", 4), thinking(3), thinking(4));
  expect((await seen).map((event) => event.seq)).toEqual([1, 2, 3, 4]);
});

test("a gap is filled by joining again after the last seq", async () => {
  const { client, line } = await online();
  const seen = eventsUntil(client, 4);
  client.join("t1");
  await line.next();
  line.send(joined("t1", 1), thinking(1), thinking(3), thinking(4));
  expect(await line.next()).toEqual({
    type: "join_thread",
    thread_id: "t1",
    after_seq: 1,
  });
  line.send(joined("t1", 4), thinking(2), thinking(3), thinking(4));
  expect((await seen).map((event) => event.seq)).toEqual([1, 2, 3, 4]);
});

test("delivered events are acknowledged together, cumulatively", async () => {
  const { client, line } = await online();
  client.join("t1");
  await line.next();
  line.send(joined("t1", 3), thinking(1), thinking(2), thinking(3));
  expect(await line.next()).toEqual({
    type: "ack_events",
    thread_id: "t1",
    seq: 3,
  });
});

test("mode and runs show in the state, and the run's ending clears it", async () => {
  const { client, line } = await online();
  client.join("t1");
  await line.next();
  const services = { database: "up", cache: "down", model: "absent" } as const;
  line.send({ type: "service_status", mode: "degraded", services });
  await state(client, "degraded");
  expect(client.getSnapshot().session?.services.cache).toBe("down");
  line.send({
    type: "service_status",
    mode: "full",
    services: { ...services, cache: "up" },
  });
  await state(client, "ready");
  line.send({
    type: "thread_updated",
    thread_id: "t1",
    title: "Costs",
    last_seq: 0,
    active_run: { run_id: "r1", status: "running", started_at: null },
  });
  await state(client, "running");
  line.send(joined("t1", 0), thinking(1), ending(2));
  await state(client, "ready");
});

test("events read as an async iterable, of one thread, until the signal", async () => {
  const { client, line } = await online();
  const end = new AbortController();
  const events = client.events({ threadId: "t1", signal: end.signal });
  client.join("t1");
  client.join("t2");
  line.send(
    joined("t1", 2),
    joined("t2", 1),
    thinking(1),
    thinking(1, "t2"),
    thinking(2),
  );
  const seen: string[] = [];
  for await (const event of events) {
    seen.push(`${event.thread_id}:${event.seq}`);
    if (event.seq === 2) end.abort();
  }
  expect(seen).toEqual(["t1:1", "t1:2"]);
});
