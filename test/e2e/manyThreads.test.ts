/** More threads than one connection may have joined: what is at work is not the thread that has to go. */
import { expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type { Thread } from "../../src/domain/model.ts";
import { brokenRules } from "../support/rules.ts";
import { serverForTest } from "../support/server.ts";

test("R5 a thread whose run is at work is seen to its end, however many others are joined after it", async () => {
  const server = await serverForTest();
  const socket = await server.connect("collector");
  socket.send({ type: "user_message", text: "alpha gate(many) noop!" });
  const { run_id } = await socket.next("ack");
  await server.gates.reached("many");
  for (
    let joined = 0;
    joined <= limits.joinedThreadsPerConnectionMax;
    joined++
  ) {
    const response = await server.fetch("/api/threads", "collector", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ title: `Thread ${joined}` }),
    });
    const { thread_id } = (await response.json()) as Thread;
    socket.send({ type: "join_thread", thread_id });
    await socket.next("joined", (it) => it.thread_id === thread_id);
  }
  server.gates.open("many");
  expect(brokenRules(await socket.run(run_id))).toEqual([]);
}, 60_000);
