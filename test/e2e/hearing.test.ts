/** docs/PROTOCOL.md sections 3, 5 and 8: what a connection hears without asking: its user's threads, and what is missing. */
import { Effect, Exit, Scope } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Health } from "../../src/domain/health.ts";
import { serverForTest, TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

describe("what a connection hears", () => {
  test("§3 thread_updated reaches the user's other connections, joined or not, and nobody else", async () => {
    const [one, two, stranger] = [
      await server.connect("hearer"),
      await server.connect("hearer"),
      await server.connect("somebody-else"),
    ];
    const { ack } = await one.ask("alpha noop");
    const ended = await two.next(
      "thread_updated",
      (it) => it.active_run === null && it.last_seq > 0,
    );
    expect(ended).toMatchObject({
      thread_id: ack.thread_id,
      title: "alpha noop",
    });
    const body = JSON.stringify({ title: "Renamed" });
    await server.fetch(`/api/threads/${ack.thread_id}`, "hearer", {
      method: "PATCH",
      body,
    });
    expect(await two.next("thread_updated")).toMatchObject({
      title: "Renamed",
    });
    await stranger.settle();
    expect(stranger.frames.map((it) => it.type)).toEqual([
      "connection_ready",
      "left",
    ]);
  });

  test("§5 deleting a thread sends left {reason: deleted} to every connection of the user", async () => {
    const [one, two] = [
      await server.connect("deleter"),
      await server.connect("deleter"),
    ];
    one.send({ type: "user_message", text: "alpha gate(deleted)" });
    const { thread_id, run_id } = await one.next("ack");
    await server.gates.reached("deleted");
    const response = await server.fetch(
      `/api/threads/${thread_id}`,
      "deleter",
      { method: "DELETE" },
    );
    expect(response.status).toBe(204);
    const left = { type: "left", thread_id, reason: "deleted" };
    expect(await one.next("left")).toEqual(left);
    expect(await two.next("left")).toEqual(left);
    one.send({ type: "stop_run", run_id });
    expect(await one.next("error")).toMatchObject({ code: "run_not_found" });
    one.send({ type: "join_thread", thread_id });
    expect(await one.next("error")).toMatchObject({ code: "thread_not_found" });
    const seqs = one.events().length;
    await one.settle();
    expect(one.events()).toHaveLength(seqs);
  });
});

describe("degraded", () => {
  test("§2 §8 a missing service is told to all, in the greeting too, and its return as well", async () => {
    const own = await serverForTest();
    const socket = await own.connect("witness");
    const services = own.node.services;
    const watch = (probe: Effect.Effect<void, string>) => {
      const scope = Scope.makeUnsafe();
      return services
        .runPromise(
          Effect.flatMap(Health, (it) => it.watch("database", probe)).pipe(
            Scope.provide(scope),
          ),
        )
        .then(() => () => Effect.runPromise(Scope.close(scope, Exit.void)));
    };
    const release = await watch(Effect.fail("away"));
    expect(await socket.next("service_status")).toMatchObject({
      mode: "degraded",
      services: { database: "down" },
    });
    socket.send({ type: "user_message", message_id: "kept", text: "hello" });
    const refused = await socket.next("error");
    expect(refused).toMatchObject({
      code: "service_unavailable",
      retryable: true,
      message_id: "kept",
    });
    expect(refused.retry_after_ms).toBeGreaterThan(0);
    socket.send({ type: "ping", id: "alive" });
    expect(await socket.next("pong")).toMatchObject({ id: "alive" });
    const late = await own.open({ token: await own.token("late") });
    expect(await late.next("connection_ready")).toMatchObject({
      mode: "degraded",
    });
    expect((await own.fetch("/health/ready", null)).status).toBe(503);
    expect(await own.get("/api/connections", "witness")).toMatchObject({
      items: [{ state: "degraded" }],
    });

    await release();
    const stop = await watch(Effect.void);
    expect(await socket.next("service_status")).toMatchObject({ mode: "full" });
    socket.send({ type: "user_message", message_id: "kept", text: "hello" });
    expect(await socket.next("ack")).toMatchObject({
      status: "accepted",
      message_id: "kept",
    });
    expect((await own.fetch("/health/ready", null)).status).toBe(200);
    await stop();
  });
});
