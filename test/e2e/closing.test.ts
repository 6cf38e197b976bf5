/** docs/PROTOCOL.md section 6, the end of a node: clients are told, open sockets close with 1012, new ones get 503. */
import { Effect, Layer } from "effect";
import { expect, test } from "vitest";
import { TokenVerifier } from "../../src/domain/ports.ts";
import { RawClient, upgradeRequest } from "../support/raw.ts";
import { serverForTest } from "../support/server.ts";

test("§6 a draining node tells its clients, refuses new work with a reason, and closes with 1012", async () => {
  const server = await serverForTest();
  const [busy, idle] = [
    await server.connect("busy"),
    await server.connect("idle"),
  ];
  busy.send({ type: "user_message", text: "alpha gate(drain)" });
  await busy.next("ack");
  await server.gates.reached("drain");

  const stopped = server.drain();
  const told = await idle.next("server_draining");
  expect(told.reconnect_after_ms).toBeGreaterThan(0);
  idle.send({ type: "user_message", message_id: "late", text: "too late" });
  expect(await idle.next("error")).toMatchObject({
    code: "draining",
    retryable: true,
    message_id: "late",
  });
  idle.send({ type: "ping", id: "still" });
  expect(await idle.next("pong")).toMatchObject({ id: "still" });

  const client = RawClient.open(server.url);
  client.write(
    upgradeRequest("/ws", {
      Authorization: `Bearer ${await server.token("new")}`,
    }),
  );
  const { status, headers } = await client.head();
  expect(status).toBe(503);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  expect(JSON.parse(await client.body())).toMatchObject({ status: 503 });
  const ready = await fetch(`${server.url}/health/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({ status: "draining" });
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);

  server.gates.open("drain");
  expect((await idle.closed).code).toBe(1012);
  expect((await busy.closed).code).toBe(1012);
  await stopped;
});

test("§6 a handshake that is held while the node stops is completed and closed with 1012", async () => {
  const never = Layer.succeed(TokenVerifier, { verify: () => Effect.never });
  const server = await serverForTest({ verifier: never });
  const socket = await server.open({ token: "held" });
  const metrics = async () => (await server.fetch("/metrics", null)).text();
  await expect.poll(metrics).toContain('state="connecting"} 1');
  await server.drain();
  expect(await socket.closed).toEqual({ code: 1012, reason: "server_restart" });
  expect(socket.frames).toEqual([]);
});
