/** The client over real sockets: connecting, and every message sent until it is settled, whatever the line or the server does. */
import { expect, test } from "vitest";
import { TokenRefused } from "../../src/client/index.ts";
import { makeClient, online, peer, state, TOKEN } from "./harness.ts";
import { ack, MemoryStorage } from "./peer.ts";

test("the token goes by subprotocol, in base64url, and never in the address", async () => {
  const client = makeClient();
  client.connect();
  const line = await peer.accept();
  const encoded = Buffer.from(TOKEN).toString("base64url");
  expect(line.protocols).toEqual(["goldenpath.v1", `jwt.${encoded}`]);
});

test("nothing is sent before connection_ready, and then the outbox goes out once", async () => {
  const client = makeClient();
  const sent = client.send("early");
  client.connect();
  const line = await peer.accept();
  line.ready();
  expect(await line.next()).toEqual({
    type: "user_message",
    message_id: sent.messageId,
    text: "early",
    thread_id: null,
    if_busy: "enqueue",
  });
  line.send(ack(sent.messageId));
  expect(await sent.settled).toMatchObject({
    accepted: true,
    ack: { thread_id: "t1", run_id: "r1" },
  });
  expect(client.getSnapshot().outbox).toEqual([]);
  expect(client.getSnapshot().connection).toBe("running");
});

test("an unacknowledged message is sent again with the same id after the line was cut", async () => {
  const { client, line } = await online();
  const sent = client.send("once");
  const first = await line.next();
  line.cut();
  const again = await peer.accept();
  again.ready();
  expect(await again.next()).toEqual(first);
  again.send(ack(sent.messageId, "t1", "duplicate"));
  expect(await sent.settled).toMatchObject({
    accepted: true,
    ack: { status: "duplicate" },
  });
});

test("an unacknowledged message outlives a reload, for its own user only", async () => {
  const storage = new MemoryStorage();
  const before = await online({ storage });
  const sent = before.client.send("kept");
  await before.line.next();
  before.client.dispose();

  const other = makeClient({ storage });
  other.connect();
  const wrong = await peer.accept();
  wrong.ready({ user_id: "mallory" });
  await state(other, "ready");
  other.stop("r9");
  expect(await wrong.next()).toEqual({ type: "stop_run", run_id: "r9" });
  expect(other.getSnapshot().outbox).toEqual([]);
  other.dispose();

  const after = await online({ storage });
  expect(await after.line.next()).toMatchObject({
    message_id: sent.messageId,
    text: "kept",
  });
});

test("a retryable refusal is tried again with the same id; a final one waits for the person", async () => {
  const { client, line } = await online();
  const sent = client.send("again");
  await line.next();
  const refusal = { type: "error", message_id: sent.messageId } as const;
  line.send({
    ...refusal,
    code: "service_unavailable",
    message: "away",
    retryable: true,
    retry_after_ms: 5,
  });
  expect(await line.next()).toMatchObject({ message_id: sent.messageId });
  line.send({
    ...refusal,
    code: "too_many_runs",
    message: "wait",
    retryable: false,
  });
  expect(await sent.settled).toEqual({
    accepted: false,
    refusal: { code: "too_many_runs", message: "wait" },
  });
  expect(client.getSnapshot().outbox[0]?.refusal?.code).toBe("too_many_runs");
  client.retry(sent.messageId);
  expect(await line.next()).toMatchObject({ message_id: sent.messageId });
  client.discard(sent.messageId);
  expect(client.getSnapshot().outbox).toEqual([]);
});

test("a message over the server's byte limit is refused in words without being sent", async () => {
  const { client, line } = await online();
  const sent = client.send("語".repeat(3_000));
  expect(await sent.settled).toMatchObject({
    accepted: false,
    refusal: { code: "message_too_large" },
  });
  client.stop("r1");
  expect(await line.next()).toMatchObject({ type: "stop_run" });
});

test("a refused connection stops until connect is called again", async () => {
  const client = makeClient();
  client.connect();
  const line = await peer.accept();
  line.close(4401, "token_invalid");
  await state(client, "refused");
  expect(client.getSnapshot().closing).toEqual({
    code: 4401,
    reason: "token_invalid",
  });
  client.connect();
  (await peer.accept()).ready();
  await state(client, "ready");
  expect(client.getSnapshot().closing).toBeNull();
});

test("a token source that needs the person refuses; one that fails otherwise is asked again", async () => {
  let asked = 0;
  const client = makeClient({
    token: () => {
      asked += 1;
      return Promise.reject(
        asked === 1 ? new Error("network") : new TokenRefused(),
      );
    },
  });
  client.connect();
  await state(client, "refused");
  expect(asked).toBe(2);
});

test("an expiring token is replaced on the open connection", async () => {
  let issued = 0;
  const token = () => Promise.resolve(`token-${(issued += 1)}`);
  const { line } = await online({ token });
  line.send({ type: "token_expiring", expires_at: "2026-11-22T09:01:00.000Z" });
  expect(await line.next()).toEqual({
    type: "token_refresh",
    token: "token-2",
  });
});

test("a silent line is probed and then given up", async () => {
  const client = makeClient();
  client.connect();
  const line = await peer.accept();
  line.ready({ heartbeat_interval_ms: 20 });
  expect(await line.next()).toEqual({ type: "ping" });
  const again = await peer.accept();
  again.ready();
  await state(client, "ready");
});
