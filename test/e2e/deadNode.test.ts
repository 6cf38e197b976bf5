/**
 * docs/PROTOCOL.md section 8, a node away: its runs go on at another within 15 s, finished steps are not repeated, and an owner that wakes up
 * again writes nothing more. Processes of their own on one PostgreSQL.
 */
import { rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import type { Run } from "../../src/domain/model.ts";
import type { Event } from "../../src/domain/protocol.ts";
import { ChildNode } from "../support/child.ts";
import { temporaryDirectory } from "../support/config.ts";
import { newDatabase } from "../support/newDatabase.ts";
import { brokenRules } from "../support/rules.ts";
import type { TestSocket } from "../support/socket.ts";

const USER = "survivor";
const SERVER = inject("postgresUrl");
/** Section 8. */
const ELSEWHERE_MS_MAX = 15_000;

/** Two nodes, of which one, the owner, works on a run whose first step is done; the other one's socket watches. */
async function oneAtWork(text: string) {
  const env = { DATABASE_URL: await newDatabase(SERVER!) };
  const start = () => {
    const dataDir = temporaryDirectory();
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    return ChildNode.start(dataDir, env);
  };
  const nodes = [await start(), await start()] as const;
  const socket = await nodes[0].connect(USER);
  socket.send({ type: "user_message", text });
  const { run_id, thread_id } = await socket.next("ack");
  await waitFor(async () =>
    (await logOf(nodes[0], thread_id)).some(
      (it) => it.type === "tool_executing" && it.agent_name === "beta",
    ),
  );
  const [owner, other] = (await isAtWork(nodes[0]))
    ? nodes
    : [nodes[1], nodes[0]];
  const watcher = await other.connect(USER);
  watcher.send({ type: "join_thread", thread_id });
  await watcher.next("joined");
  return { owner, other, watcher, run_id, thread_id };
}

const logOf = async (node: ChildNode, thread_id: string) =>
  (await node.get<{ items: Event[] }>(`/api/threads/${thread_id}/events`, USER))
    .items;

const isAtWork = async ({ url }: ChildNode) =>
  /^goldenpath_runs_active 1$/m.test(
    await (await fetch(`${url}/metrics`)).text(),
  );

const attemptsOf = (socket: TestSocket, run_id: string) =>
  socket
    .events()
    .filter((it) => it.run_id === run_id)
    .map((it) => it.attempt);

const storiesOf = (events: readonly Event[], agent: string) =>
  events
    .filter((it) => it.agent_name === agent && it.type === "agent_completed")
    .map((it) => [it.attempt, "status" in it && it.status]);

describe.skipIf(SERVER === null)("a node away", () => {
  test("§8 R8 what a killed node had goes on at another within 15 s", async () => {
    const { owner, watcher, run_id } = await oneAtWork(
      "alpha noop; beta sleep(3000); gamma noop",
    );
    await owner.kill();
    const killedMs = performance.now();
    await waitFor(() => attemptsOf(watcher, run_id).includes(2));
    expect(performance.now() - killedMs).toBeLessThan(ELSEWHERE_MS_MAX);
    const events = await watcher.run(run_id);
    expect(brokenRules(events)).toEqual([]);
    expect(storiesOf(events, "alpha")).toEqual([[1, "completed"]]);
    expect(storiesOf(events, "beta")).toEqual([
      [2, "interrupted"],
      [2, "completed"],
    ]);
  }, 90_000);

  test("§8 R8 a node that stood still for 20 s is fenced: it writes nothing more, and goes on as a node", async () => {
    const { owner, other, watcher, run_id, thread_id } = await oneAtWork(
      "alpha noop; beta sleep(2000) sleep(2000); gamma noop",
    );
    process.kill(owner.pid, "SIGSTOP");
    onTestFinished(() => void tryToContinue(owner));
    const stoppedMs = performance.now();
    await waitFor(() => attemptsOf(watcher, run_id).includes(2));
    const events = await watcher.run(run_id);
    expect(brokenRules(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ status: "completed", attempt: 2 });
    await setTimeout(Math.max(0, 20_000 - (performance.now() - stoppedMs)));
    process.kill(owner.pid, "SIGCONT");

    const again = await owner.connect(USER);
    const { events: fresh } = await again.ask("alpha sleep(3000)");
    expect(brokenRules(fresh)).toEqual([]);
    for (const node of [owner, other]) {
      expect(await logOf(node, thread_id)).toEqual(events);
      expect(await node.get<Run>(`/api/runs/${run_id}`, USER)).toMatchObject({
        status: "completed",
        attempt: 2,
      });
    }
  }, 120_000);
});

function tryToContinue({ pid }: ChildNode): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch {
    // It has ended already.
  }
}

const LOOK_INTERVAL_MS = 50;
const WAIT_MS_MAX = 30_000;

async function waitFor(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error("waited too long");
    await setTimeout(LOOK_INTERVAL_MS);
  }
}
