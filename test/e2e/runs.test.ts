/**
 * R1 to R10 of one run at a time, over real sockets: what fails, what is stopped, what is stored. Every run is judged by the rules'
 * checker, and every frame is searched for what must not leave the server.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Message, Run } from "../../src/domain/model.ts";
import type { Event, EventOf } from "../../src/domain/protocol.ts";
import { brokenRules } from "../support/rules.ts";
import { TestServer } from "../support/server.ts";
import type { TestSocket } from "../support/socket.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** A stack, a path or SQL of the server. */
const INSIDE = /\.ts\b|node_modules|\n\s+at |\/a\/path|select \*|goldenpath-/i;

/** A run of a new user, judged. */
async function run(question: string): Promise<{
  events: Event[];
  socket: TestSocket;
  runId: string;
  threadId: string;
  user: string;
}> {
  const user = crypto.randomUUID();
  const socket = await server.connect(user);
  const { ack, events } = await socket.ask(question);
  expect(brokenRules(events)).toEqual([]);
  expect(socket.frames.filter((it) => INSIDE.test(JSON.stringify(it)))).toEqual(
    [],
  );
  return {
    events,
    socket,
    user,
    runId: ack.run_id,
    threadId: ack.thread_id,
  };
}

const ofType = <T extends Event["type"]>(events: readonly Event[], type: T) =>
  events.filter((it): it is EventOf<T> & Event => it.type === type);
const endings = (events: readonly Event[]) =>
  ofType(events, "agent_completed").map((it) => [it.agent_name, it.status]);

test("R3 a failing tool is completed without success, and its agent fails", async () => {
  const { events } = await run("alpha fail; beta noop");
  expect(ofType(events, "tool_completed")[0]).toMatchObject({
    success: false,
    results: null,
    error: { code: "broken", message: "The tool broke, as asked." },
  });
  expect(endings(events)).toEqual([
    ["alpha", "failed"],
    ["beta", "completed"],
    ["supervisor", "partial"],
  ]);
});

test("R3 a tool that dies is an internal error whose text stays inside", async () => {
  const { events } = await run("alpha die; beta noop");
  expect(ofType(events, "tool_completed")[0]?.error?.code).toBe("internal");
  expect(events.at(-1)).toMatchObject({ status: "partial" });
});

test("R4 an agent that throws has thought before it failed", async () => {
  const { events } = await run("alpha throw; beta noop");
  const own = events.filter((it) => it.agent_name === "alpha");
  expect(own.map((it) => it.type)).toEqual([
    "agent_started",
    "agent_thinking",
    "agent_completed",
  ]);
  expect(own.at(-1)).toMatchObject({
    status: "failed",
    error: { code: "internal" },
  });
});

test("R3 a tool the agent does not have fails like any other", async () => {
  const { events } = await run("alpha nosuch; beta noop");
  expect(ofType(events, "tool_completed")[0]?.error?.code).toBe("unknown_tool");
});

test("R6 all agents failing is a failed run without an answer", async () => {
  const { events } = await run("alpha fail; beta throw; gamma die");
  expect(events.at(-1)).toMatchObject({
    status: "failed",
    success: false,
    error: { code: "no_answer" },
  });
  expect(ofType(events, "final_response")).toEqual([]);
});

test("R6 a plan without steps is a failed run", async () => {
  const { events } = await run("nothing that any agent does");
  expect(events.map((it) => it.type)).toEqual([
    "agent_started",
    "agent_thinking",
    "agent_completed",
  ]);
  expect(events.at(-1)).toMatchObject({ status: "failed" });
});

test("R6 the assistant's message is stored with the same content when final_response arrives", async () => {
  const user = crypto.randomUUID();
  const socket = await server.connect(user);
  socket.send({ type: "user_message", text: "alpha noop!" });
  const final = await socket.next("final_response");
  const { items } = await server.get<{ items: Message[] }>(
    `/api/threads/${final.thread_id}/messages`,
    user,
  );
  expect(items.map((it) => [it.role, it.content])).toEqual([
    ["user", "alpha noop!"],
    ["assistant", final.content],
  ]);
  expect(items[1]).toMatchObject({
    message_id: final.message_id,
    report: final.report,
  });
  const run = await server.get<Run>(`/api/runs/${final.run_id}`, user);
  expect(run).toMatchObject({ status: "completed", attempt: 1, error: null });
});

test("R2 agents work one after another, inside the supervisor", async () => {
  const { events } = await run("alpha noop; beta noop echo(x); gamma");
  expect(
    ofType(events, "agent_started").map((it) => [
      it.agent_name,
      it.parent_agent,
    ]),
  ).toEqual([
    ["supervisor", null],
    ["alpha", "supervisor"],
    ["beta", "supervisor"],
    ["gamma", "supervisor"],
  ]);
});

test("§4 parameters and results are display copies; the full result stays in the database", async () => {
  const { events, runId, user } = await run("alpha secret");
  const [call] = ofType(events, "tool_completed");
  expect(call?.results).toEqual({ api_key: "[redacted]", total_tokens: 7 });
  const path = `/api/runs/${runId}/calls/${call?.tool_call_id}`;
  expect(await server.get<object>(path, user)).toMatchObject({
    result: { api_key: "sk-12345", total_tokens: 7 },
  });
});

test("R5 the log over HTTP equals what was delivered", async () => {
  const { events, threadId, user } = await run(
    "alpha noop echo(é💶); beta fail",
  );
  const path = `/api/threads/${threadId}/events`;
  expect(await server.get(path, user)).toEqual({ items: events, next: null });
});

test("§4 every event carries its envelope", async () => {
  const { events, runId, threadId, user } = await run("alpha noop");
  for (const event of events) {
    expect(event).toMatchObject({
      user_id: user,
      thread_id: threadId,
      run_id: runId,
      attempt: 1,
    });
    expect(event.event_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(event.timestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/);
  }
  expect(new Set(events.map((it) => it.event_id)).size).toBe(events.length);
});

test("R4 thoughts are never empty", async () => {
  const { events } = await run("alpha noop noop; beta throw");
  const thoughts = ofType(events, "agent_thinking").map((it) => it.thought);
  expect(thoughts.length).toBeGreaterThan(4);
  expect(thoughts.filter((it) => it.trim() === "")).toEqual([]);
});

test("R1 too many steps end the plan, not the run", async () => {
  const { events } = await run("alpha; ".repeat(40));
  expect(ofType(events, "agent_started")).toHaveLength(17);
  expect(events.at(-1)).toMatchObject({ status: "completed" });
});

test("R3 an agent that never stops using tools is ended", async () => {
  const { events } = await run(`alpha ${"noop ".repeat(30)}`);
  expect(ofType(events, "tool_executing")).toHaveLength(24);
  expect(endings(events)[0]).toEqual(["alpha", "failed"]);
});
