/**
 * docs/PROTOCOL.md section 6, ends: of a node, where clients are told, open sockets close with 1012 and new ones get 503; and of a
 * connection whose client goes on talking.
 */
import { Effect, Layer } from "effect";
import { expect, test } from "vitest";
import { TokenVerifier } from "../../src/domain/ports.ts";
import {
  Opcode,
  RawClient,
  rawConnection,
  rawFrame,
  upgradeRequest,
} from "../support/raw.ts";
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

test("§6 nothing is handled that a client sends after its connection was ended, while its socket still lingers", async () => {
  const server = await serverForTest();
  const other = await server.connect("talker");
  other.send({ type: "user_message", text: "alpha gate(open)" });
  const { run_id } = await other.next("ack");
  await server.gates.reached("open");
  const client = await rawConnection(server, "talker");
  const [ready] = client.texts();
  const gone = new Promise((resolve) => client.socket.once("close", resolve));
  await server.fetch(
    `/api/connections/${String(ready?.["connection_id"])}`,
    "talker",
    { method: "DELETE" },
  );
  expect(await client.closeCode()).toBe(1000);
  const late = [
    { type: "user_message", text: "alpha noop!" },
    { type: "stop_run", run_id },
  ];
  for (const frame of late)
    client.write(rawFrame(Opcode.text, JSON.stringify(frame)));
  await gone;
  const { items } = await server.get<{ items: unknown[] }>(
    "/api/threads",
    "talker",
  );
  expect(items).toHaveLength(1);
  expect(await server.get(`/api/runs/${run_id}`, "talker")).toMatchObject({
    status: "running",
  });
  server.gates.open("open");
  expect((await other.run(run_id)).at(-1)).toMatchObject({
    status: "completed",
  });
});
