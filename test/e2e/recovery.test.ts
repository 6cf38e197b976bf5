/**
 * What survives a kill -9 (R8): real processes on one DATA_DIR, killed at chosen and at random moments. A failure prints fast-check's seed;
 * `RECOVERY_SEED=… npx vitest run test/e2e/recovery.test.ts` replays it, RECOVERY_RUNS makes it longer.
 */
import fc from "fast-check";
import { rmSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import type { Run } from "../../src/domain/model.ts";
import type { Event } from "../../src/domain/protocol.ts";
import { ChildNode } from "../support/child.ts";
import { temporaryDirectory } from "../support/config.ts";
import { brokenRules } from "../support/rules.ts";
import type { FrameOfType, TestSocket } from "../support/socket.ts";

const USER = "survivor";

function directory(): string {
  const dataDir = temporaryDirectory();
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

async function submit(
  socket: TestSocket,
  message: object,
): Promise<FrameOfType<"ack">> {
  const message_id = crypto.randomUUID();
  const sent = { type: "user_message", message_id, ...message };
  socket.send(sent);
  return (await socket.find(
    (it) => it.type === "ack" && it.message_id === sent.message_id,
  )) as FrameOfType<"ack">;
}

/** All events of a run that was acknowledged before a crash, once it has ended. */
async function endOf(
  socket: TestSocket,
  { thread_id, run_id }: FrameOfType<"ack">,
): Promise<Event[]> {
  socket.send({ type: "join_thread", thread_id });
  const events = await socket.run(run_id);
  expect(brokenRules(events)).toEqual([]);
  return events;
}

const isToolOf = (agent: string, attempt: number) => (it: object) =>
  "tool_call_id" in it &&
  "agent_name" in it &&
  it.agent_name === agent &&
  "attempt" in it &&
  it.attempt === attempt;

test("R8 the interrupted agent starts again, finished steps do not", async () => {
  const dataDir = directory();
  const first = await ChildNode.start(dataDir);
  const before = await first.connect(USER);
  const ack = await submit(before, {
    text: "alpha echo(a); beta noop hang; gamma noop",
  });
  await before.find(
    (it) => it.type === "tool_executing" && it.tool_name === "hang",
  );
  await first.kill();
  const delivered = before.events();

  const second = await ChildNode.start(dataDir, { TOOL_TIMEOUT_MS: "200" });
  const events = await endOf(await second.connect(USER), ack);
  expect(events.slice(0, delivered.length)).toEqual(delivered);
  const story = events
    .slice(delivered.length)
    .map((it) => [it.type, it.agent_name, it.attempt]);
  expect(story.slice(0, 5)).toEqual([
    ["tool_completed", "beta", 2],
    ["agent_completed", "beta", 2],
    ["agent_thinking", "supervisor", 2],
    ["agent_started", "beta", 2],
    ["agent_thinking", "beta", 2],
  ]);
  expect(events.find((it) => it.attempt === 2)).toMatchObject({
    success: false,
    error: { code: "interrupted" },
  });
  expect(story.filter(([, agent]) => agent === "alpha")).toEqual([]);
  expect(events.at(-1)).toMatchObject({ status: "partial" });
});

test("R10 RUN_TIMEOUT_MS counts across attempts", async () => {
  const dataDir = directory();
  const first = await ChildNode.start(dataDir);
  const before = await first.connect(USER);
  const ack = await submit(before, { text: "alpha noop!; beta hang" });
  await before.find(isToolOf("beta", 1));
  await first.kill();
  const second = await ChildNode.start(dataDir, { RUN_TIMEOUT_MS: "500" });
  const events = await endOf(await second.connect(USER), ack);
  expect(events.at(-1)).toMatchObject({
    status: "partial",
    error: { code: "timed_out" },
  });
  const [again] = events.filter((it) => it.attempt === 2);
  const tookMs =
    Date.parse(events.at(-1)!.timestamp) - Date.parse(again!.timestamp);
  expect(tookMs).toBeLessThan(400);
});

test("R8 a run that keeps killing its node ends after five crashes, and the next one is served", async () => {
  const dataDir = directory();
  let node = await ChildNode.start(dataDir);
  const socket = await node.connect(USER);
  const ack = await submit(socket, { text: "alpha noop!; beta hang" });
  const { thread_id, run_id } = ack;
  const next = await submit(socket, { text: "alpha noop", thread_id });
  for (let crash = 1; crash <= 5; crash += 1) {
    const follower = await node.connect(USER);
    follower.send({ type: "join_thread", thread_id });
    await follower.find(isToolOf("beta", crash));
    await node.kill();
    node = await ChildNode.start(dataDir);
  }
  const survivor = await node.connect(USER);
  const events = await endOf(survivor, ack);
  expect(events.at(-1)).toMatchObject({
    status: "failed",
    error: { code: "attempts_exhausted" },
  });
  expect(await node.get<Run>(`/api/runs/${run_id}`, USER)).toMatchObject({
    status: "failed",
    error: { code: "attempts_exhausted" },
  });
  expect((await endOf(survivor, next)).at(-1)).toMatchObject({
    status: "completed",
  });
}, 90_000);

test("a second process on the same DATA_DIR is refused in clear words, while the first lives", async () => {
  const dataDir = directory();
  const first = await ChildNode.start(dataDir);
  await expect(ChildNode.start(dataDir)).rejects.toThrow(
    `in use by process ${first.pid}`,
  );
  const socket = await first.connect(USER);
  const { events } = await socket.ask("alpha noop");
  expect(brokenRules(events)).toEqual([]);
  await first.kill();
  await ChildNode.start(dataDir);
});

const RUNS = Number(process.env["RECOVERY_RUNS"] ?? 1);
const SEED = process.env["RECOVERY_SEED"];
const QUESTIONS = [
  "alpha noop!; beta noop!; gamma noop!; delta noop!",
  "alpha sleep(20) noop; beta sleep(20); gamma fail; delta noop!",
  "alpha echo(x); beta sleep(80); gamma sleep(80)",
];
const round = fc.record({
  /** Milliseconds from the last ack to the kill. */
  killAfterMs: fc.integer({ min: 0, max: 250 }),
  questions: fc.array(fc.constantFrom(...QUESTIONS), {
    minLength: 1,
    maxLength: 4,
  }),
  sameThread: fc.boolean(),
});
type Round = typeof round extends fc.Arbitrary<infer T> ? T : never;

interface Asked {
  readonly message: { message_id: string; text: string; thread_id?: string };
  readonly ack: FrameOfType<"ack">;
}

async function askAll(socket: TestSocket, given: Round): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const text of given.questions) {
    const thread_id = given.sameThread ? asked[0]?.ack.thread_id : undefined;
    const message = {
      message_id: crypto.randomUUID(),
      text,
      ...(thread_id === undefined ? {} : { thread_id }),
    };
    asked.push({ message, ack: await submit(socket, message) });
  }
  return asked;
}

