/** The log of a session in which every way to carry a token is used, and a defect happens: ids stand in it, tokens, tickets and queries never. */
import { rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { ChildNode, tokenOf } from "../support/child.ts";
import { temporaryDirectory } from "../support/config.ts";
import { TestSocket } from "../support/socket.ts";

/** Several processes start in each test, on whatever machine. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

test("no token, ticket or query is in the log, at whatever level; connection, user, thread and run are", async () => {
  const dataDir = temporaryDirectory();
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const node = await ChildNode.start(dataDir, { LOG_LEVEL: "All" });
  const wsUrl = `${node.url.replace("http", "ws")}/ws`;
  const user = "logged";
  const tokens = await Promise.all(
    ["header", "subprotocol", "refresh", "ticket"].map(() => tokenOf(user)),
  );
  const [byHeader, bySubprotocol, refresh, forTicket] = tokens as [
    string,
    string,
    string,
    string,
  ];

  const header = TestSocket.open(wsUrl, { token: byHeader });
  const ready = await header.next("connection_ready");
  const subprotocol = TestSocket.open(wsUrl, {
    token: bySubprotocol,
    by: "subprotocol",
  });
  await subprotocol.next("connection_ready");
  const answer = await fetch(`${node.url}/api/tickets`, {
    method: "POST",
    headers: { Authorization: `Bearer ${forTicket}` },
  });
  const { ticket } = (await answer.json()) as { ticket: string };
  const query = `?ticket=${ticket}&trace=in-the-query`;
  const byTicket = TestSocket.open(wsUrl, { query });
  await byTicket.next("connection_ready");
  await TestSocket.open(wsUrl, { query }).closed;
  await TestSocket.open(wsUrl, { query: "?token=in-the-query" }).closed;
  await TestSocket.open(wsUrl, { token: `${byHeader}x` }).closed;
  header.send({ type: "token_refresh", token: refresh });
  await header.next("token_refreshed");
  const { ack } = await header.ask("alpha die!; beta fail; gamma secret");
  header.close();
  await header.closed;

  const labels = () =>
    JSON.stringify(node.log().map((it) => [it.message, it.annotations]));
  for (
    let look = 0;
    look < 100 && !labels().includes("a connection was closed");
    look += 1
  )
    await setTimeout(100);
  const text = node.said;
  const signatures = tokens.map((it) => it.split(".")[2]!);
  const carried = Buffer.from(bySubprotocol).toString("base64url");
  for (const secret of [
    ...tokens,
    ...signatures,
    carried,
    ticket,
    "in-the-query",
    "sk-12345",
    "eyJ",
  ])
    expect(text).not.toContain(secret);
  const { connection_id } = ready;
  expect(node.log()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        annotations: expect.objectContaining({ connection_id, user_id: user }),
      }),
      expect.objectContaining({
        annotations: expect.objectContaining({
          run_id: ack.run_id,
          user_id: user,
          thread_id: ack.thread_id,
        }),
      }),
      expect.objectContaining({
        level: "ERROR",
        annotations: expect.objectContaining({ run_id: ack.run_id }),
      }),
      expect.objectContaining({
        message: "a handshake was refused",
        annotations: expect.objectContaining({ reason: "token_invalid" }),
      }),
      expect.objectContaining({
        message: "a handshake was refused",
        annotations: expect.objectContaining({ reason: "token_missing" }),
      }),
    ]),
  );
  expect(
    text.split("\n").filter((it) => it !== "" && !it.startsWith("{")),
  ).toEqual([]);
});
