/**
 * `npm run report -- run RUN_ID` as a real process, on both databases: a run with a tool that dies and one that fails, whose node is killed;
 * the operator reads attempts, nodes and causes, and the client saw none of it.
 */
import { rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { SignJWT } from "jose";
import { describe, expect, inject, onTestFinished, test, vi } from "vitest";
import type { RunReport } from "../../src/domain/runReport.ts";
import { ChildNode, tokenOf } from "../support/child.ts";
import { command } from "../support/command.ts";
import { temporaryDirectory, TEST_SECRET } from "../support/config.ts";
import { ownDatabase } from "../support/ownDatabase.ts";
import type { TestSocket } from "../support/socket.ts";

/** Several processes start in each test, on whatever machine. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const USER = "reported";
const POSTGRES = inject("postgresUrl");
const databases = [
  { name: "embedded", environment: async () => ({}) },
  ...(POSTGRES === null
    ? []
    : [
        {
          name: "postgres",
          environment: async () => ({
            DATABASE_URL: await ownDatabase(POSTGRES),
          }),
        },
      ]),
];

function directory(): string {
  const dataDir = temporaryDirectory();
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

function adminToken(): Promise<string> {
  return new SignJWT({ sub: "root", role: "admin" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(TEST_SECRET));
}

/** Entries are written beside the run: a node that is killed takes those with it that are not stored yet. */
async function untilKept(
  url: string,
  run_id: string,
  errors: number,
): Promise<void> {
  const headers = { Authorization: `Bearer ${await adminToken()}` };
  for (let look = 0; look < 100; look += 1) {
    const address = `${url}/api/admin/runs/${run_id}/report`;
    const response = await fetch(address, { headers });
    const report = (await response.json()) as RunReport;
    if (report.errors.length >= errors) return;
    await setTimeout(100);
  }
  throw new Error("the entries were not stored");
}

/** Nothing of the server's inside has reached the client. */
function expectNothingInside(socket: TestSocket): void {
  const text = JSON.stringify(socket.frames);
  expect(text).not.toMatch(
    /a defect with|scripted\.ts|node_modules|\bat .*:\d+|ServiceUnavailable|stack/,
  );
}

describe.each(databases)("$name", ({ environment }) => {
  test("a run whose tools died and failed and whose node was killed: attempts, timeline, causes, and none of it at the client", async () => {
    const dataDir = directory();
    const env = await environment();
    const first = await ChildNode.start(dataDir, env);
    const socket = await first.connect(USER);
    socket.send({
      type: "user_message",
      text: "alpha die!; beta fail; gamma sleep(60000)",
    });
    const { run_id, thread_id } = await socket.next("ack");
    await socket.next(
      "tool_executing",
      (it) => it.agent_name === "gamma" && it.attempt === 1,
    );
    expectNothingInside(socket);
    await untilKept(first.url, run_id, 2);
    await first.kill();

    const second = await ChildNode.start(dataDir, env);
    const again = await second.connect(USER);
    again.send({ type: "join_thread", thread_id });
    const isTakenUp = (it: object) =>
      "attempt" in it && it.attempt === 2 && "tool_call_id" in it;
    // On a server within 15 s, which is as long as one wait is.
    await again.find(isTakenUp).catch(() => again.find(isTakenUp));
    again.send({ type: "stop_run", run_id });
    await again.run(run_id);
    expectNothingInside(again);

    const said = await command(
      ["report", "run", run_id, "--json"],
      dataDir,
      env,
    );
    expect(said).toMatchObject({ code: 0 });
    const report = JSON.parse(said.out) as RunReport;
    expect(report).toMatchObject({
      run_id,
      thread_id,
      user_id: USER,
      status: "cancelled",
      attempt: 2,
      protocol: 1,
    });
    expect(report.attempts).toMatchObject([
      { attempt: 1, node: expect.stringMatching(`:${first.pid}$`) },
      { attempt: 2, node: expect.stringMatching(`:${second.pid}$`) },
    ]);
    for (const { version } of report.attempts)
      expect(version).toMatch(/^goldenpath\/\d+\.\d+\.\d+ node\/\d+\./);
    expect(report.timeline[0]).toMatchObject({
      event: "agent_started",
      agent: "supervisor",
      attempt: 1,
    });
    expect(report.timeline.at(-1)).toMatchObject({
      event: "agent_completed",
      agent: "supervisor",
      attempt: 2,
      status: "cancelled",
    });
    expect(report.timeline.every((it) => it.offset_ms >= -1_000)).toBe(true);
    expect(report.errors).toMatchObject([
      {
        attempt: 1,
        kind: "defect",
        detail: {
          where: "tool",
          agent: "alpha",
          tool: "die",
          cause: {
            message: "a defect with /a/path and select * from users",
            stack: expect.arrayContaining([
              expect.stringContaining("scripted.ts"),
            ]),
          },
        },
      },
      {
        attempt: 1,
        kind: "tool_failed",
        detail: {
          tool: "fail",
          agent: "beta",
          cause: { name: "ToolFailed", carried: { code: "broken" } },
        },
      },
    ]);

    const text = await command(["report", "run", run_id], dataDir, env);
    expect(text.out).toContain(`Run ${run_id}: cancelled`);
    expect(text.out).toContain("Attempts: 2");
    expect(text.out).toContain("a defect with /a/path");
    expect(text.out).toMatch(/ms\s+#1 supervisor agent_started/);
    const through = text.error.includes("A server is running on");
    expect(through).toBe(!("DATABASE_URL" in env));
  });

  test("without a server it is read from the database; a run that is not there is one line", async () => {
    const dataDir = directory();
    const env = await environment();
    const node = await ChildNode.start(dataDir, env);
    const socket = await node.connect(USER);
    const { ack } = await socket.ask("alpha noop!");
    expect((await node.terminate()).code).toBe(0);
    const said = await command(["report", "run", ack.run_id], dataDir, env);
    expect(said).toMatchObject({ code: 0, error: "" });
    expect(said.out).toContain(`Run ${ack.run_id}: completed`);
    expect(said.out).toContain("Errors: 0");
    for (const id of [crypto.randomUUID(), "no-uuid"]) {
      expect(await command(["report", "run", id], dataDir, env)).toMatchObject({
        code: 1,
        error: `goldenpath: there is no run ${id}\n`,
      });
    }
  });
});

test("over HTTP the report is for the role admin only: for all others, the run's own user too, it is not there", async () => {
  const node = await ChildNode.start(directory());
  const socket = await node.connect(USER);
  const { ack } = await socket.ask("alpha noop!");
  const url = `${node.url}/api/admin/runs/${ack.run_id}/report`;
  const status = async (token: string) => {
    const headers = { Authorization: `Bearer ${token}` };
    return (await fetch(url, { headers })).status;
  };
  const admin = await adminToken();
  expect(await status(await tokenOf(USER))).toBe(404);
  expect(await status(await tokenOf("another"))).toBe(404);
  expect((await fetch(url)).status).toBe(401);
  expect(await status(admin)).toBe(200);
});