/** What was acknowledged before the crash: known by its message_id, ended, by the rules. */
async function checkSurvived(node: ChildNode, asked: Asked[]): Promise<void> {
  const socket = await node.connect(USER);
  for (const { message, ack } of asked) {
    const { thread_id, run_id } = ack;
    const known = { status: "duplicate", thread_id, run_id };
    expect(await submit(socket, message)).toMatchObject(known);
    const events = await socket.run(run_id);
    expect(brokenRules(events)).toEqual([]);
    const run = await node.get<Run>(`/api/runs/${run_id}`, USER);
    expect(run.status).toBe(
      (events.at(-1) as { status?: string } | undefined)?.status,
    );
    const { items } = await node.get<{ items: Event[] }>(
      `/api/threads/${thread_id}/events`,
      USER,
    );
    expect(items.map((it) => it.seq)).toEqual(items.map((_, at) => at + 1));
  }
}

test(
  "R5 R8 every acknowledged run ends by the rules, whenever the process is killed",
  async () => {
    const property = fc.asyncProperty(
      fc.array(round, { minLength: 4, maxLength: 4 }),
      async (rounds) => {
        const dataDir = directory();
        let asked: Asked[] = [];
        for (const given of rounds) {
          const node = await ChildNode.start(dataDir);
          await checkSurvived(node, asked);
          asked = await askAll(await node.connect(USER), given);
          await new Promise((resolve) =>
            setTimeout(resolve, given.killAfterMs),
          );
          await node.kill();
        }
        const node = await ChildNode.start(dataDir);
        await checkSurvived(node, asked);
        await node.kill();
      },
    );
    await fc.assert(property, {
      numRuns: RUNS,
      endOnFailure: true,
      ...(SEED === undefined ? {} : { seed: Number(SEED) }),
    });
  },
  60_000 * RUNS,
);
